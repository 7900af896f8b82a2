"""Reading JSON of which nothing is certain: a value as an object or a list, empty if it is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["as_list", "as_object"]


def as_object(value: object) -> Mapping[str, Any]:
    """A JSON object; empty if the value is something else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A JSON array; empty if the value is something else."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # JSON of which nothing is known
