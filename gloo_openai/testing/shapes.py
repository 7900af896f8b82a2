"""JSON, whose shape nobody promises."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

Json = dict[str, Any]


def as_object(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[Any]:
    """The value if it is a JSON array, else an empty one."""
    return cast(Sequence[Any], value) if isinstance(value, list) else ()


def to_bytes(value: object) -> bytes:
    """The value as JSON the way Gloo's servers write it: compact, in UTF-8."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="replace")
