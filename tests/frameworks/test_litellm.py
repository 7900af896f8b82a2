"""LiteLLM, whose provider is registered once."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else its import fetches a list of prices

import json
from typing import Any

import litellm

from .checklist import Checklist, Verse


def call(model: str, question: str, **options: Any) -> dict[str, Any]:
    """The keywords of a completion."""
    return {"model": model, "messages": [{"role": "user", "content": question}], **options}


def with_tool(tool: Any) -> Any:
    """A tool as LiteLLM takes it."""
    properties = {"topic": {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": ["topic"]}
    return [{"type": "function", "function": {"name": tool.__name__, "parameters": parameters}}]


def answered(message: Any, tool: Any) -> list[Any]:
    """The messages after the question: the tool's call, and what it answered."""
    [called] = message.tool_calls
    result = tool(**json.loads(called.function.arguments))
    return [message, {"role": "tool", "tool_call_id": called.id, "content": result}]


class TestSync(Checklist):
    """`completion`."""

    section = "LiteLLM"
    packages = ("litellm",)
    # Its redaction takes "CLIENT_SECRET in" for a secret: "GLOO_REDACTED the environment" is left.
    chained = True

    def model(self, name: str, **options: Any) -> Any:
        self.page["register"](**options)
        return f"gloo/{name.removeprefix('gloo-')}"

    def ask(self, model: Any, question: str) -> Any:
        return litellm.completion(**call(model, question))

    def text(self, answer: Any) -> str:
        return str(answer.choices[0].message.content)

    def stream(self, model: Any, question: str) -> Any:
        chunks = litellm.completion(**call(model, question, stream=True))
        return [chunk.choices[0].delta.content or "" for chunk in chunks]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = call(model, question, tools=with_tool(tool))
        message = litellm.completion(**asked).choices[0].message
        asked["messages"] += answered(message, tool)
        return self.text(litellm.completion(**asked))

    def structured(self, model: Any, question: str) -> Any:
        answer = litellm.completion(**call(model, question, response_format=Verse))
        return Verse.model_validate_json(self.text(answer))

    def test_two_providers(self) -> None:
        """Registrations under several names live side by side, each with its own options."""
        self.page["register"](tradition="mainline")
        self.page["register"]("gloo-catholic", tradition="catholic")
        assert self.asked("gloo-catholic/auto")
        assert self.sent()["tradition"] == "catholic"
        assert self.asked("gloo/auto")
        assert self.sent()["tradition"] == "mainline"

    def test_options_of_a_call(self) -> None:
        """A call's own options win, and what LiteLLM does not know is passed on."""
        self.page["register"](tradition="mainline")
        litellm.completion(**call("gloo/auto", "Why?", tradition="catholic", max_retries=0))
        assert self.sent()["tradition"] == "catholic"


class TestAsync(TestSync):
    """`acompletion`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await litellm.acompletion(**call(model, question))

    async def stream(self, model: Any, question: str) -> Any:
        chunks = await litellm.acompletion(**call(model, question, stream=True))
        return [chunk.choices[0].delta.content or "" async for chunk in chunks]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = call(model, question, tools=with_tool(tool))
        message = (await litellm.acompletion(**asked)).choices[0].message
        asked["messages"] += answered(message, tool)
        return self.text(await litellm.acompletion(**asked))

    async def structured(self, model: Any, question: str) -> Any:
        answer = await litellm.acompletion(**call(model, question, response_format=Verse))
        return Verse.model_validate_json(self.text(answer))
