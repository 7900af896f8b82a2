"""browser-use's model class, which is asynchronous; an agent needs a browser."""

from __future__ import annotations

import os

os.environ["ANONYMIZED_TELEMETRY"] = "false"

from typing import Any, ClassVar

from browser_use.llm.messages import UserMessage

from .checklist import Verse
from .own_classes import OwnClass


class TestAsync(OwnClass):
    """`ainvoke`."""

    section = "browser-use"
    packages = ("browser-use",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "browser-use has no streams",
        "on_routing_streamed": "browser-use has no streams",
        "tool_loop": "its agent needs a browser, and acts by answers in a shape",
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooChat"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(vars(model))

    async def ask(self, model: Any, question: str) -> Any:
        return await model.ainvoke([UserMessage(content=question)])

    def text(self, answer: Any) -> str:
        return str(answer.completion)

    async def structured(self, model: Any, question: str) -> Any:
        answer = await model.ainvoke([UserMessage(content=question)], output_format=Verse)
        return answer.completion
