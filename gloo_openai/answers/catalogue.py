"""Gloo's model catalogue as types: its rows and its pages (protocol §7).

Declared fields say `Optional[X]`: openai 2 cannot build one that says `X | None`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal, Optional, cast

from openai import APIResponseValidationError
from openai.pagination import AsyncPage, SyncPage
from openai.types import Model

from ..shapes import as_list, as_object
from .usage import dollars

__all__ = ["AsyncGlooModelPage", "GlooModel", "GlooModelPage", "Pricing"]

log = logging.getLogger("gloo_openai")

ABSURD = 10**9
"""Dollars per million tokens that are no price; arithmetic with them could overflow."""


@dataclass(frozen=True)
class Pricing:
    """Dollars per million tokens; None where the catalogue has no price."""

    input: Decimal | None
    output: Decimal | None
    cache_read: Decimal | None = None
    """For prompt tokens that come from the cache."""


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
    supports_streaming: Optional[bool] = None
    is_deprecated: Optional[bool] = None
    """Whether it will go soon; ids change within weeks, so look them up."""
    input_modalities: list[str] = ["text"]
    output_modalities: list[str] = ["text"]
    """A catalogue row without them means text."""

    @property
    def pricing(self) -> Pricing:
        """Dollars per million tokens, from the catalogue's rates per thousand or per million."""
        rates = as_object((self.model_extra or {}).get("pricing"))
        return Pricing(*(_per_million(rates.get(f.name)) for f in fields(Pricing)))


def _per_million(rate: object) -> Decimal | None:
    for name, factor in (("rate_per_1m_tokens", 1), ("rate_per_1k_tokens", 1000)):
        price = dollars(as_object(rate).get(name))
        if price is not None and price < ABSURD:
            price *= factor
            return price if price < ABSURD else None
    return None


class GlooModelPage(SyncPage[GlooModel]):
    """The catalogue; like every page of the SDK it can be iterated over."""

    data: list[GlooModel] = []
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> GlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))

    def __getstate__(self) -> dict[Any, Any]:
        return _without_client(super().__getstate__())


class AsyncGlooModelPage(AsyncPage[GlooModel]):
    """`GlooModelPage`, for asynchronous clients."""

    data: list[GlooModel] = []
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> AsyncGlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))

    def __getstate__(self) -> dict[Any, Any]:
        return _without_client(super().__getstate__())


def _without_client(state: Mapping[Any, Any]) -> dict[Any, Any]:
    """What goes into another process of a page: there is no next one, so it needs no client."""
    private: dict[str, Any] = state.get("__pydantic_private__") or {}
    kept = {n: v for n, v in private.items() if n not in {"_client", "_options", "_model"}}
    return {**state, "__pydantic_private__": kept}


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
