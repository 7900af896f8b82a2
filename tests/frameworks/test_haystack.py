"""Haystack: its chat generator, and its `Agent` component."""

from __future__ import annotations

import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from typing import Any

from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function

from .checklist import Checklist, Verse


def messages(question: str) -> Any:
    """A question as Haystack takes it."""
    return [ChatMessage.from_user(question)]


class TestSync(Checklist):
    """`run`."""

    section = "Haystack"
    packages = ("haystack-ai",)
    keeps_routing = False
    plain_replays = True

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooChatGenerator"](name, **options)

    def ask(self, model: Any, question: str) -> Any:
        return model.run(messages(question))["replies"][0]

    def text(self, answer: Any) -> str:
        return str(answer.text)

    def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []
        model.run(messages(question), streaming_callback=lambda chunk: pieces.append(chunk.content))
        return pieces

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = Agent(chat_generator=model, tools=[create_tool_from_function(tool)])
        return agent.run(messages(question))["last_message"].text

    def structured(self, model: Any, question: str) -> Any:
        shape = {"response_format": Verse}
        answer = model.run(messages(question), generation_kwargs=shape)["replies"][0]
        return Verse.model_validate_json(answer.text)


class TestAsync(TestSync):
    """`run_async`."""

    async def ask(self, model: Any, question: str) -> Any:
        return (await model.run_async(messages(question)))["replies"][0]

    async def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []

        async def take(chunk: Any) -> None:
            pieces.append(chunk.content)

        await model.run_async(messages(question), streaming_callback=take)
        return pieces

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = Agent(chat_generator=model, tools=[create_tool_from_function(tool)])
        return (await agent.run_async(messages(question)))["last_message"].text

    async def structured(self, model: Any, question: str) -> Any:
        shape = {"response_format": Verse}
        answer = await model.run_async(messages(question), generation_kwargs=shape)
        return Verse.model_validate_json(answer["replies"][0].text)
