"""What a streamed completion begins with, in OpenAI's shape.

A grounded one begins with its citations, in an event without `choices` (protocol §4), and clients
that take the first choice of every event fall over it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import cast

LINE_END = rb"(?:\r\n|\n|\r(?!\n))"
EVENT_END = re.compile(LINE_END + LINE_END)
LINE_BEGIN = rb"(?:^(?:\xef\xbb\xbf)?|[\r\n])"
DATA = re.compile(LINE_BEGIN + rb"data: ?([^\r\n]*)")
OBJECT = re.compile(rb"(" + LINE_BEGIN + rb"data:\s*\{)")
LARGEST = 16 << 20
"""Bytes that an event may have; a longer one goes on as it is."""


async def with_choices(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, with `choices` in each event that comes before the first one that has them."""
    held, looked_at, begun = bytearray(), 0, False
    async for piece in pieces:
        if begun:
            yield piece
            continue
        held += piece
        given = bytearray()
        while not begun and (end := EVENT_END.search(held, looked_at)):
            event = bytes(held[: end.end()])
            begun, event = _completed(event)
            given += event
            del held[: end.end()]
            looked_at = 0
        looked_at = max(0, len(held) - 3)  # of an end of four bytes, these may be there
        if begun or len(held) > LARGEST:
            begun, given, held = True, given + held, bytearray()
        if given:
            yield bytes(given)
    if held:
        yield bytes(held)


def _completed(event: bytes) -> tuple[bool, bytes]:
    """Whether this event is the beginning of the answer itself; and the event, with choices."""
    text = b"\n".join(DATA.findall(event))
    if not text.strip():  # a comment
        return False, event
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):  # `[DONE]`, or nothing that anybody could mend
        return True, event
    if not isinstance(data, dict):
        return True, event
    fields = cast("dict[str, object]", data)
    if fields.get("choices") is not None or fields.get("error"):
        return True, event
    if "choices" in fields:
        fields["choices"] = []
        return False, b"data: %b\n\n" % json.dumps(fields).encode()
    comma = b", " if fields else b""
    return False, OBJECT.sub(rb'\1"choices": []' + comma, event, count=1)
