"""Requests that go on to Gloo, and the answers that come back byte by byte."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import openai
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ..http_libraries import TRANSPORT_ERRORS
from . import plan
from .errors import RefusedError, from_answer, from_exception, from_transport, from_upstream
from .log import ENTRY, Entry

LARGEST_ERROR = 1 << 20
LARGEST_ANSWERED_ERROR = 1 << 16
"""Bytes within which an answer of 200 shows that it is an error."""
LINGER = 10.0
"""Seconds for which the rest of a refused body is read: many clients send all, then listen."""
CUT = (
    b'data: {"error": {"message": "The answer was cut off: Gloo closed the connection.", '
    b'"type": "server_error", "code": "upstream_cut", "param": null}}\n\n'
)


class ClientGoneError(Exception):
    """The client went away before its request was complete."""


class Forward:
    """An ASGI endpoint: plans the request, sends it to Gloo, passes the answer on.

    Args:
        http: an asynchronous client that authorizes its requests.
        make_plan: from the body to the request.
        max_body: bytes that a body may have.
    """

    def __init__(self, http: Any, make_plan: Callable[[bytes], plan.Plan], max_body: int) -> None:
        self._http = http
        self._make_plan = make_plan
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; when the client goes away, so does the request to Gloo."""
        entry: Entry = scope[ENTRY]
        try:
            body = await _read(Headers(scope=scope), receive, self._max_body)
            planned = self._make_plan(body)
        except RefusedError as refused:
            await refused.response()(scope, receive, send)
            return
        except ClientGoneError:
            entry.remark = "the client went away"
            return
        entry.model = planned.model
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                if not entry.complete:
                    entry.remark = "the client went away"
                group.cancel_scope.cancel()

            group.start_soon(watch)
            try:
                await self._relay(planned, scope, send, entry)
            except RefusedError as refused:
                await refused.response()(scope, receive, send)
            group.cancel_scope.cancel()

    async def _relay(self, planned: plan.Plan, scope: Scope, send: Send, entry: Entry) -> None:
        try:
            request = self._http.build_request(
                "POST",
                planned.url,
                content=json.dumps(planned.body).encode(),
                headers=plan.request_headers(Headers(scope=scope)),
            )
            response = await self._http.send(request, stream=True)
        except openai.OpenAIError as error:
            entry.remark = type(error).__name__
            raise from_exception(error) from None
        except TRANSPORT_ERRORS as error:
            entry.remark = type(error).__name__
            raise from_transport(error) from None
        try:
            if not response.is_success:
                raise from_upstream(
                    response.status_code,
                    await _error_content(response),
                    plan.error_headers(response.headers),
                    planned.body,
                    planned.url,
                )
            pieces = response.aiter_raw()
            begun, broke = await _beginning(response, pieces)
            kept = plan.error_headers(response.headers)
            refused = from_answer(b"".join(begun), kept, planned.body, planned.url)
            if refused is not None:
                raise refused
            await _pass_on(response, _whole(begun, pieces, broke), send, entry)
        finally:
            await response.aclose()


async def _beginning(
    response: Any, pieces: AsyncIterator[bytes]
) -> tuple[list[bytes], Exception | None]:
    """What comes first of a JSON that is not packed, for it may be an error; and what broke it."""
    kind: str = response.headers.get("content-type", "")
    begun: list[bytes] = []
    if "json" not in kind or "content-encoding" in response.headers:
        return begun, None
    try:
        async for piece in pieces:
            begun.append(piece)
            if sum(map(len, begun)) > LARGEST_ANSWERED_ERROR:
                break
    except TRANSPORT_ERRORS as error:
        return begun, error
    return begun, None


async def _whole(
    begun: list[bytes], pieces: AsyncIterator[bytes], broke: Exception | None
) -> AsyncIterator[bytes]:
    """The pieces of an answer whose beginning was looked at."""
    for piece in begun:
        yield piece
    if broke is not None:
        raise broke
    async for piece in pieces:
        yield piece


async def _pass_on(response: Any, pieces: AsyncIterator[bytes], send: Send, entry: Entry) -> None:
    """Send each piece as it comes. An answer that was cut off does not end as if it were whole."""
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in plan.response_headers(response.headers).items()
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    tail = b"\n\n"
    try:
        async for piece in pieces:
            tail = (tail + piece)[-4:]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except TRANSPORT_ERRORS as error:
        entry.remark = f"cut off by Gloo ({type(error).__name__})"
        if _is_plain_stream(response) and tail.replace(b"\r", b"").endswith(b"\n\n"):
            await send({"type": "http.response.body", "body": CUT, "more_body": True})
        return  # without the end of the body: the server then cuts the client's connection too
    await send({"type": "http.response.body", "body": b""})


def _is_plain_stream(response: Any) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.startswith("text/event-stream") and "content-encoding" not in response.headers


async def _error_content(response: Any) -> bytes:
    content = b""
    try:
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > LARGEST_ERROR:
                break
    except Exception:  # noqa: BLE001 - the status says enough when the body is cut or garbled
        return b""
    return content


async def _read(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body, counted as it comes: a length that was announced need not be true."""
    declared = headers.get("content-length", "0")
    too_large = declared.isdigit() and int(declared) > limit
    pieces: list[bytes] = []
    size, more = 0, True
    while more and not too_large:
        message = await receive()
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


async def _drop_the_rest(receive: Receive) -> None:
    with anyio.move_on_after(LINGER):
        while (await receive()).get("more_body", False):
            pass
