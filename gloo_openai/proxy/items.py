"""The items of the responses that went through, for clients that send back their ids only.

OpenAI stores a response unless it is told not to, and then takes `{"type": "item_reference"}` for
an item of it. Gloo stores nothing, so the proxy keeps the latest ones in memory.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ..shapes import as_list, as_object
from .errors import RefusedError

REFERENCE = "item_reference"
MOST_BYTES = 32 << 20
SHORTEST_ID = 16
"""Characters: a shorter id, such as `msg_0`, may be that of another response's item, too."""
UNKNOWN = (
    "input refers to an item that the proxy does not know: it keeps those of the latest responses "
    "in memory, and Gloo stores nothing. Send items whole, with store set to false."
)


class Items:
    """Items of responses by their ids; the oldest make room."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._items: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, response: Mapping[str, Any]) -> None:
        """Remember the items of a whole response."""
        for item in as_list(response.get("output")):
            name = as_object(item).get("id")
            if isinstance(name, str) and len(name) >= SHORTEST_ID:
                self._forget(name)
                self._items[name] = content = json.dumps(item).encode()
                self._size += len(content)
        while self._size > self._most:
            self._forget(next(iter(self._items)))

    def resolved(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request with the items that it refers to.

        Raises:
            RefusedError: one is not known; but of reasoning, which Gloo does not take, it is left.
        """
        given = as_list(asked.get("input"))
        if not any(as_object(item).get("type") == REFERENCE for item in given):
            return asked
        return {**asked, "input": [self._resolved(item) for item in given]}

    def _resolved(self, item: Any) -> Any:
        fields = as_object(item)
        if fields.get("type") != REFERENCE:
            return item
        name = str(fields.get("id"))
        if name in self._items:
            self._items.move_to_end(name)
            return json.loads(self._items[name])
        if name.startswith("rs_"):
            return {"type": "reasoning", "id": name}
        raise RefusedError(400, UNKNOWN, "item_not_found")

    def _forget(self, name: str) -> None:
        self._size -= len(self._items.pop(name, b""))
