"""Instructor: every answer is structured."""

from __future__ import annotations

from typing import Any

import instructor
from instructor import Partial
from pydantic import BaseModel

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI

from .checklist import Checklist, Verse


class Answer(BaseModel):
    """A plain answer."""

    text: str


def asking(question: str, name: str) -> dict[str, Any]:
    """The keywords of a call."""
    return {"model": name, "messages": [{"role": "user", "content": question}]}


class TestSync(Checklist):
    """`from_openai(GlooOpenAI())`."""

    section = "Instructor"
    packages = ("instructor",)
    lacks = {"tool_loop": "Instructor has no agent loop"}
    client = GlooOpenAI

    def model(self, name: str, **options: Any) -> Any:
        return name, instructor.from_openai(self.client(**options))
