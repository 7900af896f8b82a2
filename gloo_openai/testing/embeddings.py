"""Embeddings: the same text has the same unit vector."""

from __future__ import annotations

import base64
import json
import random
import struct

from .refusals import field_error, invalid
from .shapes import Json, as_list

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


def _vector(text: str, dimensions: int) -> list[float]:
    # Not for secrets: the text is the seed, so that equal texts have equal vectors.
    source = random.Random(text)
    values = [source.gauss(0, 1) for _ in range(dimensions)]
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
