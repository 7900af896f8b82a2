"""What a client gets of Gloo's answer: its bytes as they come, or an error that they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..http_libraries import TRANSPORT_ERRORS
from .errors import RefusedError, from_answer
from .opening import with_choices
from .plan import Plan, error_headers, response_headers

LARGEST_ERROR = 1 << 16
"""Bytes within which an answer of 200 shows that it is an error."""
CUT = (
    b'data: {"error": {"message": "The answer was cut off: Gloo closed the connection.", '
    b'"type": "server_error", "code": "upstream_cut", "param": null}}\n\n'
)


@dataclass(frozen=True)
class Answer:
    """An answer on its way to the client."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class BrokenOffError(Exception):
    """Gloo's answer broke off.

    `last_words` are for the client; with `ends_well` they say so well enough that its connection
    need not be cut.
    """

    def __init__(self, reason: str, last_words: bytes = b"", *, ends_well: bool = False) -> None:
        super().__init__(reason)
        self.last_words = last_words
        self.ends_well = ends_well


async def as_it_comes(response: Any, planned: Plan) -> Answer:
    """Gloo's answer, byte by byte.

    Raises:
        RefusedError: it is an error, though its status is 200.
    """
    pieces = _raw(response)
    if _is_plain(response, "json"):
        pieces = await _unless_error(response, pieces, planned)
    return Answer(response.status_code, response_headers(response.headers), pieces)


async def completion(response: Any, planned: Plan) -> Answer:
    """A chat completion: `as_it_comes`, but each event of a stream has `choices`.

    Raises:
        RefusedError: it is an error, though its status is 200.
    """
    answer = await as_it_comes(response, planned)
    if not _is_plain(response, "text/event-stream"):
        return answer
    return Answer(answer.status, answer.headers, with_choices(answer.pieces))


def _is_plain(response: Any, kind: str) -> bool:
    """Whether the answer is of this kind and not packed."""
    said: str = response.headers.get("content-type", "")
    return kind in said and "content-encoding" not in response.headers


async def _raw(response: Any) -> AsyncIterator[bytes]:
    """The bytes as they came; a stream that breaks off between two events ends with an error."""
    tail = b"\n\n"
    try:
        async for piece in response.aiter_raw():
            tail = piece if len(piece) >= 4 else (tail + piece)[-4:]
            yield piece
    except TRANSPORT_ERRORS as error:
        between = tail[-4:].replace(b"\r", b"").endswith(b"\n\n")
        last_words = CUT if between and _is_plain(response, "text/event-stream") else b""
        raise BrokenOffError(f"cut off by Gloo ({reason_of(error)})", last_words) from None


async def _unless_error(
    response: Any, pieces: AsyncIterator[bytes], planned: Plan
) -> AsyncIterator[bytes]:
    """The pieces of a JSON body, once its beginning has shown that it is no error."""
    begun: list[bytes] = []
    broken: BrokenOffError | None = None
    try:
        async for piece in pieces:
            begun.append(piece)
            if sum(map(len, begun)) > LARGEST_ERROR:
                break
    except BrokenOffError as error:
        broken = error
    kept = error_headers(response.headers)
    refused: RefusedError | None = from_answer(b"".join(begun), kept, planned.body, planned.url)
    if refused is not None:
        raise refused
    return _whole(begun, pieces, broken)


async def _whole(
    begun: list[bytes], pieces: AsyncIterator[bytes], broken: BrokenOffError | None
) -> AsyncIterator[bytes]:
    for piece in begun:
        yield piece
    if broken is not None:
        raise broken
    async for piece in pieces:
        yield piece


def reason_of(error: Exception) -> str:
    """What an exception says, else what it is called."""
    return str(error) or type(error).__name__
