"""`litellm.completion_cost` of an answer of Gloo's: what Gloo charged, if it says so."""

from __future__ import annotations

import functools
from typing import Any

import litellm

__all__ = ["OF_GLOO", "charged_first"]

OF_GLOO: set[str] = set()
"""The names under which Gloo is a provider of LiteLLM's."""


def charged_first() -> None:
    """Have `litellm.completion_cost` take `usage.cost` first, as LiteLLM's own records do.

    LiteLLM has no place for it: there it goes by its table of prices. Other providers' answers, and
    those that say no cost, go to LiteLLM's function as ever.
    """
    theirs: Any = litellm.completion_cost
    if getattr(theirs, "takes_what_gloo_charged", False):
        return

    @functools.wraps(theirs)
    def completion_cost(completion_response: Any = None, *args: Any, **options: Any) -> float:
        charged = _charged(completion_response)
        if charged is None:
            return float(theirs(completion_response, *args, **options))
        return charged

    completion_cost.takes_what_gloo_charged = True  # type: ignore[attr-defined]  # a function may have it
    litellm.completion_cost = completion_cost


def _charged(response: Any) -> float | None:
    hidden = getattr(response, "_hidden_params", None) or {}
    cost = getattr(getattr(response, "usage", None), "cost", None)
    return None if cost is None or hidden.get("custom_llm_provider") not in OF_GLOO else float(cost)
