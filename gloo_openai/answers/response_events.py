"""The events of a Responses stream as OpenAI would have sent them, from those that Gloo sends.

Gloo may leave out what begins and ends a response, an item, a part, and the response in the events
that carry one (protocol §5, Stream). What is complete passes as it is, the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from ..shapes import as_list, as_object
from .response_items import ARGUMENTS, KINDS, TEXT, Item, Kind, Part, first_form, whole_item

__all__ = ["ResponseEvents"]

Event = Mapping[str, Any]

BEGINNINGS: Final = ("response.created", "response.queued", "response.in_progress")
ENDS: Final = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
PAUSES: Final = {"ping", "keepalive", "heartbeat"}
DELTAS: Final = {f"{kind.event}.delta": kind for kind in KINDS}
DONES: Final = {f"{kind.event}.done": kind for kind in KINDS}
PART_EVENTS: Final = {kind.part_event for kind in KINDS if kind.part}
IMAGE: Final = "response.image_generation_call."
OF_THE_EVENT: Final = {"type", "sequence_number", "response"}


class ResponseEvents:
    """Takes events one by one, and gives for each what OpenAI would have sent by then."""

    def __init__(self) -> None:
        self.response: dict[str, Any] | None = None
        """The whole response, when its end has come."""
        self.known: dict[str, Any] = {}
        """What has been said of the response so far, but for its output."""
        self._items: list[Item] = []
        self._begun = False
        self._in_progress = False
        self._number = 0
        self._given: list[Event] = []

    @property
    def text(self) -> str:
        """The text of the messages so far."""
        parts = [part for item in self._items for part in item.parts if part.kind is TEXT]
        return "".join(part.text for part in parts)

    def take(self, event: Event) -> list[Event]:
        """What is to be sent for one event: itself, made whole, and what was missing before it."""
        self._given = []
        kind = str(event.get("type"))
        if kind in DELTAS:
            self._begin(kind)
            self._delta(event, DELTAS[kind])
        elif kind in BEGINNINGS:
            self._beginning(event, kind)
        elif kind in ENDS:
            self._begin(kind)
            self._end(event, ENDS[kind])
        elif kind not in PAUSES and self.response is None:
            self._begin(kind)
            self._inner(event, kind)
        return self._given

    def _inner(self, event: Event, kind: str) -> None:
        """An event between the beginning and the end, other than a delta."""
        base, _, what = kind.rpartition(".")
        if kind in DONES:
            self._text_done(event, DONES[kind])
        elif base == "response.output_item":
            (self._item_added if what == "added" else self._item_done)(event)
        elif base in PART_EVENTS:
            (self._part_added if what == "added" else self._part_done)(event, base)
        elif kind == "response.output_text.annotation.added":
            part = self._part_of(event, TEXT)
            annotations = part.fields["annotations"] = [*as_list(part.fields.get("annotations"))]
            self._give(event, {**part.place, "annotation_index": len(annotations)})
            annotations.append(event.get("annotation"))
        elif kind.startswith(IMAGE):
            item = self._item_of(event, "image_generation_call")
            if event.get("result"):
                item.fields["result"] = event["result"]
            self._give(event, {"output_index": item.position, "item_id": item.fields["id"]})
        else:
            item = self._found(event, None)
            self._give(event, {"output_index": item.position} if item else {})

    # The response

    def _begin(self, kind: str) -> None:
        """Before anything else comes a response that was created and is in progress."""
        if not self._begun:
            self._beginning({"type": "response.created"}, "response.created")
        if not self._in_progress and kind not in BEGINNINGS:
            self._beginning({"type": "response.in_progress"}, "response.in_progress")

    def _beginning(self, event: Event, kind: str) -> None:
        said = _response_of(event)
        self.known |= {n: v for n, v in said.items() if n not in ("output", "status")}
        if kind == "response.created":
            if self._begun:
                return
            self._begun = True
        else:
            self._begin(kind)
        self._in_progress = self._in_progress or kind == "response.in_progress"
        status = "queued" if kind == "response.queued" else "in_progress"
        whole = {"object": "response", "status": status, **self.known, **said, "output": []}
        self._give_response(event, whole)

    def _end(self, event: Event, status: str) -> None:
        if self.response is not None:
            return
        said = _response_of(event)
        whole = {"object": "response", "status": status, **self.known, **said}
        whole["status"] = said.get("status") or status
        whole["output"] = self._output(as_list(said.get("output")), status)
        self.known = whole
        self.response = whole
        self._give_response(event, whole)

    def _output(self, rows: list[Any], status: str) -> list[Any]:
        """All items, closed: as the response has them, else as they were streamed."""
        if not rows:
            for item in self._items:
                self._close(item, None, "completed" if item is not self._items[-1] else status)
            return [item.fields for item in self._items]
        items = [self._item_of_row(row, at) for at, row in enumerate(rows)]
        for item in self._items:
            row = next((rows[at] for at, its in enumerate(items) if its is item), None)
            self._close(item, row, status)
        return [
            row if not item or _says_enough(row, item) else {**item.fields, **_said(row)}
            for row, item in zip(rows, items, strict=True)
        ]

    def _item_of_row(self, row: object, at: int) -> Item | None:
        """The streamed item that a row of the final output is; one that was not, is now."""
        fields = as_object(row)
        if not fields:
            return None
        whole = whole_item(row, at)
        names = {fields.get("id"), fields.get("call_id")} - {None}
        for item in self._items:
            if names & {*item.ids, item.fields.get("call_id")}:
                return item
        for item in self._items:
            if (
                item.position == at
                and item.type == whole["type"]
                and not (item.announced and names)
            ):
                return item
        return self._open(whole, None, announced=True)

    # Items

    def _item_added(self, event: Event) -> None:
        row = _row_of(event, "item")
        if not row:
            return
        known = self._found(event, row.get("type"), row.get("id"))
        if known and not (known.announced and row.get("id") not in known.ids):
            # Its deltas came before it, or it comes twice: what it says is for the end.
            known.fields |= {n: v for n, v in _said(row).items() if n in ("name", "call_id")}
            return
        self._open(row, event.get("output_index"), announced=True, event=event)

    def _item_done(self, event: Event) -> None:
        row = _row_of(event, "item")
        if not row:
            return
        item = self._found(event, row.get("type"), row.get("id"))
        item = item or self._open(row, event.get("output_index"), announced=True)
        self._close(item, row, "completed", event)

    def _open(
        self, row: Event, index: object, *, announced: bool, event: Event | None = None
    ) -> Item:
        position = len(self._items)
        form = first_form(row, position)
        item = Item(position, index, dict(form), {form["id"]}, announced)
        self._items.append(item)
        event = event or {"type": "response.output_item.added"}
        self._give(event, {"output_index": position, "item": form})
        return item

    def _close(
        self, item: Item, row: Event | None, status: str, event: Event | None = None
    ) -> None:
        """End what has grown in an item, then the item; `row` is what it was in the end."""
        if item.done:
            return
        for group in ("content", "summary"):
            self._catch_up(item, group, as_list(as_object(row).get(group)))
        kind = ARGUMENTS.get(item.type)
        text = as_object(row).get(kind.name) if kind else None
        if kind and (text or item.parts):
            self._finish_text(self._part_in(item, kind, None), text)
        for part in item.parts:
            self._finish_part(part)
        whole = item.whole(status)
        if row is not None:
            whole = row if _says_enough(row, item) else {**whole, **_said(row)}
            whole = whole_item(whole, item.position)
        item.done = True
        item.fields = cast("dict[str, Any]", whole)
        event = event or {"type": "response.output_item.done"}
        self._give(event, {"output_index": item.position, "item": whole})

    def _item_of(self, event: Event, kind: str) -> Item:
        """The item that an event is about; if it has not begun, it begins now."""
        found = self._found(event, kind)
        if found:
            return found
        row = {"type": kind, "id": event.get("item_id")}
        row |= {name: event[name] for name in ("name", "call_id") if event.get(name)}
        item = self._open(row, event.get("output_index"), announced=False)
        if event.get("item_id") is None:
            item.ids.clear()
        return item

    def _found(self, event: Event, kind: object, name: object = None) -> Item | None:
        """The item of this name; else the one at this place, if it is of the kind and open."""
        name, index = event.get("item_id", name), event.get("output_index")
        of_kind = [item for item in self._items if kind in (None, item.type)]
        for item in of_kind:
            if name is not None and name in item.ids:
                return item
        for item in reversed(of_kind):
            free = name is None or item.announced or not item.ids
            if free and not item.done and index in (None, item.index):
                if name is not None:
                    item.ids.add(name)
                return item
        return None

    # What grows

    def _delta(self, event: Event, kind: Kind) -> None:
        part = self._part_of(event, kind)
        delta = event.get("delta")
        part.texts.append(delta if isinstance(delta, str) else "")
        self._give(event, part.place)

    def _text_done(self, event: Event, kind: Kind) -> None:
        part = self._part_of(event, kind)
        item = self._items[part.place["output_index"]]
        # What is called may be known from here only.
        item.fields |= {n: event[n] for n in ("name", "call_id") if event.get(n)}
        self._finish_text(part, event.get(kind.name), event)

    def _part_added(self, event: Event, base: str) -> None:
        row = as_object(event.get("part"))
        kind = _kind_of(base, row)
        if kind is None:
            self._give(event, {})
            return
        item = self._item_of(event, kind.item)
        if not any(p.kind is kind and p.index == event.get(kind.index) for p in item.parts):
            self._begin_part(item, kind, event.get(kind.index), row, event)

    def _part_done(self, event: Event, base: str) -> None:
        row = as_object(event.get("part"))
        kind = _kind_of(base, row)
        if kind is None:
            self._give(event, {})
            return
        part = self._part_of(event, kind)
        self._finish_text(part, row.get(kind.name))
        self._finish_part(part, row, event)

    def _part_of(self, event: Event, kind: Kind) -> Part:
        item = self._item_of(event, kind.item)
        return self._part_in(item, kind, event.get(kind.index) if kind.part else None)

    def _part_in(self, item: Item, kind: Kind, index: object) -> Part:
        for part in reversed(item.parts):
            if part.kind is kind and (index is None or index == part.index):
                return part
        return self._begin_part(item, kind, index, {}, None)

    def _begin_part(
        self, item: Item, kind: Kind, index: object, row: Event, event: Event | None
    ) -> Part:
        place = {"item_id": item.fields["id"], "output_index": item.position}
        fields: dict[str, Any] = {}
        if kind.part:
            at = sum(part.kind.group == kind.group for part in item.parts)
            place[kind.index] = at
            index = at if index is None else index
            fields = {"type": kind.part, kind.name: ""}
            if kind is TEXT:
                fields["annotations"] = []
            event = event or {"type": f"{kind.part_event}.added"}
            self._give(event, {**place, "part": {**fields, **row, kind.name: ""}})
        part = Part(kind, index, place, {**fields, **row})
        item.parts.append(part)
        self._grow(part, row.get(kind.name))
        return part

    def _grow(self, part: Part, text: object) -> None:
        """Send what of a text has not been sent; a text that is another in the end is just so."""
        if not isinstance(text, str) or part.text == text:
            return
        rest = text.removeprefix(part.text) if text.startswith(part.text) else ""
        if rest and not part.text_done:
            event = {"type": f"{part.kind.event}.delta", "delta": rest}
            self._give(event, part.place)
        part.texts = [text]

    def _finish_text(self, part: Part, text: object, event: Event | None = None) -> None:
        self._grow(part, text)
        if not part.text_done:
            part.text_done = True
            event = event or {"type": f"{part.kind.event}.done"}
            self._give(event, {**part.place, part.kind.name: part.text})

    def _finish_part(
        self, part: Part, row: Event | None = None, event: Event | None = None
    ) -> None:
        self._finish_text(part, None)
        if part.done:
            return
        part.done = True
        part.fields |= row or {}
        if part.kind.part:
            event = event or {"type": f"{part.kind.part_event}.done"}
            self._give(event, {**part.place, "part": part.whole()})

    def _catch_up(self, item: Item, group: str, rows: list[Any]) -> None:
        """Send what a whole item has and its stream had not."""
        parts = [part for part in item.parts if part.kind.group == group]
        for at, row in enumerate(rows):
            kind = _kind_of(group, as_object(row))
            if kind is None:
                continue
            part = parts[at] if at < len(parts) and parts[at].kind is kind else None
            part = part or self._begin_part(item, kind, None, row, None)
            self._finish_text(part, row.get(kind.name))
            self._finish_part(part, row)

    # What is given

    def _give_response(self, event: Event, whole: dict[str, Any]) -> None:
        nested = as_object(event.get("response"))
        if nested != whole:
            event = {name: event[name] for name in event if name in OF_THE_EVENT}
            event["response"] = whole
        self._give(event, {})

    def _give(self, event: Event, said: Mapping[str, Any]) -> None:
        """Give an event that says this, and has the next number; if it does already, as it is."""
        missing = {name: value for name, value in said.items() if event.get(name) != value}
        if "logprobs" not in event and event["type"] in WITH_LOGPROBS:
            missing["logprobs"] = []
        number = event.get("sequence_number")
        if not isinstance(number, int) or number < self._number:
            number = missing["sequence_number"] = self._number
        self._number = number + 1
        self._given.append({**event, **missing} if missing else event)


WITH_LOGPROBS: Final = {f"{TEXT.event}.delta", f"{TEXT.event}.done"}


def _response_of(event: Event) -> Mapping[str, Any]:
    """What an event says of the response: under its own name, or flattened into the event."""
    nested = event.get("response")
    if isinstance(nested, dict):
        return cast("Mapping[str, Any]", nested)
    return {name: value for name, value in event.items() if name not in OF_THE_EVENT}


def _row_of(event: Event, name: str) -> Mapping[str, Any]:
    """The item of an event, or what of one is flattened into it."""
    if name in event:
        return as_object(event[name])
    own = {"type", "sequence_number", "output_index"}
    return {name: value for name, value in event.items() if name not in own}


def _kind_of(base: str, row: Mapping[str, Any]) -> Kind | None:
    """What grows in a part of this type; a part that does not say is a text."""
    group = "summary" if "summary" in base else "content"
    default = "summary_text" if group == "summary" else "output_text"
    named = row.get("type", default)
    return next((kind for kind in KINDS if kind.group == group and kind.part == named), None)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _says_enough(row: object, item: Item) -> bool:
    """Whether a whole item has what has grown in its stream."""
    return all(as_object(row).get(part.kind.group or part.kind.name) for part in item.parts)
