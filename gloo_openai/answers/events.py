"""Server-sent events out of bytes, wherever these are cut (WHATWG HTML, section 9.2).

The SDK's decoder reads a line; what it needs to see of the first and the last bytes is given to it
here: a byte order mark is no part of the first field, and the end of a body ends its last event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from openai._streaming import ServerSentEvent, SSEDecoder

__all__ = ["Events", "looks_like_events"]

LINE_END = re.compile(rb"\r\n|\n|\r")
BOM = b"\xef\xbb\xbf"
FIELD = re.compile(rb"(data|event|id|retry)?(:|$)")
"""The beginning of a line of server-sent events; a comment begins with its colon."""
KEPT = 16 << 20
"""Bytes that are kept of a body which is no event stream."""


class Events:
    """The events of one body, fed piece by piece."""

    def __init__(self) -> None:
        self._decoder = SSEDecoder()
        self._parts: list[bytes] = []
        self._after_cr = False
        self._begun = False
        self._unframed: list[bytes] = []
        self._kept = 0

    @property
    def unframed(self) -> bytes:
        """The lines that belong to no event: all of a body that is something else."""
        return b"\n".join(self._unframed)

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """The events that this piece completes."""
        if not piece:
            return
        after_cr, self._after_cr = self._after_cr, piece.endswith(b"\r")
        if after_cr:  # the other half of a CRLF
            piece = piece.removeprefix(b"\n")
        first, *lines = LINE_END.split(piece)
        self._parts.append(first)
        for line in lines:
            event = self._event(b"".join(self._parts))
            self._parts = [line]
            if event is not None:
                yield event

    def end(self) -> Iterator[ServerSentEvent]:
        """The event that only the end of the body completes, if there is one."""
        last, self._parts = b"".join(self._parts), []
        for event in (self._event(last), self._event(b"")):
            if event is not None:
                yield event

    def _event(self, line: bytes) -> ServerSentEvent | None:
        """The event that this line ends; or None, as of nearly every line."""
        if not self._begun:
            self._begun, line = True, line.removeprefix(BOM)
        if FIELD.match(line):
            return self._decoder.decode(line.decode("utf-8"))
        if self._kept < KEPT:
            self._kept += len(line)
            self._unframed.append(line)
        return None


def looks_like_events(content: bytes) -> bool:
    """Whether a body begins as an event stream does."""
    first = content[:1024].removeprefix(BOM).lstrip()
    return FIELD.match(first) is not None and first[:1] != b""
