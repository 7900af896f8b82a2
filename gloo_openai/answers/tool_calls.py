"""Which tool call a piece of one belongs to, where a stream does not say."""

from __future__ import annotations

from typing import Any

from ..shapes import as_list, as_object

__all__ = ["ToolCalls"]

MOST = 1000


class ToolCalls:
    """The tool calls of one stream: each piece gets the `index` that the SDK joins them by.

    A piece without one opens a call if it brings a new id, or a name beside a call that has one;
    else it goes on with the last. A piece that claims the index of a call with another id belongs
    to the call with its own id, or opens that if it brings a name.
    """

    def __init__(self) -> None:
        self._calls: dict[str, list[dict[str, object]]] = {}
        self._last: dict[str, int] = {}

    def number(self, position: int, choice: Any) -> None:
        """Give each piece of a chunk's choice an index; the chunk is changed in place."""
        fields = as_object(choice)
        which: object = fields.get("index", position)
        for piece in as_list(as_object(fields.get("delta")).get("tool_calls")):
            if as_object(piece):
                piece["index"] = self._index(str(which), piece)

    def _index(self, choice: str, piece: Any) -> int:
        calls = self._calls.setdefault(choice, [])
        given, name = piece.get("id"), as_object(piece.get("function")).get("name")
        index = piece.get("index")
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            index = self._place(choice, calls, given, name)
        elif index < len(calls) and given and calls[index].get("id") not in (None, given):
            # It claims the place of another call: it belongs to its own, or opens one.
            named = [number for number, call in enumerate(calls) if call.get("id") == given]
            index = named[0] if named else len(calls) if name else index
        if index > len(calls) + MOST:
            return index  # nobody calls so many: it stays as it came
        while len(calls) <= index:
            calls.append({})
        call = calls[index]
        if given and call.get("id") == given:  # said again, it would be joined to itself
            del piece["id"]
            if name and call.get("name") == name:
                del piece["function"]["name"]
        call["id"], call["name"] = call.get("id") or given, call.get("name") or name
        self._last[choice] = index
        return index

    def _place(
        self, choice: str, calls: list[dict[str, object]], given: object, name: object
    ) -> int:
        last = self._last.get(choice, 0)
        known = [index for index, call in enumerate(calls) if given and call.get("id") == given]
        if known:
            return known[0]
        begun = calls[last] if calls else {}
        opens = (given and begun.get("id")) or (name and begun.get("name"))
        return len(calls) if opens else last
