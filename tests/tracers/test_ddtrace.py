"""Datadog, whose agent is a sink on loopback."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import msgpack

from gloo_openai.testing import LocalGloo

from ..worlds import World
from .calls import MESSAGES, MODEL
from .checklist import Checklist, Span
from .page import run_snippet
from .sink import Sink

agent = Sink({"endpoints": ["/v0.4/traces", "/evp_proxy/v2/", "/evp_proxy/v4/"]})
os.environ["DD_TRACE_AGENT_URL"] = agent.origin
for name in ("INSTRUMENTATION_TELEMETRY", "REMOTE_CONFIGURATION", "LLMOBS_AGENTLESS"):
    os.environ[f"DD_{name}_ENABLED"] = "false"

run_snippet("Datadog")


class TestTracer(Checklist):
    section = "Datadog"
    packages = ("ddtrace",)
    read: ClassVar[int] = 0

    def spans(self) -> list[Span]:
        return [span_of(span) for span in self.sent()]

    def sent(self) -> list[dict[str, Any]]:
        """The spans of calls that have come to the agent since it was last asked."""
        from ddtrace.trace import tracer

        tracer.flush()
        new, TestTracer.read = agent.kept[self.read :], len(agent.kept)
        traces = [msgpack.unpackb(body) for path, body in new if path == "/v0.4/traces"]
        spans = [span for batch in traces for trace in batch for span in trace]
        return [span for span in spans if span["name"] == "openai.request"]

    def test_cost(self, world: World, gloo: LocalGloo) -> None:
        """What Gloo charged is what Datadog shows."""
        self.sent()
        create = world.client().chat.completions.create
        completion = world.call(create, model=MODEL, messages=MESSAGES)
        [span] = self.sent()
        shown = msgpack.unpackb(span["meta_struct"]["_llmobs"])["metrics"]
        assert shown["total_cost"] == completion.usage.cost

    def exported(self) -> str:
        return "\n".join(body.decode("utf-8", "replace") for _, body in agent.kept)


def span_of(span: dict[str, Any]) -> Span:
    """What is shown of a call."""
    told, counted = span["meta"], span["metrics"]
    return Span(
        asked=told.get("openai.request.model"),
        answered=told.get("openai.response.model"),
        tokens=(
            counted.get("gen_ai.usage.input_tokens", 0),
            counted.get("gen_ai.usage.output_tokens", 0),
        ),
        text=str(span.get("meta_struct")),
        error=str(told.get("error.message", "error")) if span.get("error") else "",
    )
