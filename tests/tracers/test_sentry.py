"""Sentry, whose envelopes are kept here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from .checklist import Checklist, Span
from .page import run_snippet

NOWHERE = "http://key@127.0.0.1:9/1"
kept: list[dict[str, Any]] = []
"""The payloads of all envelopes."""


class Kept(Transport):
    """What would be sent is kept."""

    def capture_envelope(self, envelope: Envelope) -> None:
        kept.extend(json.loads(item.get_bytes()) for item in envelope.items)


run_snippet("Sentry", {"...": repr(NOWHERE), "True)": "True, transport=Kept)"}, Kept=Kept)


class TestTracer(Checklist):
    section = "Sentry"
    packages = ("sentry-sdk",)
    read: ClassVar[int] = 0

    def within(self, call: Callable[[], Any]) -> Any:
        with sentry_sdk.start_transaction(name="app"):
            return call()

    def spans(self) -> list[Span]:
        new, TestTracer.read = kept[self.read :], len(kept)
        return [span_of(item) for each in new for item in each.get("items", [])]

    def exported(self) -> str:
        return json.dumps(kept)


def span_of(item: dict[str, Any]) -> Span:
    """What is shown of a call."""
    told = {name: each["value"] for name, each in item["attributes"].items()}
    return Span(
        asked=told.get("gen_ai.request.model"),
        answered=told.get("gen_ai.response.model"),
        tokens=(
            told.get("gen_ai.usage.input_tokens", 0),
            told.get("gen_ai.usage.output_tokens", 0),
        ),
        text=json.dumps(told),
        error="" if item["status"] == "ok" else item["status"],
    )
