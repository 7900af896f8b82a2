"""Haystack: its chat generator, and its `Agent` component."""

from __future__ import annotations

import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from typing import Any

import pytest
from haystack import Pipeline
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function

from gloo_openai import GlooAuth

from .checklist import QUESTION, Verse, run
from .own_classes import OwnClass
from .responses_checklist import ResponsesChecklist


def messages(question: str) -> Any:
    """A question as Haystack takes it."""
    return [ChatMessage.from_user(question)]


class TestSync(OwnClass):
    """`run`."""

    section = "Haystack"
    packages = ("haystack-ai",)
    keeps_routing = False
    plain_replays = True

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooChatGenerator"](name, **options)

    def shown(self, model: Any) -> str:
        pipeline = Pipeline()
        pipeline.add_component("llm", model)
        return pipeline.dumps() + str(model.to_dict()) + repr(model) + str(vars(model))

    def test_usage_of_a_stream(self) -> None:
        """A stream's usage is told unasked, and nobody else is asked for one."""
        run(self.stream(self.model("gloo-auto"), QUESTION))
        assert self.sent()["stream_options"] == {"include_usage": True}
        self.asked(self.model("gloo-auto"))
        assert "stream_options" not in self.sent()

    @pytest.mark.parametrize("name", ["organization", "http_client_kwargs", "default_model"])
    def test_what_is_ignored_is_refused(self, name: str) -> None:
        """What would have no effect is an error."""
        with pytest.raises(TypeError, match=name):
            self.model("gloo-auto", **{name: {}})

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

    def test_saved_pipeline(self) -> None:
        """A pipeline is saved without credentials, and works where it is loaded."""
        pipeline = Pipeline()
        auth = GlooAuth()
        options = {"tradition": "catholic", "auth": auth, "on_routing": print}
        pipeline.add_component("llm", self.model("gloo-auto", **options))
        saved = pipeline.dumps()
        assert self.gloo.client_secret not in saved
        loaded = Pipeline.loads(saved, allowed_modules=["gloo_openai.integrations.haystack"])
        loaded.run({"llm": {"messages": messages(QUESTION)}})
        assert self.sent()["tradition"] == "catholic"

    def test_after_close(self) -> None:
        """A generator that was closed makes its client again: Gloo's, not OpenAI's."""
        generator = self.model("gloo-auto")
        self.asked(generator)
        run(self.closed(generator))
        assert QUESTION in self.asked(generator)

    def closed(self, generator: Any) -> Any:
        """Close a generator."""
        return generator.close()


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

    async def closed(self, generator: Any) -> Any:
        generator.async_client = None  # its connections belong to a loop that has ended
        return await generator.close_async()


class TestResponsesSync(ResponsesChecklist):
    """`GlooResponsesChatGenerator`."""

    section = "Haystack"
    packages = TestSync.packages

    def ask(self, model: Any, question: str) -> Any:
        return model.run(messages(question))["replies"][0].text

    def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []
        model.run(messages(question), streaming_callback=lambda chunk: pieces.append(chunk.content))
        return pieces

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = Agent(chat_generator=model, tools=[create_tool_from_function(tool)])
        return agent.run(messages(question))["last_message"].text

    def twice(self, model: Any, first: str, second: str) -> Any:
        answer = model.run(messages(first))["replies"][0]
        turns = [*messages(first), answer, *messages(second)]
        return model.run(turns)["replies"][0].text

    def structured(self, model: Any, question: str) -> Any:
        shape = {"text_format": Verse}
        answer = model.run(messages(question), generation_kwargs=shape)["replies"][0]
        return Verse.model_validate_json(answer.text)

    def test_saved_pipeline(self) -> None:
        """A pipeline is saved without credentials, and works where it is loaded."""
        pipeline = Pipeline()
        pipeline.add_component("llm", self.model(tradition="catholic", auth=GlooAuth()))
        saved = pipeline.dumps()
        assert self.gloo.client_secret not in saved
        loaded = Pipeline.loads(saved, allowed_modules=["gloo_openai.integrations.haystack"])
        loaded.run({"llm": {"messages": messages(QUESTION)}})
        assert self.calls[-1].json["tradition"] == "catholic"

    def test_what_is_ignored_is_refused(self) -> None:
        """What would have no effect is an error, which shows nothing of it."""
        for name in ("organization", "http_client_kwargs", "admin_api_key"):
            with pytest.raises(TypeError, match=name) as caught:
                self.model(**{name: "s3cret"})
            assert "s3cret" not in str(caught.value)


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        return (await model.run_async(messages(question)))["replies"][0].text

    async def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []

        async def take(chunk: Any) -> None:
            pieces.append(chunk.content)

        await model.run_async(messages(question), streaming_callback=take)
        return pieces

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = Agent(chat_generator=model, tools=[create_tool_from_function(tool)])
        return (await agent.run_async(messages(question)))["last_message"].text

    async def twice(self, model: Any, first: str, second: str) -> Any:
        answer = (await model.run_async(messages(first)))["replies"][0]
        turns = [*messages(first), answer, *messages(second)]
        return (await model.run_async(turns))["replies"][0].text

    async def structured(self, model: Any, question: str) -> Any:
        shape = {"text_format": Verse}
        answer = await model.run_async(messages(question), generation_kwargs=shape)
        return Verse.model_validate_json(answer["replies"][0].text)
