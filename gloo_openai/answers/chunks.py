"""From the bytes of a streamed answer to its chunks: the rules, without the reading of bytes.

Gloo ends a stream with `[DONE]`, or with the end of the body after a `finish_reason` (protocol §5,
Streaming). Anything else, and an error event in the middle, is an exception with the text so far,
never a short answer. What came as one JSON body, though a stream was asked for, is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..shapes import as_list, as_object
from .error_bodies import error_within, parse_body
from .events import Events
from .stream_record import StreamRecord
from .tool_calls import ToolCalls
from .types import GlooChatCompletionChunk

__all__ = ["KEEP_ALIVE", "ChunkReader", "bodies_of"]

END_WITHOUT_REASON = "the stream ended without a finish_reason"
KEEP_ALIVE = frozenset({"ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"})
"""Names of events that only keep a connection open."""


class ChunkReader:
    """Reads the chunks of one stream, fed piece by piece, and notes in `record` what they carry."""

    ends_with_answer = False
    """`[DONE]` may be followed by anything, at any time."""

    def __init__(self, record: StreamRecord) -> None:
        self.record = record
        self.done = False
        """Whether `[DONE]` has come: what follows is no part of the answer."""
        self._events = Events()
        self._tool_calls = ToolCalls()

    def feed(self, piece: bytes) -> Iterator[GlooChatCompletionChunk]:
        """The chunks that this piece completes.

        Raises:
            openai.APIStatusError: an event is an error.
            ValueError: an event is no JSON.
            RecursionError: it is nested too deeply.
        """
        yield from self._read(self._events.feed(piece))

    def end(self) -> Iterator[GlooChatCompletionChunk]:
        """The chunks that only the end of the body completes.

        Raises:
            StreamCutOffError: the answer is not whole.
        """
        yield from self._read(self._events.end())
        if not self.record.finished:
            for body in bodies_of(self._events.unframed):
                yield from self._bodies_chunks(body)
        if not self.record.finished:
            raise self.record.cut_off(END_WITHOUT_REASON)

    def _read(self, events: Iterator[Any]) -> Iterator[GlooChatCompletionChunk]:
        for event in events:
            if self.done:
                return
            name, text = event.event, event.data
            if text.startswith("[DONE]"):
                self.done = self.record.finished = True
            elif name and name.startswith("error"):
                raise self.record.failed(parse_body(text.encode()))
            elif text.strip() and name not in KEEP_ALIVE:
                yield from self._chunk(json.loads(text))

    def _bodies_chunks(self, body: object) -> Iterator[GlooChatCompletionChunk]:
        error = error_within(body)
        if error is not None:
            raise self.record.failed(error)
        yield from self._chunk(streamed(as_object(body)))

    def _chunk(self, data: object) -> Iterator[GlooChatCompletionChunk]:
        fields = as_object(data)
        if fields.get("type") in KEEP_ALIVE and "choices" not in fields:
            return
        for index, choice in enumerate(as_list(fields.get("choices"))):
            self._tool_calls.number(index, choice)
        chunk = GlooChatCompletionChunk.build(response=None, data=data)
        error = _error_of(fields, chunk)
        if error is None or chunk.choices:  # a choice that failed belongs to the answer it ends
            self.record.take(chunk)
        if error is not None:
            raise self.record.failed(error)
        yield chunk


def _error_of(fields: Mapping[str, Any], chunk: GlooChatCompletionChunk) -> object:
    """The error that an event carries, or None: most chunks say something, and none failed."""
    if fields.get("error"):
        return fields
    choices = as_list(cast("object", chunk.choices))
    for choice in choices:
        if _failed(choice):
            return error_within(fields)
    return None if choices else error_within(fields)


def _failed(choice: Any) -> bool:
    reason = getattr(choice, "finish_reason", None)
    return reason == "error" or "error" in (getattr(choice, "model_extra", None) or {})


def bodies_of(content: bytes) -> list[object]:
    """What an answer without events holds: one JSON body, or one in each line, or none."""
    if not content.strip():
        return []
    try:
        return [json.loads(content)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in content.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return []


def streamed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A whole completion as one event of a stream that carries the same; a chunk as it is."""
    choices = [as_object(choice) for choice in as_list(body.get("choices"))]
    if not any("message" in choice for choice in choices):
        return body
    parts = [
        {"index": index, **choice, "delta": _delta(choice)} for index, choice in enumerate(choices)
    ]
    for part in parts:
        part.pop("message", None)
    return {**body, "object": "chat.completion.chunk", "choices": parts}


def _delta(choice: Mapping[str, Any]) -> dict[str, Any]:
    message = dict(as_object(choice.get("message")))
    calls = [dict(as_object(call)) for call in as_list(message.get("tool_calls"))]
    if calls:
        message["tool_calls"] = [{"index": index, **call} for index, call in enumerate(calls)]
    return message
