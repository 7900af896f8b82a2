"""What LiteLLM is told of Gloo's models: prices, windows, abilities, from the catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import openai

from .. import GlooModel, GlooOpenAI, auto_model

__all__ = ["catalogue", "describe"]

log = logging.getLogger("gloo_openai")

PATIENCE = 5.0
"""Seconds that a program waits for the catalogue where it starts."""
FAMILIES = ("openai", "anthropic", "google", "open source")


def catalogue(client: Callable[[], GlooOpenAI]) -> list[GlooModel]:
    """The rows of Gloo's catalogue, which is public; none where it cannot be had now."""
    try:
        page = client().with_options(max_retries=0, timeout=PATIENCE).models.list()
    except openai.OpenAIError as error:
        log.debug("LiteLLM is told of no model but the pseudo models: %s", type(error).__name__)
        return []
    return list(page.data)


def describe(provider: str, models: Iterable[GlooModel]) -> dict[str, dict[str, Any]]:
    """The entries of LiteLLM's table of models, for `litellm.register_model`."""
    known = list(models)
    entries = {f"{provider}/{model.id}": _entry(provider, model) for model in known}
    chat = [model for model in known if "text" in model.output_modalities]
    for family in (None, *FAMILIES):
        pseudo = auto_model(family) if family else auto_model()
        of_it = [m for m in chat if family is None or (m.family or "").lower() == family]
        entry = _chat(provider) | _windows(of_it)
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
    inputs = [model.context_window for model in models if model.context_window]
    outputs = [model.max_output_tokens for model in models if model.max_output_tokens]
    found = {"max_input_tokens": min(inputs)} if inputs else {}
    if outputs:
        found |= {"max_output_tokens": min(outputs), "max_tokens": min(outputs)}
    return found


def _per_token(per_million: Decimal) -> float:
    return float(per_million / 1_000_000)
