"""A completion as server-sent events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .shapes import Json, to_bytes

DONE = b"data: [DONE]\n\n"
# Milliseconds that the first token is said to have taken.
TTFT_MS = 120
_EVERYWHERE = ("id", "object", "created", "model", "service_tier", "system_fingerprint")


def chunks_of(completion: Json, *, include_usage: bool) -> Iterator[Json]:
    """The `chat.completion.chunk`s of this completion, in Gloo's order.

    Citations come first, in an event without `choices`. The family of the model and the time to
    the first token are on the first chunk with content; the rest of Gloo's metadata may be on any
    chunk, and is beside them.
    """
    base = {key: completion[key] for key in _EVERYWHERE if key in completion}
    base["object"] = "chat.completion.chunk"
    apart = (*_EVERYWHERE, "choices", "usage", "citations")
    metadata = {key: value for key, value in completion.items() if key not in apart}
    if "model_family" in metadata:
        metadata = {"ttft_ms": TTFT_MS} | metadata
    if completion.get("citations"):
        yield {"sources_returned": True, "citations": completion["citations"]}
    for choice in completion.get("choices", []):
        for part in _parts(choice):
            begun = "role" not in part["delta"]
            yield base | {"choices": [part]} | (metadata if begun else {})
            metadata = {} if begun else metadata
    if include_usage:
        yield base | {"choices": [], "usage": completion.get("usage")}


def events(
    chunks: Iterable[Mapping[str, Any] | str | bytes], *, done: bool, named: bool = False
) -> Iterator[bytes]:
    """Each chunk as an event; text and bytes go out as they are; `[DONE]` last, if wanted.

    The events of the Responses API are `named` by the type that their data has.
    """
    for chunk in chunks:
        if isinstance(chunk, bytes):
            yield chunk
        elif isinstance(chunk, str):
            yield chunk.encode()
        else:
            name = (
                b"event: %b\n" % str(chunk["type"]).encode() if named and "type" in chunk else b""
            )
            yield b"%bdata: %b\n\n" % (name, to_bytes(chunk))
    if done:
        yield DONE


def pieces_of(text: str) -> list[str]:
    """A text in words, each with the space behind it."""
    return re.findall(r"\S+\s*|\s+", text)


def _parts(choice: Json) -> Iterator[Json]:
    """A choice as it stands in each chunk, the reason that it ends in the last."""
    index = choice.get("index", 0)
    for delta in _deltas(choice.get("message", {})):
        yield {"index": index, "delta": delta, "finish_reason": None}
    yield {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": message.get("role", "assistant")}
    apart = ("role", "content", "tool_calls")
    extra = {key: value for key, value in message.items() if key not in apart and value is not None}
    if extra:
        yield extra
    for word in pieces_of(message.get("content") or ""):
        yield {"content": word}
    for index, call in enumerate(message.get("tool_calls") or []):
        yield from _call_deltas(index, call)


def _call_deltas(index: int, call: Json) -> Iterator[Json]:
    """The id and the name first, then the arguments in pieces."""
    function = call.get("function", {})
    head = call | {"index": index, "function": function | {"arguments": ""}}
    yield {"tool_calls": [head]}
    arguments = function.get("arguments", "")
    size = -(-len(arguments) // 3) or 1
    for start in range(0, len(arguments), size):
        piece = {"index": index, "function": {"arguments": arguments[start : start + size]}}
        yield {"tool_calls": [piece]}
