"""Gloo's fields on the SDK's types: properties over what arrived, which can be assigned."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

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


def importable(model: object, **inner: Callable[[object], object]) -> object:
    """The same model as an instance of a class that another process can import.

    The SDK parses into classes such as `ParsedChoice[~T]`, which are made at run time. `inner` says
    what is done with a field.
    """
    if not isinstance(model, BaseModel):
        return model
    kind: Any = model.__pydantic_generic_metadata__["origin"] or type(model)
    made, state = kind.__new__(kind), model.__getstate__()
    fields = dict(state["__dict__"])
    fields |= {name: make(fields[name]) for name, make in inner.items() if name in fields}
    made.__setstate__({**state, "__dict__": fields})
    return made


def _set_extra(model: BaseModel, value: object, *, name: str) -> None:
    cast("dict[str, object]", model.model_extra)[name] = value
