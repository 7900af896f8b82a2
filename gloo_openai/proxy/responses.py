"""What a client gets of Gloo's Responses: whole ones, in OpenAI's shape, streamed or not."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import anyio
import openai

from ..answers import assembled_response, event_reader, looks_like_events, whole_response
from ..http_libraries import DECODING_ERRORS, TRANSPORT_ERRORS
from ..shapes import as_object
from .answers import Answer, BrokenOffError
from .errors import RefusedError, from_answer, from_exception, from_transport
from .items import Items
from .plan import Plan, error_headers

Event = Mapping[str, Any]

DRAIN = 0.1
"""Seconds."""
WAITING = b": waiting\n\n"
"""A comment in place of what Gloo sends without an event in it: it keeps a connection alive."""
ECHOED: dict[str, Any] = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
"""What a response says again of its request, and what that means by leaving it out."""


async def response(answer: Any, planned: Plan, items: Items) -> Answer:
    """The response, or its events, as OpenAI would have sent them; its items are kept in `items`.

    Raises:
        RefusedError: it is an error, though its status is 200, or broke off before it had begun.
    """
    shape = Shape(planned, items)
    headers = error_headers(answer.headers)
    if planned.is_stream:
        pieces = await _begun(_events(answer, shape))
        headers |= {"content-type": "text/event-stream; charset=utf-8"}
        return Answer(answer.status_code, headers, pieces)
    body = await _whole(answer, planned)
    headers |= {"content-type": "application/json"}
    return Answer(answer.status_code, headers, _one(json.dumps(shape.complete(body)).encode()))


class Shape:
    """What OpenAI's clients expect of each response, for what Gloo leaves out of one.

    Unless the request says otherwise, they also expect that its items are kept.
    """

    def __init__(self, planned: Plan, items: Items) -> None:
        self._items = items if planned.asked.get("store") is not False else None
        asked = {
            name: planned.asked[name] for name in ECHOED if planned.asked.get(name) is not None
        }
        self._expected: dict[str, Any] = {
            "id": f"resp_{secrets.token_hex(12)}",
            "object": "response",
            "created_at": int(time.time()),
            "model": planned.model,
            "output": [],
            **ECHOED,
            **asked,
        }

    def complete(self, body: Event) -> dict[str, Any]:
        """A response with all of it; what it says itself stays."""
        said = {name: body[name] for name in body if body[name] is not None}
        usage = as_object(said.get("usage"))
        if usage:
            cached = usage.get("cache_read_input_tokens") or 0
            said["usage"] = {
                "input_tokens_details": {"cached_tokens": cached},
                "output_tokens_details": {"reasoning_tokens": 0},
                **usage,
            }
        if self._items is not None:
            self._items.keep(said)
        return {**body, **self._expected, **said}

    def event(self, event: Event) -> Event:
        """An event whose response, if it has one, is complete."""
        if "response" not in event:
            return event
        return {**event, "response": self.complete(event["response"])}


async def _events(answer: Any, shape: Shape) -> AsyncIterator[bytes]:
    """The events of a stream, as bytes; what breaks it off is its last event."""
    reader, number, pieces = event_reader(answer), 0, answer.aiter_bytes()
    try:
        async for piece in pieces:
            said = number
            for each in reader.feed(piece):
                number = each["sequence_number"] + 1
                yield _written(shape.event(each))
            if reader.record.finished:
                await _drain(pieces)
                return
            if said == number > 0:
                yield WAITING
        for each in reader.end():
            number = each["sequence_number"] + 1
            yield _written(shape.event(each))
    except Exception as error:  # noqa: BLE001 - translated and raised below
        failure = reader.record.translated(error)
    else:
        return
    if not isinstance(failure, openai.OpenAIError):
        raise failure
    refused = from_exception(failure)
    so_far: dict[str, Any] = {**reader.record.events.known, "output": []}
    last_words = _last_words(refused, shape.complete(so_far), number)
    raise BrokenOffError(str(refused), last_words, ends_well=True) from refused


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, once the first is there: what fails before is no stream, but an error."""
    try:
        first = await anext(pieces, b"")
    except BrokenOffError as broken:
        if isinstance(broken.__cause__, RefusedError):
            raise broken.__cause__ from None
        raise

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_them()


async def _whole(answer: Any, planned: Plan) -> dict[str, Any]:
    """The body of a response that is no stream, even if it came as one."""
    try:
        content = await answer.aread()
    except TRANSPORT_ERRORS as error:
        raise from_transport(error) from None
    try:
        if looks_like_events(content):
            return whole_response(assembled_response(answer).to_dict(warnings=False))
        body = as_object(json.loads(content))
    except openai.OpenAIError as error:
        raise from_exception(error) from None
    except (ValueError, RecursionError):
        body = as_object(None)
    refused = from_answer(content, error_headers(answer.headers), planned.body, planned.url)
    if refused is not None:
        raise refused
    if not body:
        raise RefusedError(502, "Gloo's answer is no JSON object.", "upstream_unreadable")
    return whole_response(body)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read the end of the body, if it comes at once, so that its connection is used again."""
    with suppress(*TRANSPORT_ERRORS, *DECODING_ERRORS), anyio.move_on_after(DRAIN):
        async for _ in pieces:
            pass


def _written(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _last_words(refused: RefusedError, so_far: Mapping[str, Any], number: int) -> bytes:
    """An error event, for those who look for one, and a failed response, for the others."""
    full = refused.body["error"]
    said = {"code": full["code"] or "server_error", "message": full["message"]}
    error = {"type": "error", **said, "param": None, "error": {**full, **said}}
    failed = {"type": "response.failed", "response": {**so_far, "status": "failed", "error": said}}
    events = ({**event, "sequence_number": number + at} for at, event in enumerate((error, failed)))
    return b"".join(map(_written, events))


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
