"""OpenInference, which Arize Phoenix uses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .checklist import Span
from .otel import OTelChecklist, keep_spans
from .page import run_snippet

SECTION = "OpenInference (Phoenix)"
keep_spans()
run_snippet(SECTION)


class TestTracer(OTelChecklist):
    section = SECTION
    packages = ("openinference-instrumentation-openai",)
    answered = "llm.model_name"
    tokens = ("llm.token_count.prompt", "llm.token_count.completion")

    def is_call(self, span: Any) -> bool:
        return "input.value" in span.attributes

    def read(self, span: Any) -> Span:
        asked = json.loads(span.attributes["input.value"]).get("model")
        return replace(super().read(span), asked=asked)
