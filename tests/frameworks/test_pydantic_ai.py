"""Pydantic AI, which is asynchronous; the `_sync` methods are the same in a loop of their own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai import Agent, NativeOutput, ToolOutput

from gloo_openai import GuardrailRefusalError

from .checklist import QUESTION, Checklist, Verse, run
from .responses_checklist import ResponsesChecklist


class TestSync(Checklist):
    """`run_sync`, `run_stream_sync`."""

    section = "Pydantic AI"
    packages = ("pydantic-ai-slim",)
    chained = True

    @property
    def kept(self) -> Any:
        """The setting of the page that keeps Gloo's metadata."""
        return self.page.get("keep")

    def ask(self, model: Any, question: str) -> Any:
        return Agent(model).run_sync(question, model_settings=self.kept)

    def text(self, answer: Any) -> str:
        return str(answer.output)

    def stream(self, model: Any, question: str) -> Any:
        result = Agent(model).run_stream_sync(question)
        return list(result.stream_text(delta=True, debounce_by=None))

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return Agent(model, tools=[tool]).run_sync(question).output

    def structured(self, model: Any, question: str) -> Any:
        return Agent(model, output_type=NativeOutput(Verse)).run_sync(question).output

    def routing(self, answer: Any) -> Any:
        return answer.response

    def shaped(self, model: Any, shape: Any) -> Any:
        """Ask for an answer in this shape."""
        return Agent(model, output_type=shape).run_sync(QUESTION)

    @pytest.mark.parametrize(
        "shape", [NativeOutput(Verse), ToolOutput(Verse)], ids=["native", "tool"]
    )
    def test_a_refusal_has_no_shape(self, shape: Any) -> None:
        """Where guardrails answer, the error has their text, and Gloo is asked once."""
        self.gloo.refuse()
        with pytest.raises(GuardrailRefusalError, match="I can't help with that"):
            run(self.shaped(self.model("gloo-auto"), shape))
        assert len(self.gloo.completions) == 1

    def test_a_stream_is_kept_small(self) -> None:
        """The recipe does not store metadata once a chunk: a stream is kept in little."""
        self.gloo.answer("word " * 200)
        messages = run(self.streamed(self.model("gloo-auto")))
        assert len(messages) < 4000

    async def streamed(self, model: Any) -> bytes:
        """What Pydantic AI keeps of a streamed answer."""
        async with Agent(model).run_stream(QUESTION) as result:
            [_ async for _ in result.stream_text(delta=True, debounce_by=None)]
        return result.all_messages_json()


class TestAsync(TestSync):
    """`run`, `run_stream`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await Agent(model).run(question, model_settings=self.kept)

    async def shaped(self, model: Any, shape: Any) -> Any:
        return await Agent(model, output_type=shape).run(QUESTION)

    async def stream(self, model: Any, question: str) -> Any:
        async with Agent(model).run_stream(question) as result:
            return [text async for text in result.stream_text(delta=True, debounce_by=None)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await Agent(model, tools=[tool]).run(question)).output

    async def structured(self, model: Any, question: str) -> Any:
        return (await Agent(model, output_type=NativeOutput(Verse)).run(question)).output


class TestResponsesAsync(ResponsesChecklist):
    """`OpenAIResponsesModel`."""

    section = "Pydantic AI"
    packages = TestSync.packages

    async def ask(self, model: Any, question: str) -> Any:
        return (await Agent(model).run(question)).output

    async def stream(self, model: Any, question: str) -> Any:
        async with Agent(model).run_stream(question) as result:
            return [text async for text in result.stream_text(delta=True, debounce_by=None)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await Agent(model, tools=[tool]).run(question)).output

    async def twice(self, model: Any, first: str, second: str) -> Any:
        result = await Agent(model).run(first)
        return (await Agent(model).run(second, message_history=result.all_messages())).output

    async def structured(self, model: Any, question: str) -> Any:
        return (await Agent(model, output_type=NativeOutput(Verse)).run(question)).output
