"""The newer families that are no chat completions: embeddings and responses."""

from __future__ import annotations

import base64
import json
import random
import secrets
import struct
from collections.abc import Iterator

from .refusals import field_error, invalid
from .shapes import Json, as_list, as_object, to_bytes
from .streams import pieces_of
from .words import text_of

DIMENSIONS = 768


def embeddings(request: Json) -> Json:
    """The answer of `/ai/v2/direct/embeddings`: the same text has the same unit vector."""
    for field in ("model", "input"):
        if request.get(field) is None:
            raise invalid(field_error(field, "missing", "Field required", request))
    given = request["input"]
    texts = as_list(given) or [given]
    binary = request.get("encoding_format") == "base64"
    dimensions = request.get("dimensions") or DIMENSIONS
    if not isinstance(dimensions, int):
        msg = "Input should be a valid integer"
        raise invalid(field_error("dimensions", "int_type", msg, dimensions))
    vectors = [_vector(json.dumps(text), dimensions) for text in texts]
    tokens = sum(1 + len(json.dumps(text)) // 4 for text in texts)
    return {
        "object": "list",
        "model": request["model"],
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(v) if binary else v}
            for index, v in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def messages_in(request: Json) -> list[Json]:
    """The `input` of a Responses request as the messages of a completion."""
    given = request.get("input")
    if given is None:
        raise invalid(field_error("input", "missing", "Field required", request))
    items = [as_object(item) for item in as_list(given)] or [{"role": "user", "content": given}]
    return [
        {"role": item["role"], "content": text_of(item.get("content"))}
        for item in items
        if "role" in item
    ]


def response(completion: Json) -> Json:
    """This completion as the answer of `/ai/v2/guarded/responses`."""
    usage = completion["usage"]
    text = completion["choices"][0]["message"].get("content") or ""
    part: Json = {"type": "output_text", "text": text, "annotations": []}
    apart = ("id", "object", "created", "choices", "usage")
    return {key: value for key, value in completion.items() if key not in apart} | {
        "id": f"resp_{secrets.token_hex(16)}",
        "object": "response",
        "created_at": completion["created"],
        "status": "completed",
        "output": [
            {
                "id": f"msg_{secrets.token_hex(16)}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": usage["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage["total_tokens"],
        },
    }


def response_events(answer: Json) -> Iterator[bytes]:
    """A Responses answer as server-sent events: created, the text in deltas, completed."""
    item = answer["output"][0]
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    nothing: Json = {"output": [], "usage": None}
    started = answer | {"status": "in_progress"} | nothing
    sequence: list[Json] = [{"type": "response.created", "response": started}]
    for word in pieces_of(item["content"][0]["text"]):
        sequence.append({"type": "response.output_text.delta", **at, "delta": word, "logprobs": []})
    sequence.append({"type": "response.completed", "response": answer})
    for number, event in enumerate(sequence):
        data = to_bytes(event | {"sequence_number": number})
        yield b"event: %b\ndata: %b\n\n" % (event["type"].encode(), data)


def _vector(text: str, dimensions: int) -> list[float]:
    # Not for secrets: the text is the seed, so that equal texts have equal vectors.
    source = random.Random(text)
    values = [source.gauss(0, 1) for _ in range(dimensions)]
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
