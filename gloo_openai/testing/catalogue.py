"""The model catalogue of the local Gloo, and what it retrieves for grounded answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .shapes import Json, as_list

PUBLISHERS = frozenset({"Bezalel", "GlooGrounded"})
DEFAULT_SOURCES_LIMIT = 3
_PER_1K = "rate_per_1k_tokens"
_PER_1M = "rate_per_1m_tokens"


def default_models() -> list[Json]:
    """A catalogue like Gloo's: several families, both notations of rates, other modalities."""
    return [
        _openai("openai/gpt-5-mini", "GPT-5 mini", "0.25", "2", cached="0.025"),
        _openai("openai/gpt-5.2", "GPT-5.2", "1.75", "14", cached="0.175"),
        _anthropic("anthropic/claude-haiku-4.5", "Claude Haiku 4.5", "0.15", "5"),
        _anthropic("anthropic/claude-sonnet-4.5", "Claude Sonnet 4.5", "3", "15", cached="0.3"),
        _anthropic(
            "anthropic/claude-3.5-haiku", "Claude 3.5 Haiku", "0.8", "4", is_deprecated=True
        ),
        _google("google/gemini-2.5-flash", "Gemini 2.5 Flash", "0.3", "2.5"),
        _google("google/gemini-2.5-pro", "Gemini 2.5 Pro", "1.25", "10"),
        _google(
            "google/gemini-2.5-flash-image",
            "Gemini 2.5 Flash Image",
            "0.3",
            "30",
            input_modalities=["text", "image"],
            output_modalities=["text", "image"],
            supports_tools=False,
        ),
        _open("openai/gpt-oss-120b", "GPT OSS 120B", "0.05", "0.2"),
        _open("deepseek-v3.2", "DeepSeek V3.2", "0.28", "0.42"),
        _open(
            "meta/llama-3.1-8b-instruct",
            "Llama 3.1 8B Instruct",
            "0.02",
            "0.03",
            supports_tools=False,
        ),
        _open("mistral-small-3.2", "Mistral Small 3.2", "0.06", "0.18"),
        _open(
            "baai/bge-base-en-v1.5",
            "BGE Base",
            "0.01",
            "0",
            output_modalities=["embeddings"],
            supports_tools=False,
            supports_streaming=False,
        ),
        _model(
            "bfl/flux-2-pro",
            "FLUX.2 Pro",
            "Black Forest Labs",
            _pricing("3", "30", [_PER_1M]),
            input_modalities=["text", "image"],
            output_modalities=["image"],
            supports_tools=False,
            supports_streaming=False,
        ),
    ]


def odd_models() -> list[Json]:
    """Rows such as Gloo's catalogue can have too: with next to nothing in them, or malformed.

    `gloo.models += odd_models()` has a reader of the catalogue meet them.
    """
    return [
        {"id": "gloo-acme-sparse-1", "name": "Sparse 1", "family": "Open Source"},
        {
            "id": "gloo-acme-paint-1",
            "name": "Paint 1",
            "family": "Acme",
            "input_modalities": ["text", "image"],
            "output_modalities": ["image"],
        },
        {"name": "A row without an id", "pricing": "unknown", "output_modalities": ["text"]},
    ]


def default_sources() -> list[Json]:
    """What there is to cite. Every field of a citation is optional, so each one lacks another."""
    return [
        {
            "item_title": "Small Groups That Last",
            "item_url": "https://example.org/small-groups",
            "author": ["Ruth Okafor", "Daniel Lee"],
            "publisher": "Bezalel",
            "publication_date": "2023-04-02",
            "snippets": ["Communities grow where people eat together."],
        },
        {
            "item_title": "Welcoming Newcomers",
            "author": ["Maria Santos"],
            "publisher": "Bezalel",
            "snippets": ["Learn a name, then use it.", "Sit beside somebody new."],
        },
        {
            "item_title": "Serving the Neighbourhood",
            "item_url": "https://example.org/serving",
            "publisher": "Bezalel",
            "publication_date": "2024",
        },
        {"item_title": "Prayer in Common", "snippets": ["Short, often, together."]},
    ]


def find(model: object, models: list[Json]) -> Json | None:
    """The row of this model."""
    return next((row for row in models if row.get("id") == model), None)


def outputs(row: Json) -> Sequence[Any]:
    """What a model answers with; text where its row says nothing."""
    return as_list(row.get("output_modalities")) or ["text"]


def text_models(models: list[Json], *, tools: bool) -> list[Json]:
    """The models that routing picks from: they answer in text only and, if `tools`, call them."""
    rows = [row for row in models if isinstance(row.get("id"), str)]
    rows = [row for row in rows if [*outputs(row)] == ["text"] and not row.get("is_deprecated")]
    return [row for row in rows if not tools or row.get("supports_tools") is not False]


def lean(models: list[Json], now: int) -> list[Json]:
    """The rows as `/ai/v1/models` has them: OpenAI's fields only."""
    return [
        {"id": row["id"], "object": "model", "created": now, "owned_by": row.get("family", "gloo")}
        for row in models
        if "id" in row
    ]


def _openai(provider_id: str, name: str, given: str, made: str, cached: str) -> Json:
    pricing = _pricing(given, made, [_PER_1K, _PER_1M], cached)
    return _model(provider_id, name, "OpenAI", pricing, supports_reasoning=True)


def _anthropic(
    provider_id: str, name: str, given: str, made: str, cached: str | None = None, **fields: Any
) -> Json:
    pricing = _pricing(given, made, [_PER_1K], cached)
    return _model(provider_id, name, "Anthropic", pricing, **fields)


def _google(provider_id: str, name: str, given: str, made: str, **fields: Any) -> Json:
    return _model(provider_id, name, "Google", _pricing(given, made, [_PER_1M]), **fields)


def _open(provider_id: str, name: str, given: str, made: str, **fields: Any) -> Json:
    return _model(provider_id, name, "Open Source", _pricing(given, made, [_PER_1K]), **fields)


def _model(provider_id: str, name: str, family: str, pricing: Json, **fields: Any) -> Json:
    return {
        "id": "gloo-" + provider_id.replace("/", "-"),
        "provider_id": provider_id,
        "name": name,
        "family": family,
        "description": f"{name}, as the local Gloo pretends to serve it.",
        "context_window": 200_000,
        "max_output_tokens": 64_000,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "supports_tools": True,
        "supports_reasoning": False,
        "supports_streaming": True,
        "is_deprecated": False,
        "pricing": pricing,
    } | fields


def _pricing(given: str, made: str, notations: list[str], cached: str | None = None) -> Json:
    """Dollars per million tokens in the notations that a row has."""
    rates = {"input": given, "output": made, "cache_read": cached}
    return {
        kind: {
            notation: rate if notation == _PER_1M else f"{Decimal(rate) / 1000:f}"
            for notation in notations
        }
        for kind, rate in rates.items()
        if rate is not None
    }
