"""AutoGen: the client of autogen-ext in an `AssistantAgent` of autogen-agentchat."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_core import CancellationToken
from autogen_core.models import ChatCompletionClient, UserMessage
from autogen_core.tools import FunctionTool

from gloo_openai import AsyncGlooOpenAI

from .checklist import QUESTION, Verse, run
from .own_classes import OwnClass


class TestAsync(OwnClass):
    """AutoGen is asynchronous."""

    section = "AutoGen"
    packages = ("autogen-ext", "autogen-agentchat")
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        return self.page["gloo_client"](name, **options)

    def shown(self, model: Any) -> str:
        return model.dump_component().model_dump_json() + repr(model)

    def test_a_dumped_component(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A component is Gloo's again where it is loaded, with credentials from there."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        model = self.model("gloo-auto", tradition="catholic", create_args={"temperature": 0})
        loaded = ChatCompletionClient.load_component(model.dump_component())
        assert QUESTION in self.asked(loaded)
        assert self.sent()["tradition"] == "catholic"
        assert self.sent()["temperature"] == 0

    def test_no_warning(self) -> None:
        """Whichever model answers, AutoGen does not remark on it."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.asked(self.model("gloo-auto"))
            self.asked(self.model("gloo-anthropic-claude-sonnet-4.5"))

    def test_close(self) -> None:
        """A client that was closed is made again; one that was given is not closed."""

        async def closed() -> None:
            model = self.model("gloo-auto")
            await self.ask(model, QUESTION)
            await model.close()
            await self.ask(model, QUESTION)
            given = AsyncGlooOpenAI()
            await self.model("gloo-auto", client=given).close()
            assert not given.is_closed()

        run(closed())

    def test_remaining_tokens(self) -> None:
        """How much fits is the catalogue's, and nothing is downloaded to count."""
        asked = [UserMessage(content=QUESTION, source="user")]
        name = "gloo-anthropic-claude-sonnet-4.5"
        right = next(row["context_window"] for row in self.gloo.models if row["id"] == name)
        model = self.model(name)
        assert right - 100 < model.remaining_tokens(asked) < right
        assert self.model("gloo-auto").remaining_tokens(asked) > 1000

    def test_usage_of_a_stream(self) -> None:
        """A stream's usage is told unasked."""
        model = self.model("gloo-auto")
        run(self.stream(model, QUESTION))
        assert model.total_usage().completion_tokens > 0

    async def ask(self, model: Any, question: str) -> Any:
        return await model.create([UserMessage(content=question, source="user")])

    def text(self, answer: Any) -> str:
        return str(answer.content)

    async def stream(self, model: Any, question: str) -> Any:
        stream = model.create_stream([UserMessage(content=question, source="user")])
        return [piece async for piece in stream if isinstance(piece, str)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        tools = [FunctionTool(tool, description="Find the verse of the day.")]
        agent = AssistantAgent("helper", model, tools=tools, reflect_on_tool_use=True)
        return (await agent.run(task=question)).messages[-1].content

    async def structured(self, model: Any, question: str) -> Any:
        messages = [UserMessage(content=question, source="user")]
        answer = await model.create(
            messages, json_output=Verse, cancellation_token=CancellationToken()
        )
        return Verse.model_validate_json(answer.content)
