"""What LiteLLM is told of Gloo's models: prices, windows, abilities, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .. import GlooModel, auto_model
from .windows import answering, windows

__all__ = ["describe"]

FAMILIES = (None, "openai", "anthropic", "google", "open source")


def describe(provider: str, models: Iterable[GlooModel]) -> dict[str, dict[str, Any]]:
    """The entries of LiteLLM's table of models, for `litellm.register_model`."""
    known = list(models)
    entries = {f"{provider}/{model.id}": _entry(provider, model) for model in known}
    for family in FAMILIES:
        pseudo = auto_model(family)
        entry = _chat(provider) | _windows(answering(pseudo, known))
        for name in (pseudo, pseudo.removeprefix("gloo-")):
            entries[f"{provider}/{name}"] = entry
    return entries


def _entry(provider: str, model: GlooModel) -> dict[str, Any]:
    entry = _chat(provider) | _windows([model])
    if "embeddings" in model.output_modalities:
        entry = {**_windows([model]), "litellm_provider": provider, "mode": "embedding"}
    else:
        entry["supports_function_calling"] = model.supports_tools is not False
        entry["supports_tool_choice"] = model.supports_tools is not False
        entry["supports_reasoning"] = model.supports_reasoning is True
        entry["supports_vision"] = "image" in model.input_modalities
    plain = model.pricing.input
    cached = getattr(model.pricing, "cache_read", None)
    prices = {
        "input_cost_per_token": plain,
        "output_cost_per_token": model.pricing.output,
        "cache_read_input_token_cost": plain if cached is None else cached,
        "cache_creation_input_token_cost": plain,
    }
    return entry | {name: _per_token(price) for name, price in prices.items() if price is not None}


def _chat(provider: str) -> dict[str, Any]:
    abilities = ("function_calling", "tool_choice", "response_schema", "system_messages")
    able = {f"supports_{ability}": True for ability in abilities}
    return {"litellm_provider": provider, "mode": "chat", **able}


def _windows(models: list[GlooModel]) -> dict[str, int]:
    """What fits whichever of these models answers."""
    context, answer = windows(models)
    found = {"max_input_tokens": context, "max_output_tokens": answer, "max_tokens": answer}
    return {name: tokens for name, tokens in found.items() if tokens is not None}


def _per_token(per_million: Decimal) -> float:
    return float(per_million / 1_000_000)
