"""What a request needs to be sent once more, and what is left to say when it is not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from ..http_libraries import BYTE_STREAMS
from .bodies import LARGEST
from .clocks import Moment
from .memory import when

Pieces = Callable[[], Iterator[bytes]]
AsyncPieces = Callable[[], AsyncIterator[bytes]]

NOTE = "gloo_openai_refusal"
"""A response's extension: what to say of its 401."""


def read_error(response: Any) -> None:
    """Read an error's body here: its connection goes back to the pool before an exchange, and a
    body that breaks off does not hide the status."""
    raw, whole = response.iter_raw, response.iter_bytes
    response.iter_raw = partial(_sips, raw, response)
    response.iter_bytes = partial(_beginning, whole)
    try:
        response.read()
    except Exception:  # noqa: BLE001 - however it broke off, the status is the news
        _empty(response)
        response.read()
    finally:
        del response.iter_raw, response.iter_bytes
        response.close()


async def aread_error(response: Any) -> None:
    """`read_error`, awaited."""
    raw, whole = response.aiter_raw, response.aiter_bytes
    response.aiter_raw = partial(_asips, raw, response)
    response.aiter_bytes = partial(_abeginning, whole)
    try:
        await response.aread()
    except Exception:  # noqa: BLE001 - however it broke off, the status is the news
        _empty(response)
        await response.aread()
    finally:
        del response.aiter_raw, response.aiter_bytes
        await response.aclose()


def _beginning(read: Pieces, *_: object) -> Iterator[bytes]:
    """As much of a body as an error may have: the rest is not read."""
    left = LARGEST
    for part in read():
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return


async def _abeginning(read: AsyncPieces, *_: object) -> AsyncIterator[bytes]:
    left = LARGEST
    async for part in read():
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return


def _sips(read: Pieces, response: Any, *_: object) -> Iterator[bytes]:
    """A packed body in pieces that cannot unpack to much: httpx unpacks each as a whole."""
    size, left = _sip(response), LARGEST
    for part in read() if size else ():
        for start in range(0, len(part), size):
            yield part[start : start + size]
        left -= len(part)
        if left <= 0:
            return


async def _asips(read: AsyncPieces, response: Any, *_: object) -> AsyncIterator[bytes]:
    size, left = _sip(response), LARGEST
    if not size:
        return
    async for part in read():
        for start in range(0, len(part), size):
            yield part[start : start + size]
        left -= len(part)
        if left <= 0:
            return


def _sip(response: Any) -> int:
    """Bytes of a body to be unpacked at a time; 0: what is packed that often is not read."""
    named = response.headers.get("content-encoding", "").lower().split(",")
    times = sum(name.strip() not in ("", "identity") for name in named)
    return (LARGEST, 16, 1, 0)[min(times, 3)]


def _empty(response: Any) -> None:
    """Give an empty body to a response whose own broke off."""
    response.stream = type(response)(response.status_code, content=b"").stream
    response.is_closed = response.is_stream_consumed = False


def is_replayable(request: Any) -> bool:
    """Whether a body can be sent twice: bytes can, and uploads of bytes or seekable files."""
    stream = request.stream
    if isinstance(stream, BYTE_STREAMS):
        return True
    files = [field.file for field in getattr(stream, "fields", ()) if hasattr(field, "file")]
    return hasattr(stream, "fields") and all(
        isinstance(file, (str, bytes)) or (hasattr(file, "seekable") and file.seekable())
        for file in files
    )


def remember(response: Any, wait: float) -> None:
    """Note on a 401 that a new token was refused as well, so that the next has to wait."""
    moment = when(wait, Moment(0.0, time.time()))
    note(
        response,
        "A new access token was refused as well, which is remembered: the next one is fetched "
        f"{moment}, or after auth.invalidate().",
    )


def note(response: Any, text: str) -> None:
    """Leave a word for the exception that the SDK makes of this response."""
    response.extensions[NOTE] = text


def refusal_note(response: Any) -> str | None:
    """What was noted on a response."""
    text = response.extensions.get(NOTE)
    return text if isinstance(text, str) else None
