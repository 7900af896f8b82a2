"""A row of Gloo's model catalogue, as a type (protocol §7).

Declared fields say `Optional[X]`: openai 2 cannot build one that says `X | None`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Optional

from openai.types import Model

from .shapes import as_object

ABSURD = 10**9
"""Dollars per million tokens that are no price; arithmetic with them could overflow."""


@dataclass(frozen=True)
class Pricing:
    """Dollars per million tokens; None where the catalogue has no price."""

    input: Decimal | None
    output: Decimal | None


class GlooModel(Model):
    """One row of Gloo's catalogue (protocol §7)."""

    created: int = 0
    object: Literal["model"] = "model"
    owned_by: str = ""
    name: Optional[str] = None
    family: Optional[str] = None
    provider_id: Optional[str] = None
    description: Optional[str] = None
    context_window: Optional[int] = None
    """Tokens."""
    max_output_tokens: Optional[int] = None
    supports_tools: Optional[bool] = None
    supports_reasoning: Optional[bool] = None
    input_modalities: list[str] = ["text"]  # noqa: RUF012 - pydantic copies it
    output_modalities: list[str] = ["text"]  # noqa: RUF012 - as above
    """A catalogue row without them means text."""

    @property
    def pricing(self) -> Pricing:
        """Dollars per million tokens, from the catalogue's rates per thousand."""
        rates = as_object((self.model_extra or {}).get("pricing"))
        return Pricing(_per_million(rates.get("input")), _per_million(rates.get("output")))


def _per_million(rate: object) -> Decimal | None:
    per_thousand: object = as_object(rate).get("rate_per_1k_tokens")
    if isinstance(per_thousand, bool) or not isinstance(per_thousand, (str, int, float)):
        return None
    try:
        price = Decimal(str(per_thousand)) * 1000
    except ArithmeticError:
        return None
    return price if price.is_finite() and 0 <= price < ABSURD else None
