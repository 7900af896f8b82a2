"""Gloo's model catalogue as types: its rows, its pages, its prices (protocol §7).

Declared fields say `Optional[X]`: openai 2 cannot build one that says `X | None`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from openai import APIResponseValidationError
from openai.pagination import AsyncPage, SyncPage
from openai.types import Model
from openai.types.chat import ChatCompletion

from ..shapes import as_list, as_object

__all__ = ["AsyncGlooModelPage", "GlooModel", "GlooModelPage", "Prices", "Pricing"]

log = logging.getLogger("gloo_openai")

KEPT = 3600.0
"""Seconds for which the catalogue that was read is good for prices."""
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
    name: str | None = None
    family: str | None = None
    provider_id: str | None = None
    description: str | None = None
    context_window: int | None = None
    """Tokens."""
    max_output_tokens: int | None = None
    supports_tools: bool | None = None
    supports_reasoning: bool | None = None
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


class GlooModelPage(SyncPage[GlooModel]):
    """The catalogue; like every page of the SDK it can be iterated over."""

    data: list[GlooModel] = []  # noqa: RUF012 - pydantic copies it
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> GlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))


class AsyncGlooModelPage(AsyncPage[GlooModel]):
    """`GlooModelPage`, for asynchronous clients."""

    data: list[GlooModel] = []  # noqa: RUF012 - pydantic copies it
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> AsyncGlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))


class Prices:
    """The prices of the catalogue as it was read."""

    def __init__(self, page: GlooModelPage | AsyncGlooModelPage) -> None:
        self._models = {model.id: model for model in page.data}
        self._read_at = time.monotonic()

    @property
    def is_old(self) -> bool:
        """Whether to read the catalogue again."""
        return time.monotonic() - self._read_at > KEPT

    def price(self, completion: ChatCompletion) -> Decimal | None:
        """Dollars that an answer cost; None without a price for its model, or without a count."""
        # Nothing of an answer is certain to have the type that it is declared with.
        name = cast("object", completion.model)
        model = self._models.get(name) if isinstance(name, str) else None
        if model is None:
            return None
        counted = (
            (model.pricing.input, _count(completion.usage, "prompt_tokens")),
            (model.pricing.output, _count(completion.usage, "completion_tokens")),
        )
        total = Decimal(0)
        for rate, tokens in counted:
            if rate is None or tokens is None:
                return None
            total += rate * tokens / 1_000_000
        return total


def _count(usage: object, name: str) -> int | None:
    tokens = getattr(usage, name, None)
    is_count = isinstance(tokens, int) and not isinstance(tokens, bool) and tokens >= 0
    return tokens if is_count else None


def _without_malformed_rows(data: Any, response: Any) -> dict[str, Any]:
    """A catalogue's body without the rows whose id or family is no text (protocol §7)."""
    if not isinstance(data, dict):
        message = "Gloo's model catalogue is no JSON object."
        raise APIResponseValidationError(response, data, message=message)
    body = as_object(cast("object", data))
    kept: list[Mapping[str, Any]] = []
    for row in as_list(body.get("data")):
        model_id, family = (as_object(row).get(name) for name in ("id", "family"))
        if isinstance(model_id, str) and model_id and isinstance(family, (str, type(None))):
            kept.append(row)
        else:
            log.warning("skipped a malformed row of the model catalogue: %.200r", row)
    return {**body, "data": kept}
