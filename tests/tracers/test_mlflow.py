"""MLflow, whose traces are kept in a file."""

from __future__ import annotations

import os
import tempfile

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import json
from typing import Any, ClassVar

import mlflow

from .checklist import Checklist, Span
from .page import run_snippet

folder = tempfile.mkdtemp()
mlflow.set_tracking_uri(f"sqlite:///{folder}/traces.db")
run_snippet("MLflow")


class TestTracer(Checklist):
    section = "MLflow"
    packages = ("mlflow",)
    kept: ClassVar[dict[str, Any]] = {}

    def spans(self) -> list[Span]:
        found = {trace.info.trace_id: trace for trace in mlflow.search_traces(return_type="list")}
        new = [trace for key, trace in found.items() if key not in self.kept]
        self.kept.update((key, trace.to_json()) for key, trace in found.items())
        return [span_of(span) for trace in new for span in trace.data.spans]

    def exported(self) -> str:
        return "\n".join(self.kept.values())


def span_of(span: Any) -> Span:
    """What is shown of a call."""
    usage = span.get_attribute("mlflow.chat.tokenUsage") or {}
    outputs = span.outputs if isinstance(span.outputs, dict) else {}
    told = json.dumps([span.outputs, span.attributes], default=str)
    failed = span.status.status_code.value == "ERROR"
    return Span(
        asked=span.get_attribute("model"),
        answered=outputs.get("model"),
        tokens=(usage.get("input_tokens", 0), usage.get("output_tokens", 0)),
        text=told,
        error=str(span.status.description or told) if failed else "",
    )
