"""What Gloo says of an answer, as a framework's own metadata takes it: plain values, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, cast

from .. import RoutingMetadata

__all__ = ["REFUSED", "Heard", "Told", "cached_tokens", "said"]

OnRouting = Callable[[RoutingMetadata], object]
SOURCES = ("sources_returned", "citations")
ROUTING = [each.name for each in fields(RoutingMetadata) if each.name not in ("usage", "refused")]
"""Frameworks have a place of their own for usage; a refusal is known at an answer's end."""
REFUSED = {"refused": True, "guardrail_refusal": True}
"""How metadata says that Gloo's guardrails answered in place of a model."""


def said(answer: Any) -> dict[str, Any]:
    """What Gloo adds to a whole answer, without what it left out.

    Args:
        answer: one of the SDK's types, or its fields.
    """
    body = _fields(answer)
    return _of(body) | (REFUSED if RoutingMetadata.read(body).refused else {})


class Heard:
    """A client's `on_routing`, for frameworks that pass on nothing of an answer's own.

    Args:
        on_routing: who is told as well.
    """

    def __init__(self, on_routing: OnRouting | None) -> None:
        self._on_routing = on_routing
        self.metadata = RoutingMetadata()

    def __call__(self, metadata: RoutingMetadata) -> None:
        self.metadata = metadata
        if self._on_routing is not None:
            self._on_routing(metadata)

    def said(self) -> dict[str, Any]:
        """`said` of the one answer that was heard of."""
        return _known(self.metadata) | (REFUSED if self.metadata.refused else {})


class Told:
    """What a stream has said so far, so that nothing is said twice and its end can be judged."""

    def __init__(self) -> None:
        self.text = ""
        self._seen: dict[str, Any] = {}
        self._choices: list[Any] = []

    def news(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        """What a chunk says that none before it has said."""
        for choice in chunk.get("choices") or []:
            self.text += (choice.get("delta") or {}).get("content") or ""
            if choice.get("finish_reason"):
                self._choices.append(choice)
        news = {name: value for name, value in _of(chunk).items() if name not in self._seen}
        self._seen.update(news)
        return news

    @property
    def refused(self) -> bool:
        """Whether Gloo's guardrails answered in place of a model; known when the stream ends."""
        body = {"model": "", **self._seen, "choices": self._choices}
        return bool(self._choices) and RoutingMetadata.read(body).refused


def cached_tokens(usage: object) -> int | None:
    """How many tokens of a prompt were read from Gloo's cache, where its usage says so."""
    names = ("cache_read_input_tokens", "cache_tokens")
    found = _fields(usage)
    return next((found[name] for name in names if isinstance(found.get(name), int)), None)


def _of(body: Mapping[str, Any]) -> dict[str, Any]:
    sources = {name: body[name] for name in SOURCES if body.get(name) is not None}
    return _known(RoutingMetadata.read(body)) | sources


def _known(routing: RoutingMetadata) -> dict[str, Any]:
    own = {name: getattr(routing, name) for name in ROUTING}
    return {name: value for name, value in own.items() if value not in (None, "")}


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    if value is None:
        return {}
    own = {name: getattr(value, name) for name in value.model_fields_set}
    return {**own, **(value.model_extra or {})}
