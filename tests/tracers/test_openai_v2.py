"""OpenTelemetry's own instrumentation."""

from __future__ import annotations

import os

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"

from .otel import OTelChecklist, keep_spans
from .page import run_snippet

SECTION = "OpenTelemetry's own"
keep_spans()
run_snippet(SECTION)


class TestTracer(OTelChecklist):
    section = SECTION
    packages = ("opentelemetry-instrumentation-openai-v2",)
