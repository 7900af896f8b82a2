"""OpenLLMetry's instrumentation, which Traceloop and others use."""

from __future__ import annotations

from .otel import OTelChecklist, keep_spans
from .page import run_snippet

SECTION = "OpenLLMetry (Traceloop)"
keep_spans()
run_snippet(SECTION)


class TestTracer(OTelChecklist):
    section = SECTION
    packages = ("opentelemetry-instrumentation-openai",)
