"""Embeddings: the same text has the same unit vector."""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Sequence
from typing import Any

from .catalogue import outputs
from .refusals import field_error, invalid, invalid_request
from .shapes import Json, as_list
from .usage import tokens_in

DIMENSIONS = 768
MAX_TEXTS = 2048
# Of one text: what the only model that is known for it takes.
MAX_TOKENS = 512


def check_embeddings(request: Json) -> None:
    """Refuse a request for embeddings if Gloo would."""
    for field in ("model", "input"):
        if request.get(field) is None:
            raise invalid(field_error(field, "missing", "Field required", request))
    if not isinstance(request["model"], str):
        msg = "Input should be a valid string"
        raise invalid(field_error("model", "string_type", msg, request["model"]))
    if not isinstance(request.get("dimensions"), int | None):
        msg = "Input should be a valid integer"
        raise invalid(field_error("dimensions", "int_type", msg, request["dimensions"]))
    texts = _texts(request)
    if len(texts) > MAX_TEXTS:
        raise invalid_request(f"at most {MAX_TEXTS} inputs, got {len(texts)}")
    for index, text in enumerate(texts):
        if tokens_in(text) > MAX_TOKENS:
            raise invalid_request(f"input[{index}] is longer than {MAX_TOKENS} tokens")


def embeddings(request: Json, row: Json) -> Json:
    """The answer of `/ai/v2/direct/embeddings` from the model of this row of the catalogue."""
    if "provider_id" in row and "embeddings" not in outputs(row):
        raise invalid_request(f"{row['id']} makes no embeddings")
    texts = _texts(request)
    binary = request.get("encoding_format") == "base64"
    vectors = [_vector(json.dumps(text), request.get("dimensions") or DIMENSIONS) for text in texts]
    tokens = sum(tokens_in(text) for text in texts)
    return {
        "object": "list",
        "model": request["model"],
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(v) if binary else v}
            for index, v in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _texts(request: Json) -> Sequence[Any]:
    """The texts; or lists of tokens, of which a single one is a list of numbers."""
    given = as_list(request["input"])
    is_one = not given or isinstance(given[0], int)
    return [request["input"]] if is_one else given


def _vector(text: str, dimensions: int) -> list[float]:
    # Not for secrets: the text is the seed, so that equal texts have equal vectors.
    source = random.Random(text)
    values = [source.gauss(0, 1) for _ in range(dimensions)]
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
