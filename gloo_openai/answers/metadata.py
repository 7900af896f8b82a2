"""Finding Gloo's routing metadata in whatever a framework wraps around an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..shapes import as_object
from .routed import RoutingMetadata

__all__ = ["routing_metadata"]

WRAPPERS = {
    # attribute or key: whose it is, who keeps the provider's answer there, or the fields of it
    # that it does not know
    "raw": "LlamaIndex's ChatResponse, smolagents' ChatMessage",
    "_raw_response": "Instructor's models",
    "raw_response": "wrappers that people write themselves",
    "response_metadata": "LangChain's AIMessage",
    "provider_details": "Pydantic AI's ModelResponse",
    "additional_kwargs": "LlamaIndex's ChatMessage, LangChain's AIMessage",
    "generation_info": "LangChain's Generation",
    "llm_output": "LangChain's LLMResult",
    "meta": "Haystack's ChatMessage",
    "raw_representation": "the Microsoft Agent Framework's ChatResponse",
    "inner_content": "Semantic Kernel's ChatMessageContent",
    "message": "LangChain's ChatGeneration, LlamaIndex's ChatResponse",
    "model_extra": "the SDK's and LiteLLM's own models",
    "unmapped": "Pydantic AI, in its provider_details",
    "response": "Pydantic AI, in that",
}
NAMES = ("model", "provider", "model_family", "routing_mechanism", "routing_tier", "trace_id")
BESIDE = ("usage", "choices", "output", "incomplete_details")
DEPTH = 3


def routing_metadata(answer: object) -> RoutingMetadata:
    """The routing metadata of an answer, wherever it is.

    Looks in a completion, a chunk, a parsed completion, a raw response, a dict, and in what the
    common frameworks wrap around them (protocol §5 for the fields).

    Returns:
        `RoutingMetadata`; its fields are None where nothing was found.
    """
    candidates = list(_candidates(answer, DEPTH))
    return max(candidates, key=_known, default=RoutingMetadata())


def _candidates(value: object, depth: int) -> Iterator[RoutingMetadata]:
    own = _attribute(value, "routing")
    if isinstance(own, RoutingMetadata):  # an answer of ours
        yield own
        return
    fields = _fields(value)
    if fields is not None:
        yield RoutingMetadata.read(fields)
    if depth == 0:
        return
    for name in WRAPPERS:
        inner = as_object(value).get(name) or _attribute(value, name)
        if not isinstance(inner, (str, bytes, int, float, type(None))):
            yield from _candidates(inner, depth - 1)


def _fields(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    if body := _body(_attribute(value, "http_response")):
        return body
    found = dict(as_object(_attribute(value, "model_extra")))
    given = _attribute(value, "model_fields_set")
    for name in NAMES:
        own = _attribute(value, name)
        default = own == "" and isinstance(given, set) and name not in given
        if name not in found and isinstance(own, str) and not default:
            found[name] = own
    if found:
        found |= {name: _attribute(value, name) for name in BESIDE}
    return found or None


def _body(response: object) -> Mapping[str, Any]:
    """The JSON object in one of the SDK's raw responses, if it has been read."""
    try:
        return as_object(cast("Any", response).json())
    except Exception:  # noqa: BLE001 - no response, not read or not JSON
        return {}


def _attribute(value: object, name: str) -> object:
    try:
        return cast("object", getattr(value, name, None))
    except Exception:  # noqa: BLE001 - a framework's property may raise anything
        return None


def _known(metadata: RoutingMetadata) -> int:
    values = [getattr(metadata, name) for name in metadata.__dataclass_fields__]
    return sum(value is not None for value in values)
