"""Smolagents, which is synchronous."""

from __future__ import annotations

from typing import Any

from smolagents import ChatMessage, ToolCallingAgent, tool as as_tool

from .checklist import Checklist, Verse


def messages(question: str) -> Any:
    """A question as smolagents takes it."""
    return [ChatMessage(role="user", content=[{"type": "text", "text": question}])]


class TestSync(Checklist):
    """`generate`, `generate_stream`, `ToolCallingAgent`."""

    section = "smolagents"
    packages = ("smolagents",)

    def ask(self, model: Any, question: str) -> Any:
        return model.generate(messages(question))

    def text(self, answer: Any) -> str:
        return str(answer.content)

    def stream(self, model: Any, question: str) -> Any:
        return [each.content or "" for each in model.generate_stream(messages(question))]
