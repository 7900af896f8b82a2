"""CAMEL: `ChatAgent`."""

from __future__ import annotations

from typing import Any

from camel.agents import ChatAgent

from .checklist import QUESTION, Verse, run
from .own_classes import OwnClass


class TestSync(OwnClass):
    """`step`."""

    section = "CAMEL"
    packages = ("camel-ai",)
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooModel"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(vars(model)) + str(vars(ChatAgent(model=model)))

    def ask(self, model: Any, question: str) -> Any:
        return ChatAgent(model=model).step(question)

    def text(self, answer: Any) -> str:
        return str(answer.msg.content)

    def stream(self, model: Any, question: str) -> Any:
        model.model_config_dict["stream"] = True
        answer = ChatAgent(model=model, stream_accumulate=False).step(question)
        return [each.msg.content or "" for each in answer]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return ChatAgent(model=model, tools=[tool]).step(question).msg.content

    def structured(self, model: Any, question: str) -> Any:
        return ChatAgent(model=model).step(question, response_format=Verse).msg.parsed

    def test_usage_of_a_stream(self) -> None:
        """A stream's usage is told unasked, and nobody else is asked for one."""
        run(self.stream(self.model("gloo-auto"), QUESTION))
        assert self.sent()["stream_options"] == {"include_usage": True}
        self.asked(self.model("gloo-auto"))
        assert "stream_options" not in self.sent()

    def test_a_window(self) -> None:
        """How much fits into a model is what the catalogue says."""
        assert self.model("gloo-anthropic-claude-sonnet-4.5").token_limit == 200_000
        assert 0 < self.model("gloo-auto").token_limit < 10_000_000

    def test_tokens_are_estimated(self) -> None:
        """Nothing is downloaded to count tokens, and a text comes back."""
        counter = self.model("gloo-auto").token_counter
        text = "\0Freude, schöner Götterfunken 😀"
        assert counter.decode(counter.encode(text)) == text
        assert 4 < len(counter.encode(QUESTION)) < len(QUESTION)


class TestAsync(TestSync):
    """`astep`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await ChatAgent(model=model).astep(question)

    async def stream(self, model: Any, question: str) -> Any:
        model.model_config_dict["stream"] = True
        answer = await ChatAgent(model=model, stream_accumulate=False).astep(question)
        return [each.msg.content or "" async for each in answer]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await ChatAgent(model=model, tools=[tool]).astep(question)).msg.content

    async def structured(self, model: Any, question: str) -> Any:
        return (await ChatAgent(model=model).astep(question, response_format=Verse)).msg.parsed
