"""Spans of OpenTelemetry, kept in memory."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from gloo_openai.testing import LocalGloo

from ..worlds import World
from .calls import FORMS, WORD
from .checklist import Checklist, Span
from .page import run_snippet

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))


def keep_spans() -> None:
    """Have everybody's spans kept here."""
    trace.set_tracer_provider(provider)


class OTelChecklist(Checklist):
    """A tracer whose spans are OpenTelemetry's."""

    asked: ClassVar[str] = "gen_ai.request.model"
    answered: ClassVar[str] = "gen_ai.response.model"
    tokens: ClassVar[tuple[str, str]] = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    kept: ClassVar[list[str]] = []

    def is_call(self, span: ReadableSpan) -> bool:
        """Whether a span is that of a call."""
        return self.asked in (span.attributes or {})

    def spans(self) -> list[Span]:
        spans = exporter.get_finished_spans()
        exporter.clear()
        self.kept.extend(span.to_json() for span in spans)
        return [self.read(span) for span in spans if self.is_call(span)]

    def read(self, span: ReadableSpan) -> Span:
        """What is shown by a span's attributes."""
        told: dict[str, Any] = dict(span.attributes or {})
        failed = span.status.status_code is StatusCode.ERROR
        return Span(
            asked=told.get(self.asked),
            answered=told.get(self.answered),
            tokens=tuple(told.get(name, 0) for name in self.tokens),
            text=span.to_json(),
            error=(span.status.description or json.dumps(told, default=str)) if failed else "",
        )

    def exported(self) -> str:
        here = [span.to_json() for span in exporter.get_finished_spans()]
        return "\n".join([*self.kept, *here])

    def test_recipe(self, world: World, gloo: LocalGloo) -> None:
        """Gloo's metadata is on the span of a call, and that of a stream on the span around it."""
        page = run_snippet("Gloo's metadata in a span")
        shown = self._annotated()
        assert shown["gloo.routing.mechanism"] == "auto_routing"
        assert shown["gen_ai.response.model"] == page["completion"].model
        assert shown["gen_ai.usage.input_tokens"] == page["completion"].usage.prompt_tokens
        assert shown["gloo.cost"] == page["completion"].usage.cost
        for form in ("create", "stream", "raw_stream", "responses"):
            gloo.answer(f"{WORD} always.")
            client = self.watched(world.client(on_routing=page["annotate"]))
            with trace.get_tracer("app").start_as_current_span("app"):
                got = FORMS[form].ours(world, client)
            shown = self._annotated()
            assert shown["gen_ai.response.model"] == got.model
            assert shown["gloo.refused"] is False

    def _annotated(self) -> dict[str, Any]:
        spans = [dict(span.attributes or {}) for span in exporter.get_finished_spans()]
        self.spans()
        [annotated] = [told for told in spans if "gloo.refused" in told]
        return annotated
