"""What differs in how a completion and a response are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Way", "arrived"]


@dataclass(frozen=True)
class Way:
    """How the answers to one of Gloo's calls are read."""

    whole: Any
    """What an answer is read into, that is not streamed."""
    types: Mapping[Any, Any]
    """For a type of the SDK's, Gloo's."""
    assembled: Callable[[Any], Any]
    """An answer that came as events, though none were asked for, from the HTTP response."""
    parsed: Callable[[Any, Any], Any]
    """What the SDK parsed, and the answer: the same with Gloo's fields."""
    unparsed: Callable[[Exception, Any], Exception | None]
    """What is wrong with an answer that could not be parsed; None: what the SDK says."""

    def type_for(self, kind: Any) -> Any:
        """What is read into in place of a type of the SDK's; other types stay.

        A tracer may pass on a class of its own, made of the SDK's stream: it is then made of
        Gloo's.
        """
        if kind in self.types:
            return self.types[kind]
        for base in vars(kind).get("__orig_bases__", ()) if isinstance(kind, type) else ():
            if base in self.types:
                return type(
                    kind.__name__, (kind, self.types[base]), {"__module__": kind.__module__}
                )
        return kind


def arrived(model: Any) -> dict[str, Any]:
    """The fields of one of the SDK's models that have arrived, without the defaults of others."""
    given: set[str] = {*model.model_fields_set, *(model.model_extra or {})}
    return {name: value for name, value in dict(model).items() if name in given}
