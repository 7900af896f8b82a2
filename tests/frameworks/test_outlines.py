"""Outlines: text and shapes."""

from __future__ import annotations

from typing import Any, ClassVar

from gloo_openai import AsyncGlooOpenAI

from .checklist import Checklist, Verse


class TestSync(Checklist):
    """`from_openai`, with the synchronous client."""

    section = "Outlines"
    packages = ("outlines",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "Outlines has no agent loop"}

    def ask(self, model: Any, question: str) -> Any:
        return model(question)

    def stream(self, model: Any, question: str) -> Any:
        return list(model.stream(question))

    def structured(self, model: Any, question: str) -> Any:
        return Verse.model_validate_json(model(question, Verse))


class TestAsync(TestSync):
    """The same, awaited."""

    lacks: ClassVar[dict[str, str]] = {
        **TestSync.lacks,
        "plain_route": "shown with the synchronous client",
        "plain_route_replay": "shown with the synchronous client",
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["gloo"](name, client=AsyncGlooOpenAI, **options)

    async def ask(self, model: Any, question: str) -> Any:
        return await model(question)

    async def stream(self, model: Any, question: str) -> Any:
        return [piece async for piece in model.stream(question)]

    async def structured(self, model: Any, question: str) -> Any:
        return Verse.model_validate_json(await model(question, Verse))
