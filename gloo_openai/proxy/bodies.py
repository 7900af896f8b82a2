"""The body of a client's request, within bounds of size and time."""

from __future__ import annotations

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from .errors import RefusedError

LINGER = 10.0
"""Seconds for which the rest of a refused body is read: many clients send all, then listen."""
SILENCE = 30.0
"""Seconds that a client may take for the next piece of a body."""


class ClientGoneError(Exception):
    """The client went away before its request was complete."""


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body, counted as it comes: a length that was announced need not be true.

    Raises:
        ClientGoneError: the client went away.
        RefusedError: the body is larger than `limit` bytes, or the rest of it does not come.
    """
    declared = headers.get("content-length", "0")
    too_large = declared.isascii() and declared.isdigit() and int(declared) > limit
    pieces: list[bytes] = []
    size, more = 0, True
    while more and not too_large:
        message = await _next(receive)
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        more, too_large = message.get("more_body", False), size > limit
    if too_large:
        # Who sends `Expect` sends no body before it is asked for.
        if more and (pieces or "expect" not in headers):
            await _drop_the_rest(receive)
        raise RefusedError(
            413,
            f"The body is larger than {limit >> 20} MiB. Start the proxy with --max-body for more.",
            "body_too_large",
            headers={"connection": "close"},
        )
    return b"".join(pieces)


async def _next(receive: Receive) -> Message:
    with anyio.move_on_after(SILENCE):
        return await receive()
    raise RefusedError(
        408,
        f"The rest of the body did not come within {SILENCE:.0f} s.",
        "body_incomplete",
        headers={"connection": "close"},
    )


async def _drop_the_rest(receive: Receive) -> None:
    with anyio.move_on_after(LINGER):
        while (await receive()).get("more_body", False):
            pass
