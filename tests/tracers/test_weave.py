"""Weave, whose trace server is a sink on loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from .checklist import Checklist, Span
from .page import run_snippet
from .sink import Sink

server = Sink(
    {
        "min_required_weave_python_version": "0.0.0",
        "trace_server_version": "999.0",
        "project_name": "devotions",
        "digest": "0" * 43,
        "res": [],
        "data": {"viewer": {"username": "nobody"}, "project": {"name": "devotions"}},
    }
)
os.environ["WF_TRACE_SERVER_URL"] = os.environ["WANDB_BASE_URL"] = server.origin
os.environ["WANDB_API_KEY"] = "0" * 40
os.environ["WANDB_ERROR_REPORTING"] = os.environ["WEAVE_PRINT_CALL_LINK"] = "false"
with pytest.MonkeyPatch.context() as monkeypatch:
    # It asks the package index whether it is the newest.
    monkeypatch.setattr("weave.trace.init_message.check_available", lambda *_: None)
    client = run_snippet("Weave")["traced"]


class TestTracer(Checklist):
    section = "Weave"
    packages = ("weave",)
    # It takes the model of a stream from its first chunk, which has citations and no model; of a
    # plain client it loses that chunk over an exception of its own, which it logs.
    lacks: ClassVar[dict[str, tuple[str, ...]]] = {"grounded_stream": ("answering model",)}
    read: ClassVar[int] = 0

    def within(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            client.flush()  # takes a second

    def spans(self) -> list[Span]:
        new, TestTracer.read = server.kept[self.read :], len(server.kept)
        batches = [json.loads(body)["batch"] for path, body in new if path.endswith("/complete")]
        return [span_of(call) for batch in batches for call in batch]

    def exported(self) -> str:
        return "\n".join(body.decode("utf-8", "replace") for _, body in server.kept)


def span_of(call: dict[str, Any]) -> Span:
    """What is shown of a call."""
    output = call["output"] if isinstance(call["output"], dict) else {}
    usage = next(iter(call["summary"].get("usage", {}).values()), {})
    return Span(
        asked=call["inputs"].get("model"),
        answered=output.get("model"),
        tokens=(
            usage.get("prompt_tokens", usage.get("input_tokens", 0)),
            usage.get("completion_tokens", usage.get("output_tokens", 0)),
        ),
        text=json.dumps(call["output"]),
        error=call["exception"] or "",
    )
