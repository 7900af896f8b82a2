"""Requests that go on to Gloo, and the answers that come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import openai
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ..http_libraries import TRANSPORT_ERRORS
from .answers import Answer, BrokenOffError
from .bodies import ClientGoneError, read_body
from .entry import Entry, entry_of
from .errors import RefusedError, from_exception, from_transport, from_upstream
from .plan import Plan, error_headers, request_headers

LARGEST_ERROR = 1 << 20
GONE = "the client went away"


class Forward:
    """An ASGI endpoint: plans the request, sends it to Gloo, passes the answer on.

    Args:
        http: an asynchronous client that authorizes its requests.
        make_plan: from the body to the request.
        shape: from Gloo's answer to what the client gets of it.
        max_body: bytes that a body may have.
    """

    def __init__(
        self,
        http: Any,
        make_plan: Callable[[bytes], Awaitable[Plan]],
        shape: Callable[[Any, Plan], Awaitable[Answer]],
        max_body: int,
    ) -> None:
        self._http = http
        self._make_plan = make_plan
        self._shape = shape
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; when the client goes away, so does the request to Gloo."""
        entry = entry_of(scope)
        try:
            body = await read_body(Headers(scope=scope), receive, self._max_body)
            planned = await self._make_plan(body)
        except RefusedError as refused:
            await refused.response()(scope, receive, send)
            return
        except ClientGoneError:
            entry.remark = GONE
            return
        entry.model = planned.model
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                if not entry.complete:
                    entry.remark = GONE
                group.cancel_scope.cancel()

            group.start_soon(watch)
            try:
                await self._relay(planned, scope, send, entry)
            except RefusedError as refused:
                await refused.response()(scope, receive, send)
            group.cancel_scope.cancel()

    async def _relay(self, planned: Plan, scope: Scope, send: Send, entry: Entry) -> None:
        try:
            request = self._http.build_request(
                "POST",
                planned.url,
                content=planned.content(),
                headers=request_headers(Headers(scope=scope), plain=planned.is_stream),
            )
            response = await self._http.send(request, stream=True)
        except openai.OpenAIError as error:
            raise from_exception(error) from None
        except TRANSPORT_ERRORS as error:
            raise from_transport(error) from None
        try:
            if not response.is_success:
                raise from_upstream(
                    response.status_code,
                    await _error_content(response),
                    error_headers(response.headers),
                    planned.body,
                    planned.url,
                )
            await _pass_on(await self._shape(response, planned), send, entry)
        finally:
            await response.aclose()


async def _pass_on(answer: Answer, send: Send, entry: Entry) -> None:
    """Send each piece as it comes. An answer that was cut off does not end as if it were whole."""
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    try:
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except BrokenOffError as broken:
        entry.remark = str(broken)
        if broken.last_words:
            last = {"type": "http.response.body", "body": broken.last_words, "more_body": True}
            await send(last)
        if not broken.ends_well:
            return  # without the end of the body the server cuts the client's connection too
    await send({"type": "http.response.body", "body": b""})


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
