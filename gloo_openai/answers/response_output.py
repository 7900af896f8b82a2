"""The output of a Responses stream: its items and what grows in them, each begun and each ended.

Where the wire leaves out an event that OpenAI sends, it is given before the one that needs it.
"""

from __future__ import annotations

from typing import Any, Final

from ..shapes import as_list, as_object
from .response_growth import Event, Give, Growth
from .response_items import (
    ARGUMENTS,
    KINDS,
    TEXT,
    Item,
    Kind,
    Part,
    first_form,
    item_of_event,
    kind_of_part,
    names_of,
    said_in,
    whole_item,
    with_what_grew,
)

__all__ = ["Output"]

DELTAS: Final = {f"{kind.event}.delta": kind for kind in KINDS}
DONES: Final = {f"{kind.event}.done": kind for kind in KINDS}
PART_EVENTS: Final = {kind.part_event: kind.group for kind in KINDS if kind.part}
ANNOTATION: Final = "response.output_text.annotation.added"
IMAGE: Final = "response.image_generation_call."
KIND_OF: Final = {**DELTAS, **DONES}


class Output:
    """Takes the events between a response's beginning and its end.

    `give` is called for each event that is to be sent, with what it has to say.
    """

    def __init__(self, give: Give) -> None:
        self._give = give
        self._growth = Growth(give)
        self._items: list[Item] = []
        self._held: list[Event] = []
        self._last_key: object = None
        self._last_part: Part | None = None

    @property
    def text(self) -> str:
        """The text of the messages so far."""
        parts = [part for item in self._items for part in item.parts if part.kind is TEXT]
        return "".join(part.text for part in parts)

    def take(self, event: Event) -> None:
        """An event of an item, or one that nobody knows: that goes on as it is."""
        name = str(event.get("type"))
        base, _, what = name.rpartition(".")
        if name in DELTAS:
            self._delta(event, DELTAS[name])
        elif name in DONES:
            self._text_done(event, DONES[name])
        elif base == "response.output_item":
            (self._item_added if what == "added" else self._item_done)(event)
        elif base in PART_EVENTS:
            (self._part_added if what == "added" else self._part_done)(event, PART_EVENTS[base])
        elif name == ANNOTATION:
            self._annotation(event)
        elif name.startswith(IMAGE):
            item = self._item_of(event, "image_generation_call")
            self._give(event, {"output_index": item.position, "item_id": item.name})
        else:
            known = self._found(event, None) if "output_index" in event else None
            self._give(event, {"output_index": known.position} if known else {})

    def end(self, rows: list[Any], status: str) -> list[Any]:
        """End every item; the output as the response has it, else as it was streamed."""
        output: list[Any] = []
        for at, row in enumerate(rows):
            if not as_object(row):
                output.append(row)
                continue
            item = self._item_of_row(rows, at)
            self._close(item, row, status)
            output.append(whole_item(with_what_grew(row, item, item.fields), at))
        while self._held:
            event = self._held[0]
            self._item_of(event, KIND_OF[str(event["type"])].item)
        for item in self._items:
            self._close(item, None, status if item is self._items[-1] else "completed")
        return output or [item.fields for item in self._items]

    # Items

    def _item_added(self, event: Event) -> None:
        row = item_of_event(event)
        if not row:
            return
        known = self._found(event, row.get("type"), row.get("id"))
        if known and (not known.announced or row.get("id") in known.names):
            # It comes twice, or after what grew in it: what it says is for the end.
            known.fields = {**known.fields, **said_in(row, "name", "call_id")}
            return
        self._open(row, event.get("output_index"), announced=True, event=event)

    def _item_done(self, event: Event) -> None:
        row = item_of_event(event)
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
        names = [row["id"]] if row.get("id") is not None else []
        item = Item(position, index, form, names, announced)
        self._items.append(item)
        self._last_part = None
        event = event or {"type": "response.output_item.added"}
        self._give(event, {"output_index": position, "item": form})
        self._release(item)
        return item

    def _release(self, item: Item) -> None:
        """What came of a call before it was known which is called."""
        held, self._held = self._held, []
        for event in held:
            if self._found(event, item.type) is item:
                self.take(event)
            else:
                self._held.append(event)

    def _is_held(self, event: Event, kind: Kind) -> bool:
        """Whether nothing can be sent of a call, since nobody has said which function it is of."""
        if kind.part or event.get("name") or self._found(event, kind.item):
            return False
        self._held.append(event)
        return True

    def _close(
        self, item: Item, row: Event | None, status: str, event: Event | None = None
    ) -> None:
        """End what has grown in an item, then the item; `row` is what it is in the end."""
        if item.done:
            return
        self._growth.catch_up(item, row or {})
        for part in item.parts:
            self._growth.finish(part)
        whole: Event = item.whole(status)
        if row is not None:
            whole = whole_item(with_what_grew(row, item, whole), item.position)
        # By another name it would be another item to the SDK.
        called = {name: item.fields[name] for name in ("id", "call_id") if item.fields.get(name)}
        if any(whole.get(name) != value for name, value in called.items()):
            whole = {**whole, **called}
        item.done, item.fields = True, whole
        self._last_part = None
        event = event or {"type": "response.output_item.done"}
        self._give(event, {"output_index": item.position, "item": whole})

    def _item_of(self, event: Event, kind: str) -> Item:
        """The item that an event is about; if it has not begun, it begins now."""
        found = self._found(event, kind)
        if found:
            return found
        row = {"type": kind, "id": event.get("item_id"), **said_in(event, "name", "call_id")}
        if kind in ARGUMENTS:
            row["status"] = "in_progress"
        return self._open(row, event.get("output_index"), announced=False)

    def _item_of_row(self, rows: list[Any], at: int) -> Item:
        """The item that is a row of the final output; one that was not streamed is now."""
        row = as_object(rows[at])
        for item in self._items:
            if any(name in (*item.names, item.fields.get("call_id")) for name in names_of(row)):
                return item
        named = [name for each in rows for name in names_of(as_object(each))]
        kind = whole_item(row, at)["type"]
        for item in self._items:
            other = any(name in named for name in item.names)
            if at in (item.position, item.index) and item.type == kind and not other:
                return item
        return self._open(row, at, announced=True)

    def _found(self, event: Event, kind: object, name: object = None) -> Item | None:
        """The item of this name; else the one at this place, if it is of the kind and open."""
        name, index = event.get("item_id", name), event.get("output_index")
        of_kind = [item for item in self._items if kind in (None, item.type)]
        for item in of_kind:
            if name is not None and name in item.names:
                return item
        for item in reversed(of_kind):
            free = name is None or item.announced or not item.names
            if free and not item.done and index in (None, item.index):
                if name is not None:
                    item.names.append(name)
                return item
        return None

    # What grows in them

    def _delta(self, event: Event, kind: Kind) -> None:
        # Most events of a stream are these, and say where they belong as the one before did.
        key = (kind, event.get("item_id"), event.get("output_index"), event.get(kind.index))
        if key != self._last_key or self._last_part is None:
            if self._is_held(event, kind):
                return
            self._last_key, self._last_part = key, self._part_of(event, kind)
        part = self._last_part
        delta = event.get("delta")
        part.texts.append(delta if isinstance(delta, str) else "")
        self._give(event, part.place)

    def _text_done(self, event: Event, kind: Kind) -> None:
        if self._is_held(event, kind):
            return
        item = self._item_of(event, kind.item)
        # Which function is called may be said here only.
        item.fields = {**item.fields, **said_in(event, "name", "call_id")}
        part = self._growth.part_in(item, kind, event.get(kind.index))
        self._growth.finish_text(part, event.get(kind.name), event)

    def _annotation(self, event: Event) -> None:
        part = self._part_of(event, TEXT)
        annotations = as_list(part.fields.get("annotations"))
        part.fields["annotations"] = [*annotations, event.get("annotation")]
        self._give(event, {**part.place, "annotation_index": len(annotations)})

    def _part_added(self, event: Event, group: str) -> None:
        row = as_object(event.get("part"))
        kind = kind_of_part(group, row)
        if kind is None:
            self._give(event, {})
            return
        item, index = self._item_of(event, kind.item), event.get(kind.index)
        if not any(part.kind is kind and part.index == index for part in item.parts):
            self._growth.begin(item, kind, index, row, event)
            self._last_part = None

    def _part_done(self, event: Event, group: str) -> None:
        row = as_object(event.get("part"))
        kind = kind_of_part(group, row)
        if kind is None:
            self._give(event, {})
            return
        self._growth.finish(self._part_of(event, kind), row, event)

    def _part_of(self, event: Event, kind: Kind) -> Part:
        return self._growth.part_in(self._item_of(event, kind.item), kind, event.get(kind.index))
