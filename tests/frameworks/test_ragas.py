"""Ragas: a judge whose answers have a shape, and a metric with it."""

from __future__ import annotations

import os

os.environ["RAGAS_DO_NOT_TRACK"] = "true"

import asyncio
import json
from typing import Any, ClassVar

from pydantic import BaseModel
from ragas.metrics.collections import Faithfulness

from gloo_openai import AsyncGlooOpenAI

from .checklist import Checklist, Verse


class Answer(BaseModel):
    """A plain answer."""

    text: str


class TestSync(Checklist):
    """`generate`."""

    section = "Ragas"
    packages = ("ragas",)
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "Ragas has no streams",
        "on_routing_streamed": "Ragas has no streams",
        "tool_loop": "Ragas has no agent loop",
    }

    def ask(self, model: Any, question: str) -> Any:
        self.gloo.answer(json.dumps({"text": question}))
        return model.generate(question, response_model=Answer)

    def text(self, answer: Any) -> str:
        return str(answer.text)

    def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer('{"book": "Philippians", "chapter": 4}')
        return model.generate(question, response_model=Verse)


class TestAsync(TestSync):
    """`agenerate`, and a metric."""

    lacks: ClassVar[dict[str, str]] = {
        **TestSync.lacks,
        "plain_route": "shown with the synchronous client",
        "plain_route_replay": "shown with the synchronous client",
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["gloo"](name, client=AsyncGlooOpenAI, **options)

    async def ask(self, model: Any, question: str) -> Any:
        self.gloo.answer(json.dumps({"text": question}))
        return await model.agenerate(question, response_model=Answer)

    async def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer('{"book": "Philippians", "chapter": 4}')
        return await model.agenerate(question, response_model=Verse)

    def test_a_metric(self) -> None:
        """A metric of Ragas' own is computed with Gloo's model."""
        self.gloo.answer('{"statements": ["Joy is a gift."]}')
        verdict = {"statement": "Joy is a gift.", "reason": "It says so.", "verdict": 1}
        self.gloo.answer(json.dumps({"statements": [verdict]}))
        metric = Faithfulness(llm=self.model("gloo-auto"))
        scored = metric.ascore(
            user_input="What is joy?", response="A gift.", retrieved_contexts=["Joy is a gift."]
        )
        assert asyncio.run(scored).value == 1.0
