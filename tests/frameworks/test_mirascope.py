"""Mirascope, in which Gloo is a provider."""

from __future__ import annotations

from typing import Any

import pytest
from mirascope import llm

from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, Checklist, Verse
from .own_classes import FOREIGN


class TestSync(Checklist):
    """`llm.Model`."""

    section = "Mirascope"
    packages = ("mirascope",)

    def model(self, name: str, **options: Any) -> Any:
        self.page["register"](**options)
        return llm.Model(f"gloo/{name.removeprefix('gloo-')}")

    def ask(self, model: Any, question: str) -> Any:
        return model.call(question)

    def text(self, answer: Any) -> str:
        return str(answer.text())

    def routing(self, answer: Any) -> Any:
        return answer.raw

    def stream(self, model: Any, question: str) -> Any:
        return list(model.stream(question).text_stream())

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        answer = model.call(question, tools=[llm.tool(tool)])
        while answer.tool_calls:
            answer = answer.resume(answer.execute_tools())
        return answer.text()

    def structured(self, model: Any, question: str) -> Any:
        return model.call(question, format=Verse).parse()

    def test_two_providers(self) -> None:
        """Registrations under several names live side by side, each with its own options."""
        self.page["register"](tradition="mainline")
        self.page["register"]("gloo-catholic/", tradition="catholic")
        for name, tradition in (("gloo-catholic/auto", "catholic"), ("gloo/auto", "mainline")):
            self.asked(llm.Model(name))
            assert self.sent()["tradition"] == tradition
            assert self.sent()["auto_routing"] is True

    def test_a_loop_after_another(self) -> None:
        """One provider serves one event loop after another, with one token."""
        model = self.model("gloo-auto")
        for _ in range(3):
            assert QUESTION in self.asked(model)
        assert len(self.gloo.exchanges) == 1
        assert len(self.gloo.completions) == 3

    @pytest.mark.parametrize("name", FOREIGN)
    def test_foreign_keywords(self, name: str) -> None:
        """What only OpenAI's clients take is refused by its name, and shown nowhere."""
        with pytest.raises(TypeError, match=name) as caught:
            self.model("gloo-auto", **{name: FOREIGN[name]})
        assert "s3cret" not in str(caught.value)

    def test_a_key(self, gloo: LocalGloo) -> None:
        """A key is used, and shown nowhere."""
        key = gloo.environ["GLOO_API_KEY"]
        provider = self.page["register"](api_key=key)
        assert QUESTION in self.asked(llm.Model("gloo/auto"))
        assert gloo.completions[-1].bearer == key
        assert key not in repr(provider) + str(vars(provider))


class TestAsync(TestSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        return await model.call_async(question)

    async def stream(self, model: Any, question: str) -> Any:
        answer = await model.stream_async(question)
        return [piece async for piece in answer.text_stream()]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        async def verse_of_the_day(topic: str) -> str:
            """Find the verse of the day."""
            return str(tool(topic))

        answer = await model.call_async(question, tools=[llm.tool(verse_of_the_day)])
        while answer.tool_calls:
            answer = await answer.resume(await answer.execute_tools())
        return answer.text()

    async def structured(self, model: Any, question: str) -> Any:
        return (await model.call_async(question, format=Verse)).parse()
