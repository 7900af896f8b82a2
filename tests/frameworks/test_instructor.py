"""Instructor: every answer has a shape."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import instructor
import pytest
from pydantic import BaseModel

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI
from gloo_openai.integrations.refusals import refusals_raise

from .checklist import QUESTION, VERSE, Checklist, Verse, run
from .responses_checklist import MODEL, ResponsesChecklist


class Answer(BaseModel):
    """A plain answer."""

    text: str


def call(name: str, question: str) -> dict[str, Any]:
    """The keywords of a call."""
    return {"model": name, "messages": [{"role": "user", "content": question}]}


class TestSync(Checklist):
    """`create_with_completion`, `create_partial`."""

    section = "Instructor"
    packages = ("instructor",)
    pieces = 2  # the local Gloo streams the arguments of a call in three
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "Instructor has no agent loop"}
    kind: ClassVar[Any] = GlooOpenAI
    mode = instructor.Mode.TOOLS

    def model(self, name: str, **options: Any) -> Any:
        return name, instructor.from_openai(refusals_raise(self.kind(**options)), mode=self.mode)

    def say(self, question: str) -> None:
        """Have the local Gloo answer in the shape of `Answer`."""
        self.gloo.answer(tool_calls=[{"name": "Answer", "arguments": {"text": question}}])

    def ask(self, model: Any, question: str) -> Any:
        name, client = model if isinstance(model, tuple) else ("gloo-openai-gpt-5-mini", model)
        self.say(question)
        return client.create_with_completion(response_model=Answer, **call(name, question))

    def text(self, answer: Any) -> str:
        return str(answer[0].text)

    def routing(self, answer: Any) -> Any:
        return answer[1]

    def stream(self, model: Any, question: str) -> Any:
        self.gloo.reset()
        self.say(VERSE)
        name, client = model
        return grown(list(client.create_partial(response_model=Answer, **call(name, question))))

    def structured(self, model: Any, question: str) -> Any:
        name, client = model
        return client.create(response_model=Verse, **call(name, question))

    @pytest.mark.parametrize("mode", [instructor.Mode.TOOLS, instructor.Mode.JSON])
    def test_a_refusal_has_no_shape(self, mode: Any) -> None:
        """Where guardrails answer, the error has their text, and Gloo is asked once."""
        self.mode = mode
        self.gloo.refuse()
        with pytest.raises(Exception, match="Gloo's guardrails") as caught:
            run(self.structured(self.model("gloo-auto"), QUESTION))
        assert "I can't help with that" in str(caught.value)
        assert len(self.gloo.completions) == 1


class TestAsync(TestSync):
    """The same, awaited."""

    kind = AsyncGlooOpenAI
    lacks: ClassVar[dict[str, str]] = {
        **TestSync.lacks,
        "plain_route": "shown with the synchronous client",
        "plain_route_replay": "shown with the synchronous client",
    }

    async def ask(self, model: Any, question: str) -> Any:
        name, client = model if isinstance(model, tuple) else ("gloo-openai-gpt-5-mini", model)
        self.say(question)
        return await client.create_with_completion(response_model=Answer, **call(name, question))

    async def stream(self, model: Any, question: str) -> Any:
        self.gloo.reset()
        self.say(VERSE)
        name, client = model
        partial = client.create_partial(response_model=Answer, **call(name, question))
        return grown([each async for each in partial])

    async def structured(self, model: Any, question: str) -> Any:
        name, client = model
        return await client.create(response_model=Verse, **call(name, question))


class TestResponsesSync(ResponsesChecklist):
    """`Mode.RESPONSES_TOOLS`."""

    section = "Instructor"
    packages = TestSync.packages
    lacks: ClassVar[dict[str, str]] = {
        "tool_loop": "Instructor has no agent loop",
        "second_turn": "Instructor keeps no conversation",
    }
    kind: ClassVar[Any] = GlooOpenAI

    def model(self, **options: Any) -> Any:
        return self.page["responses"](MODEL, self.kind, **options)

    def say(self, question: str) -> None:
        """Have the local Gloo answer in the shape of `Answer`."""
        self.gloo.reset()
        self.gloo.answer(tool_calls=[{"name": "Answer", "arguments": {"text": question}}])

    def ask(self, model: Any, question: str) -> Any:
        self.say(question)
        return model.create(response_model=Answer, **call(MODEL, question)).text

    def stream(self, model: Any, question: str) -> Any:
        self.say(VERSE)
        return grown(list(model.create_partial(response_model=Answer, **call(MODEL, question))))

    def structured(self, model: Any, question: str) -> Any:
        return model.create(response_model=Verse, max_retries=0, **call(MODEL, question))

    def test_responses_structured(self) -> None:
        """The shape is the arguments of a call."""
        verse = {"book": "Philippians", "chapter": 4}
        self.gloo.answer(tool_calls=[{"name": "Verse", "arguments": verse}])
        assert run(self.structured(self.model(), "Which verse?")).model_dump() == verse


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited."""

    kind = AsyncGlooOpenAI

    async def ask(self, model: Any, question: str) -> Any:
        self.say(question)
        return (await model.create(response_model=Answer, **call(MODEL, question))).text

    async def stream(self, model: Any, question: str) -> Any:
        self.say(VERSE)
        partial = model.create_partial(response_model=Answer, **call(MODEL, question))
        return grown([each async for each in partial])

    async def structured(self, model: Any, question: str) -> Any:
        return await model.create(response_model=Verse, max_retries=0, **call(MODEL, question))


def grown(answers: list[Any]) -> list[str]:
    """What each partial answer adds to the one before."""
    texts = ["", *(each.text or "" for each in answers)]
    return [new[len(old) :] for old, new in pairwise(texts)]
