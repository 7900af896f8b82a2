"""Which model answered, how it was chosen, what it cost, and whether a guardrail answered instead.

Pure rules over an answer's fields (protocol §5), so that an answer, a stream, a raw body and what a
framework has kept of it are all judged alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..shapes import as_list, as_object
from .usage import GlooUsage, as_usage, number

__all__ = ["RoutingMetadata", "is_refusal"]

ROUTED = ("routing_mechanism", "routing_tier", "routing_confidence", "model_family")
"""What is beside the model only where a model has answered."""


@dataclass(frozen=True)
class RoutingMetadata:
    """Which model answered, how it was chosen, and what that cost (protocol §5).

    None where nothing was said. Two are equal if they say the same of the routing, whatever the
    answers cost.
    """

    model: str | None = None
    provider: str | None = None
    model_family: str | None = None
    auto_routing: bool | None = None
    routing_mechanism: str | None = None
    routing_tier: str | None = None
    routing_confidence: float | None = None
    """0 to 1."""
    tradition: str | None = None
    trace_id: str | None = None
    cost: float | None = field(default=None, compare=False)
    """Dollars that were charged, where Gloo says so; `client.models.price` gives a Decimal."""
    usage: GlooUsage | None = field(default=None, compare=False)
    """Tokens; of a stream only if `stream_options={"include_usage": True}` asked for them."""
    refused: bool = False
    """Whether Gloo's guardrails answered in place of a model."""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> RoutingMetadata:
        """Pick the fields out of an answer's body, as they are."""
        usage = as_usage(body.get("usage") or body.get("token_usage"))
        told = body.get("refused") is True or body.get("guardrail_refusal") is True
        return cls(
            **{name: body.get(name) for name in NAMES},
            cost=number(body.get("cost") if usage is None else usage.cost),
            usage=usage,
            refused=told or is_refusal(body, finish_reasons(body)),
        )

    def to_dict(self) -> dict[str, Any]:
        """What is known, as plain JSON."""
        known = {name: value for name, value in vars(self).items() if value is not None}
        return known | ({} if self.usage is None else {"usage": self.usage.to_dict(mode="json")})


NAMES = [f.name for f in fields(RoutingMetadata) if f.name not in {"cost", "usage", "refused"}]
"""The fields that stand at the top of an answer."""


def finish_reasons(body: Mapping[str, Any]) -> list[object]:
    """The `finish_reason` of every choice, whatever the choices were read into; so of a response.

    A response says why it is incomplete, and a part of its output that is a refusal is one.
    """
    incomplete = _of(body.get("incomplete_details"), "reason")
    parts = [part for item in as_list(body.get("output")) for part in as_list(_of(item, "content"))]
    refused = any(_of(part, "type") == "refusal" for part in parts)
    return [
        *(_of(choice, "finish_reason") for choice in as_list(body.get("choices"))),
        body.get("finish_reason"),
        "content_filter" if refused else incomplete,
    ]


def _of(value: object, name: str) -> object:
    return as_object(value).get(name) or getattr(value, name, None)


def is_refusal(body: Mapping[str, Any], reasons: Iterable[object]) -> bool:
    """Whether Gloo's guardrails answered in place of a model.

    The evidence: a `finish_reason` of `content_filter`; or a `model` that is there but empty, with
    nothing of the routing beside it.
    """
    if "content_filter" in reasons:
        return True
    routed = any(body.get(name) is not None for name in ROUTED)
    return "model" in body and not body["model"] and not routed
