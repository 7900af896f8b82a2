"""The model catalogue of the local Gloo, and what it retrieves for grounded answers."""

from __future__ import annotations

from .shapes import Json

PUBLISHERS = frozenset({"Bezalel", "GlooGrounded"})
DEFAULT_SOURCES_LIMIT = 3


def default_models() -> list[Json]:
    """A catalogue like Gloo's: several families, other modalities, gaps, and one broken row."""
    return [
        _model("openai/gpt-5-mini", "GPT-5 mini", "OpenAI", "0.00025", "0.002", reasoning=True),
        _model("openai/gpt-5.2", "GPT-5.2", "OpenAI", "0.00175", "0.014", reasoning=True),
        _model("anthropic/claude-haiku-4.5", "Claude Haiku 4.5", "Anthropic", "0.00015", "0.005"),
        _model("anthropic/claude-sonnet-4.5", "Claude Sonnet 4.5", "Anthropic", "0.003", "0.015"),
        _model("google/gemini-2.5-flash", "Gemini 2.5 Flash", "Google", "0.0003", "0.0025"),
        _model("google/gemini-2.5-pro", "Gemini 2.5 Pro", "Google", "0.00125", "0.01"),
        _model("openai/gpt-oss-120b", "GPT OSS 120B", "Open Source", "0.00005", "0.0002"),
        _model("deepseek-v3.2", "DeepSeek V3.2", "Open Source", "0.00028", "0.00042"),
        _model(
            "meta/llama-3.1-8b-instruct",
            "Llama 3.1 8B Instruct",
            "Open Source",
            "0.00002",
            "0.00003",
            tools=False,
        ),
        {"id": "gloo-mistral-small-3.2", "name": "Mistral Small 3.2", "family": "Open Source"},
        _model(
            "baai/bge-base-en-v1.5",
            "BGE Base",
            "Open Source",
            "0.00001",
            "0",
            tools=False,
            output=("embeddings",),
        ),
        {
            "id": "gloo-bfl-flux-2-pro",
            "name": "FLUX.2 Pro",
            "family": "Black Forest Labs",
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


def text_models(models: list[Json], *, tools: bool) -> list[Json]:
    """The models that answer in text and, if `tools`, may call them."""
    rows = [row for row in models if isinstance(row.get("id"), str)]
    rows = [row for row in rows if "text" in (row.get("output_modalities") or ["text"])]
    return [row for row in rows if not tools or row.get("supports_tools") is not False]


def _model(
    provider_id: str,
    name: str,
    family: str,
    input_rate: str,
    output_rate: str,
    *,
    tools: bool = True,
    reasoning: bool = False,
    output: tuple[str, ...] = ("text",),
) -> Json:
    return {
        "id": "gloo-" + provider_id.replace("/", "-"),
        "provider_id": provider_id,
        "name": name,
        "family": family,
        "description": f"{name}, as the local Gloo pretends to serve it.",
        "context_window": 200_000,
        "max_output_tokens": 64_000,
        "input_modalities": ["text"],
        "output_modalities": list(output),
        "supports_tools": tools,
        "supports_reasoning": reasoning,
        "pricing": {
            "input": {"rate_per_1k_tokens": input_rate},
            "output": {"rate_per_1k_tokens": output_rate},
        },
    }
