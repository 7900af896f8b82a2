"""What grows in the items of a Responses stream: each text begun, sent and ended (protocol §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..shapes import as_list, as_object
from .response_items import ARGUMENTS, GROUPS, TEXT, Item, Kind, Part, kind_of_part

__all__ = ["Event", "Give", "Growth"]

Event = Mapping[str, Any]
Give = Callable[[Event, Mapping[str, Any]], None]


class Growth:
    """Gives the events of a text, those that are missing before the one that needs them.

    `give` is called with each event that is to be sent, and with what it has to say.
    """

    def __init__(self, give: Give) -> None:
        self._give = give

    def part_in(self, item: Item, kind: Kind, index: object) -> Part:
        """The text of this kind at this place of an item; if it has not begun, it begins now."""
        for part in reversed(item.parts):
            if part.kind is kind and (index is None or not kind.part or index == part.index):
                return part
        return self.begin(item, kind, index, {})

    def begin(
        self, item: Item, kind: Kind, index: object, row: Event, event: Event | None = None
    ) -> Part:
        place: dict[str, Any] = {"item_id": item.name, "output_index": item.position}
        fields: dict[str, Any] = {}
        if kind.part:
            at = sum(part.kind.group == kind.group for part in item.parts)
            place[kind.index] = at
            index = at if index is None else index
            empty: dict[str, Any] = {"annotations": []} if kind is TEXT else {}
            fields = {"type": kind.part, **empty, **row, kind.name: ""}
            self._give(event or {"type": f"{kind.part_event}.added"}, {**place, "part": fields})
        part = Part(kind, index, place, fields)
        item.parts.append(part)
        self._grow(part, row.get(kind.name))
        return part

    def _grow(self, part: Part, text: object) -> None:
        """Send what of a text has not been sent; one that ends up another is just so."""
        sent = part.text
        if not isinstance(text, str) or sent == text:
            return
        if text.startswith(sent) and not part.text_done:
            rest = {"type": f"{part.kind.event}.delta", "delta": text[len(sent) :]}
            self._give(rest, part.place)
        part.texts = [text]

    def finish_text(self, part: Part, text: object, event: Event | None = None) -> None:
        self._grow(part, text)
        if not part.text_done:
            part.text_done = True
            event = event or {"type": f"{part.kind.event}.done"}
            self._give(event, {**part.place, part.kind.name: part.text})

    def finish(self, part: Part, row: Event | None = None, event: Event | None = None) -> None:
        self.finish_text(part, (row or {}).get(part.kind.name))
        if part.done or not part.kind.part:
            return
        part.done = True
        part.fields = {**part.fields, **(row or {})}
        event = event or {"type": f"{part.kind.part_event}.done"}
        self._give(event, {**part.place, "part": part.whole()})

    def catch_up(self, item: Item, row: Event) -> None:
        """Send what a whole item has and its stream had not."""
        for group in GROUPS:
            parts = [part for part in item.parts if part.kind.group == group]
            for at, each in enumerate(as_list(row.get(group))):
                fields = as_object(each)
                kind = kind_of_part(group, fields) if fields else None
                if kind:
                    known = parts[at] if at < len(parts) and parts[at].kind is kind else None
                    part = known or self.begin(item, kind, None, fields)
                    self.finish(part, fields)
        kind = ARGUMENTS.get(item.type)
        if kind and (item.parts or row.get(kind.name)):
            self.finish_text(self.part_in(item, kind, None), row.get(kind.name) or None)
