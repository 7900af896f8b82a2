"""What an answer used: tokens, and the dollars that Gloo says it charged (protocol §5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from openai.types import CompletionUsage

from ..shapes import as_object
from .fields import assignable, extra

__all__ = ["GlooUsage", "as_usage", "dollars", "number"]

RESPONSES_NAMES = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
"""The same counts in chat completions and in Responses."""


@assignable
class GlooUsage(CompletionUsage):
    """Tokens counted, how many of them came from a cache, and what was charged."""

    @property
    def cost(self) -> float | None:
        """Dollars that were charged for this answer, as they arrived."""
        return cast("float | None", extra(self, "cost"))

    @property
    def cost_details(self) -> Mapping[str, Any] | None:
        """What the cost is made of, as it arrived."""
        return cast("Mapping[str, Any] | None", extra(self, "cost_details"))

    @property
    def cache_read_input_tokens(self) -> int | None:
        """Prompt tokens that were read from the cache; they are among `prompt_tokens`."""
        return cast("int | None", extra(self, "cache_read_input_tokens"))

    @property
    def cache_tokens(self) -> int | None:
        """Prompt tokens that were read from the cache, by an older name."""
        return cast("int | None", extra(self, "cache_tokens"))

    @property
    def cache_hit_rate(self) -> float | None:
        """0 to 1."""
        return cast("float | None", extra(self, "cache_hit_rate"))


def as_usage(value: object) -> GlooUsage | None:
    """The `usage` of an answer, whatever it was read into; None if it is no object."""
    if isinstance(value, GlooUsage):
        return value
    given = cast("Mapping[object, Any]", value) if isinstance(value, Mapping) else _written(value)
    fields: dict[str, Any] = {name: each for name, each in given.items() if isinstance(name, str)}
    for name, other in RESPONSES_NAMES.items():
        if other in fields:
            fields.setdefault(name, fields[other])
    return GlooUsage.construct(**fields) if fields else None


def _written(value: object) -> Mapping[Any, Any]:
    """What one of pydantic's models holds; empty if it is something else."""
    try:
        return as_object(cast("Any", value).model_dump(exclude_unset=True, warnings=False))
    except Exception:  # noqa: BLE001 - no model; or a framework's, which may raise anything
        return {}


def dollars(value: object) -> Decimal | None:
    """An amount as it is written in JSON, exactly; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def number(value: object) -> float | None:
    """An amount as a float, for those who add up floats; None if it is none."""
    amount = dollars(value)
    found = None if amount is None else float(amount)
    return found if found is not None and math.isfinite(found) else None
