"""Logfire, on the classes."""

from __future__ import annotations

import logfire
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from .otel import OTelChecklist, exporter
from .page import run_snippet

logfire.configure(
    send_to_logfire=False,
    console=False,
    additional_span_processors=[SimpleSpanProcessor(exporter)],
)
SECTION = "Logfire"
run_snippet(SECTION)


class TestTracer(OTelChecklist):
    section = SECTION
    packages = ("logfire",)
