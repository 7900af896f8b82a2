"""The items of a response's output, and what of them grows in a stream: made whole (protocol §5).

An item is a message, a function call, a reasoning, an image; a part is a text of its own in one of
them. Arguments of a call grow as a part's text does, without events that begin and end a part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..shapes import as_list, as_object

__all__ = ["ARGUMENTS", "KINDS", "TEXT", "Item", "Kind", "Part", "first_form", "whole_item"]


@dataclass(frozen=True)
class Kind:
    """A text that grows by deltas: what it is called, and in what it stands."""

    event: str
    """Of `….delta` and `….done`."""
    item: str
    name: str
    """The field that the text is in."""
    part: str = ""
    """The part's type; empty: the text is the item's own."""
    group: str = ""
    """The item's field that the part is in."""

    @property
    def index(self) -> str:
        """What an event calls the part's place in the group."""
        return "summary_index" if self.group == "summary" else "content_index"

    @property
    def part_event(self) -> str:
        """Of `….added` and `….done`, which begin and end a part."""
        return (
            "response.reasoning_summary_part"
            if self.group == "summary"
            else "response.content_part"
        )


TEXT: Final = Kind("response.output_text", "message", "text", "output_text", "content")
KINDS: Final = (
    TEXT,
    Kind("response.refusal", "message", "refusal", "refusal", "content"),
    Kind("response.reasoning_text", "reasoning", "text", "reasoning_text", "content"),
    Kind("response.reasoning_summary_text", "reasoning", "text", "summary_text", "summary"),
    Kind("response.function_call_arguments", "function_call", "arguments"),
    Kind("response.custom_tool_call_input", "custom_tool_call", "input"),
)
ARGUMENTS: Final = {kind.item: kind for kind in KINDS if not kind.part}
PREFIXES: Final = {
    "message": "msg",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "reasoning": "rs",
    "image_generation_call": "ig",
}
EMPTY: Final[dict[str, dict[str, Any]]] = {
    "message": {"role": "assistant", "status": "in_progress", "content": []},
    "function_call": {"status": "in_progress", "name": "", "arguments": ""},
    "custom_tool_call": {"status": "in_progress", "name": "", "input": ""},
    "reasoning": {"summary": []},
    "image_generation_call": {"status": "in_progress", "result": None},
}
"""What an item of a type has before anything of it has come."""


@dataclass
class Part:
    """A text that grows, and where it stands: in a part of its item, or in the item itself."""

    kind: Kind
    index: object
    """As the wire calls its place."""
    place: dict[str, Any]
    """What each of its events says of the place."""
    fields: dict[str, Any]
    texts: list[str] = field(default_factory=list[str])
    text_done: bool = False
    done: bool = False

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self.texts)

    def whole(self) -> dict[str, Any]:
        """The part with its text."""
        return {**self.fields, self.kind.name: self.text}


@dataclass
class Item:
    """One item of the output: as it began, and what has grown in it since."""

    position: int
    index: object
    """As the wire calls its position."""
    fields: dict[str, Any]
    ids: set[object]
    announced: bool
    """Whether the wire said that it begins, or it was found out by what came of it."""
    parts: list[Part] = field(default_factory=list[Part])
    done: bool = False

    @property
    def type(self) -> str:
        """`message`, `function_call`, …"""
        return str(self.fields.get("type"))

    def whole(self, status: str) -> dict[str, Any]:
        """The item made of what has come of it."""
        whole = dict(self.fields)
        if "status" in whole:
            whole["status"] = status
        for group in {part.kind.group for part in self.parts if part.kind.group}:
            whole[group] = [part.whole() for part in self.parts if part.kind.group == group]
        for part in self.parts:
            if not part.kind.group:
                whole[part.kind.name] = part.text
        return whole


def first_form(row: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    """An item as a stream begins with it: with all that its type has, and nothing grown yet."""
    kind = _type_of(row)
    form = _identified(row, kind, position, EMPTY.get(kind, {}))
    if kind in ARGUMENTS:
        form[ARGUMENTS[kind].name] = ""
    for group in ("content", "summary"):
        if form.get(group):
            form[group] = []
    return row if form == row else form


def whole_item(row: Any, position: int) -> Any:
    """An item of an answer with all that its type has; the same object if nothing is missing."""
    fields = as_object(row)
    if not fields:
        return row
    kind = _type_of(fields)
    empty = dict(EMPTY.get(kind, {}))
    if "status" in empty:
        empty["status"] = "completed"
    whole = _identified(fields, kind, position, empty)
    if kind == "message":
        whole["content"] = _parts(whole["content"])
    if kind in ARGUMENTS and not isinstance(whole[ARGUMENTS[kind].name], str):
        whole[ARGUMENTS[kind].name] = json.dumps(whole[ARGUMENTS[kind].name])
    return row if whole == row else whole


def _identified(
    row: Mapping[str, Any], kind: str, position: int, empty: Mapping[str, Any]
) -> dict[str, Any]:
    given = {name: value for name, value in row.items() if value is not None or name not in empty}
    whole = {"type": kind, "id": None, **empty, **given}
    whole["id"] = whole["id"] or f"{PREFIXES.get(kind, 'item')}_{position}"
    if kind in ARGUMENTS:
        whole["call_id"] = whole.get("call_id") or whole["id"]
    return whole


def _type_of(row: Mapping[str, Any]) -> str:
    """What an item is; one that does not say so is known by what it has."""
    if isinstance(row.get("type"), str):
        return str(row["type"])
    return "function_call" if "arguments" in row or "call_id" in row else "message"


def _parts(content: object) -> list[Any]:
    """The parts of a message, each with its text; a message may be one text."""
    if isinstance(content, str):
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [_part(part) for part in as_list(content)]


def _part(part: object) -> object:
    fields = as_object(part)
    if fields.get("type") == "output_text":
        if isinstance(fields.get("text"), str) and fields.get("annotations") is not None:
            return part
        return {
            **fields,
            "text": fields.get("text") or "",
            "annotations": fields.get("annotations") or [],
        }
    return part
