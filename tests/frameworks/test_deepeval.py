"""DeepEval: a judge, and a metric with it."""

from __future__ import annotations

import os

os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] = "YES"
os.environ["DEEPEVAL_DISABLE_DOTENV"] = "1"

from typing import Any, ClassVar

from deepeval.test_case import LLMTestCase

from .checklist import Verse
from .own_classes import OwnClass


class TestSync(OwnClass):
    """`generate`."""

    section = "DeepEval"
    packages = ("deepeval",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "DeepEval has no streams",
        "on_routing_streamed": "DeepEval has no streams",
        "tool_loop": "DeepEval has no agent loop",
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooJudge"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(vars(model))

    def ask(self, model: Any, question: str) -> Any:
        return model.generate(question)

    def text(self, answer: Any) -> str:
        return str(answer[0])

    def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer('{"book": "Philippians", "chapter": 4}')
        return model.generate(question, schema=Verse)[0]

    def test_a_metric(self) -> None:
        """A metric is computed with Gloo's model, however often."""
        metric = self.page["consoling"]
        self.gloo.answer('{"steps": ["Look for comfort."]}')
        for _ in range(2):
            self.gloo.answer('{"score": 8, "reason": "It is kind."}')
            case = LLMTestCase(input="I mourn.", actual_output="I am with you.")
            assert metric.measure(case, _show_indicator=False) == 0.8
            assert metric.reason == "It is kind."
            assert self.sent()["tradition"] == "catholic"


class TestAsync(TestSync):
    """`a_generate`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await model.a_generate(question)

    async def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer('{"book": "Philippians", "chapter": 4}')
        return (await model.a_generate(question, schema=Verse))[0]
