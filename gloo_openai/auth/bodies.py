"""A body of an answer within bounds: of size, of time, and of what it unpacks to; no I/O."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping

LARGEST = 1 << 20
"""Bytes, as they came and unpacked: no token, and no error, is larger."""
MOST_CODINGS = 3
GZIP, ZLIB, RAW = 31, 15, -15
"""What zlib calls its formats."""


def collected(content: bytearray, part: bytes, deadline: float) -> None:
    """Add a part of a body.

    Raises:
        TimeoutError, ValueError: it has come in for too long, or too much of it.
    """
    if time.monotonic() > deadline:
        raise TimeoutError("the answer trickled in too slowly")
    if len(content) + len(part) > LARGEST:
        raise ValueError("the answer is too large")
    content.extend(part)


def decoded(content: bytes, headers: Mapping[str, str]) -> bytes:
    """A body without its `Content-Encoding` (RFC 9110 §8.4), of which nobody has asked for any.

    Raises:
        ValueError: it is an encoding that Python does not have, or broken, or unpacks to too much.
    """
    named = headers.get("content-encoding", "").lower().split(",")
    codings = [name.strip() for name in named if name.strip() not in ("", "identity")]
    if len(codings) > MOST_CODINGS:
        raise ValueError(f"the answer is encoded {len(codings)} times")
    for coding in reversed(codings):
        content = _unpacked(content, coding)
    return content


def _unpacked(content: bytes, coding: str) -> bytes:
    if coding in ("gzip", "x-gzip"):
        formats = [GZIP]
    elif coding == "deflate":
        formats = [ZLIB, RAW]  # the standard's, and what some send in its name
    else:
        raise ValueError(f"the answer is encoded as {coding[:20]!r}, which was not asked for")
    for window in formats:
        engine = zlib.decompressobj(window)
        try:
            unpacked = engine.decompress(content, LARGEST + 1)
        except zlib.error:
            continue
        if len(unpacked) > LARGEST:
            raise ValueError("the answer is too large when it is unpacked")
        if engine.eof:
            return unpacked
    raise ValueError(f"the answer is called {coding} and is none, or broken off")
