"""What an answer cost: what Gloo says it charged, else tokens at the catalogue's rates."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, cast

from ..shapes import as_object
from .catalogue import AsyncGlooModelPage, GlooModelPage, Pricing
from .usage import dollars

__all__ = ["Prices", "charged", "countable"]

KEPT = 3600.0
"""Seconds for which the catalogue that was read is good for prices."""
PROMPT = ("prompt_tokens", "input_tokens")
"""The same count in chat completions and in Responses; so with the other pairs."""
COMPLETION = ("completion_tokens", "output_tokens")
DETAILS = ("prompt_tokens_details", "input_tokens_details")


def charged(answer: object) -> Decimal | None:
    """Dollars that Gloo says it charged for an answer (`usage.cost`, protocol §5)."""
    return dollars(_of(_of(answer, "usage"), "cost"))


def countable(answer: object) -> bool:
    """Whether an answer has what the catalogue's price of it needs: a model, and counts."""
    return bool(_model(answer)) and _tokens(_of(answer, "usage")) is not None


class Prices:
    """The prices of the catalogue as it was read."""

    def __init__(self, page: GlooModelPage | AsyncGlooModelPage) -> None:
        self._models = {model.id: model for model in page.data}
        self._read_at = time.monotonic()

    @property
    def is_old(self) -> bool:
        """Whether to read the catalogue again."""
        return time.monotonic() - self._read_at > KEPT

    def price(self, answer: object) -> Decimal | None:
        """Dollars by the catalogue; None without a price for the model, or without a count."""
        model = self._models.get(_model(answer))
        counted = _tokens(_of(answer, "usage"))
        if model is None or counted is None:
            return None
        return _total(model.pricing, *counted)


def _total(rates: Pricing, prompt: int, cached: int, completion: int) -> Decimal | None:
    if rates.input is None or rates.output is None:
        return None
    cache_rate = rates.input if rates.cache_read is None else rates.cache_read
    millionths = (prompt - cached) * rates.input + cached * cache_rate + completion * rates.output
    return millionths / 1_000_000


def _model(answer: object) -> str:
    # Nothing of an answer is certain to have the type that it is declared with.
    name = _of(answer, "model")
    return name if isinstance(name, str) else ""


def _tokens(usage: object) -> tuple[int, int, int] | None:
    """Prompt tokens, how many of them came from a cache, and tokens of the answer."""
    prompt, completion = _count(usage, *PROMPT), _count(usage, *COMPLETION)
    if prompt is None or completion is None:
        return None
    cached = _count(usage, "cache_read_input_tokens", "cache_tokens")
    for name in DETAILS:
        cached = cached or _count(_of(usage, name), "cached_tokens")
    return prompt, min(cached or 0, prompt), completion


def _count(usage: object, *names: str) -> int | None:
    for name in names:
        tokens = _of(usage, name)
        if isinstance(tokens, int) and not isinstance(tokens, bool) and tokens >= 0:
            return tokens
    return None


def _of(value: object, name: str) -> object:
    """A field of an answer, be it an object or a dict."""
    fields = as_object(value)
    return fields.get(name) if fields else cast("Any", getattr(value, name, None))
