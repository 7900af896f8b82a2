"""Gloo's fields on the SDK's types: properties over what arrived, which can be assigned."""

from __future__ import annotations

from functools import partial
from typing import TypeVar, cast

from openai import BaseModel

M = TypeVar("M", bound=BaseModel)

COMPUTED = frozenset({"guardrail_refusal", "routing"})
"""Properties that are no fields of the wire."""


def assignable(kind: type[M]) -> type[M]:
    """Let Gloo's fields be assigned like the SDK's own: frameworks add up usage in place."""
    for name, found in list(vars(kind).items()):
        if isinstance(found, property) and name not in COMPUTED:
            setattr(kind, name, found.setter(partial(_set_extra, name=name)))
    return kind


def extra(model: BaseModel, name: str) -> object:
    """A field that arrived and that the SDK does not know; None if it did not arrive."""
    return (model.model_extra or {}).get(name)


def _set_extra(model: BaseModel, value: object, *, name: str) -> None:
    cast("dict[str, object]", model.model_extra)[name] = value
