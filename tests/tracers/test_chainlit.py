"""Chainlit, whose steps are kept here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, ClassVar

import chainlit.openai
from chainlit.context import init_http_context
from chainlit.step import Step

from .checklist import Checklist, Span
from .page import run_snippet

kept: list[Any] = []


class Kept(Step):
    """What would be shown is kept as well."""

    def send(self) -> Any:
        kept.append({**self.to_dict(), "generation": self.generation.to_dict()})
        return super().send()


chainlit.openai.Step = Kept
run_snippet("Chainlit")


class TestTracer(Checklist):
    section = "Chainlit"
    packages = ("chainlit",)
    names = "answered"
    # It counts the tokens of whole answers only, and keeps no call that fails.
    lacks: ClassVar[dict[str, tuple[str, ...]]] = {
        **dict.fromkeys(("stream", "auto_stream", "grounded_stream"), ("usage",)),
        "rejected": ("error",),
    }
    read: ClassVar[int] = 0

    def within(self, call: Callable[[], Any]) -> Any:
        async def handler() -> Any:
            init_http_context()
            return call()

        return asyncio.run(handler())

    def spans(self) -> list[Span]:
        new, TestTracer.read = kept[self.read :], len(kept)
        return [span_of(step["generation"]) for step in new]

    def exported(self) -> str:
        return json.dumps(kept, default=str)


def span_of(told: dict[str, Any]) -> Span:
    """What is shown of a call."""
    return Span(
        asked=told["model"],  # replaced by that of the model which answered
        answered=told["model"],
        tokens=(told["inputTokenCount"] or 0, told["outputTokenCount"] or 0),
        text=json.dumps(told["messageCompletion"]),
    )
