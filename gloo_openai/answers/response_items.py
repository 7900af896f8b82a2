"""The items of a response's output, and the texts that grow in them: what each has (protocol §5).

An item is a message, a function call, a reasoning, an image. A text grows by deltas in a part of
its item, or, as a call's arguments do, in the item itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ..shapes import as_list, as_object

__all__ = [
    "ARGUMENTS",
    "GROUPS",
    "KINDS",
    "TEXT",
    "Item",
    "Kind",
    "Part",
    "first_form",
    "item_of_event",
    "kind_of_part",
    "names_of",
    "said_in",
    "whole_item",
    "with_what_grew",
]


@dataclass(frozen=True)
class Kind:
    """A text that grows: what its events are called, and in what it stands."""

    event: str
    """Of `….delta` and `….done`."""
    item: str
    name: str
    """The field that the text is in."""
    part: str = ""
    """The type of the part that it is in; empty: it is in the item itself."""
    group: str = ""
    """The item's field that the part is in."""

    @property
    def index(self) -> str:
        """What an event calls the part's place in the group."""
        return "summary_index" if self.group == "summary" else "content_index"

    @property
    def part_event(self) -> str:
        """Of `….added` and `….done`, which begin and end a part."""
        summary = self.group == "summary"
        return "response.reasoning_summary_part" if summary else "response.content_part"


TEXT: Final = Kind("response.output_text", "message", "text", "output_text", "content")
KINDS: Final = (
    TEXT,
    Kind("response.refusal", "message", "refusal", "refusal", "content"),
    Kind("response.reasoning_text", "reasoning", "text", "reasoning_text", "content"),
    Kind("response.reasoning_summary_text", "reasoning", "text", "summary_text", "summary"),
    Kind("response.function_call_arguments", "function_call", "arguments"),
    Kind("response.custom_tool_call_input", "custom_tool_call", "input"),
)
GROUPS: Final = ("content", "summary")
ARGUMENTS: Final = {kind.item: kind for kind in KINDS if not kind.part}
NAMES: Final = {
    "message": "msg",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "reasoning": "rs",
    "image_generation_call": "ig",
}
"""How an item is called that Gloo gave no id."""
EMPTY: Final[dict[str, dict[str, Any]]] = {
    "message": {"role": "assistant", "status": "in_progress", "content": []},
    "function_call": {"name": "", "arguments": ""},
    "custom_tool_call": {"name": "", "input": ""},
    "reasoning": {"summary": []},
    "image_generation_call": {"status": "in_progress", "result": None},
}
"""What an item of a type has before anything of it has come."""
OF_THE_EVENT: Final = {"type", "sequence_number", "output_index"}


@dataclass
class Part:
    """A text that grows."""

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
    fields: Mapping[str, Any]
    names: list[object]
    """What the wire has called it."""
    announced: bool
    """Whether the wire said that it begins, or it was found out by what came of it."""
    parts: list[Part] = field(default_factory=list[Part])
    done: bool = False

    @property
    def type(self) -> str:
        """`message`, `function_call`, …"""
        return str(self.fields.get("type"))

    @property
    def name(self) -> object:
        """What its events call it."""
        made_up = f"{NAMES.get(self.type, 'item')}_{self.position}"
        return self.fields.get("id") or (self.names[0] if self.names else made_up)

    def whole(self, status: str) -> dict[str, Any]:
        """The item made of what has come of it."""
        whole = dict(self.fields)
        if "status" in whole:
            whole["status"] = status
        for group in {part.kind.group for part in self.parts if part.kind.group}:
            whole[group] = [part.whole() for part in self.parts if part.kind.group == group]
        return whole | {part.kind.name: part.text for part in self.parts if not part.kind.group}


def first_form(row: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    """An item as a stream begins with it: with all that its type has, and nothing grown yet."""
    kind = _type_of(row)
    form = _filled(row, kind, position, EMPTY.get(kind, {}))
    if kind in ARGUMENTS:
        form[ARGUMENTS[kind].name] = ""
    for group in GROUPS:
        if form.get(group):
            form[group] = []
    return row if form == row else form


def whole_item(row: Any, position: int) -> Any:
    """An item of an answer with all that its type has; the same object if nothing is missing."""
    fields = as_object(row)
    if not fields or _is_whole_message(fields):
        return row
    kind = _type_of(fields)
    empty = dict(EMPTY.get(kind, {}))
    if "status" in empty:
        empty["status"] = "completed"
    whole = _filled(fields, kind, position, empty)
    if kind == "message":
        whole["content"] = _parts(whole["content"])
    name = ARGUMENTS[kind].name if kind in ARGUMENTS else ""
    if name and not isinstance(whole[name], str):
        whole[name] = json.dumps(whole[name])
    return row if whole == row else whole


def _is_whole_message(row: Mapping[str, Any]) -> bool:
    """Most items are, and are told so at little cost."""
    content = row.get("content")
    return (
        row.get("type") == "message"
        and bool(row.get("id"))
        and row.get("role") is not None
        and row.get("status") is not None
        and isinstance(content, list)
        and all(_whole_part(part) is part for part in cast("list[object]", content))
    )


def kind_of_part(group: str, row: Mapping[str, Any]) -> Kind | None:
    """What grows in a part; one that does not say is a text."""
    named = row.get("type", "summary_text" if group == "summary" else "output_text")
    return next((kind for kind in KINDS if kind.group == group and kind.part == named), None)


def item_of_event(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The item of an event, or what of one is flattened into it."""
    if "item" in event:
        return as_object(event["item"])
    return {name: value for name, value in event.items() if name not in OF_THE_EVENT}


def said_in(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """What a row says, of these names if there are any."""
    asked = names or row
    return {name: row[name] for name in asked if row.get(name) not in (None, "", [])}


def names_of(row: Mapping[str, Any]) -> list[object]:
    """What an item is called."""
    return [row[name] for name in ("id", "call_id") if row.get(name) is not None]


def with_what_grew(
    row: Mapping[str, Any], item: Item, streamed: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An item as it was given in the end, with what was streamed of it where that says less."""
    says_enough = all(row.get(part.kind.group or part.kind.name) for part in item.parts)
    whole = {**streamed, **(row if says_enough else said_in(row))}
    return row if whole == row else whole


def _filled(
    row: Mapping[str, Any], kind: str, position: int, empty: Mapping[str, Any]
) -> dict[str, Any]:
    given = {name: value for name, value in row.items() if value is not None or name not in empty}
    made_up = f"{NAMES.get(kind, 'item')}_{position}"
    if kind in ARGUMENTS:  # these are called by their call_id
        return {
            "type": kind,
            **empty,
            **given,
            "call_id": row.get("call_id") or row.get("id") or made_up,
        }
    return {"type": kind, **empty, **given, "id": row.get("id") or made_up}


def _type_of(row: Mapping[str, Any]) -> str:
    """What an item is; one that does not say so is known by what it has."""
    if isinstance(row.get("type"), str):
        return str(row["type"])
    return "function_call" if "arguments" in row or "call_id" in row else "message"


def _parts(content: object) -> list[Any]:
    """The parts of a message, each with its text; a message may be one text."""
    if isinstance(content, str):
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [_whole_part(part) for part in as_list(content)]


def _whole_part(part: object) -> object:
    fields = as_object(part)
    text, annotations = fields.get("text"), fields.get("annotations")
    if fields.get("type") != "output_text" or (isinstance(text, str) and annotations is not None):
        return part
    return {**fields, "text": text or "", "annotations": annotations or []}
