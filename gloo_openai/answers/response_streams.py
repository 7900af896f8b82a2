"""Streams of the Responses API: the SDK's typed events, as OpenAI would have sent them.

They end with a whole response (protocol §5, Stream). An event that is an error, or no JSON, and an
end before the response's are exceptions with the text so far, never a short answer.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, cast

from openai import AsyncStream, Stream
from openai.types.responses import ResponseStreamEvent

from ..shapes import as_object
from .building import built
from .chunks import KEEP_ALIVE, bodies_of
from .error_bodies import parse_body
from .events import Events
from .on_routing import OnRouting
from .response_events import ResponseEvents
from .response_types import GlooResponse, failure_of
from .routed import RoutingMetadata
from .stream_record import StreamRecord
from .streams import AsyncRecorded, Recorded, aread_all, read_all

__all__ = [
    "AsyncGlooResponseEventStream",
    "GlooResponseEventStream",
    "assembled_response",
    "event_reader",
]

END_TOO_EARLY = "the stream ended before response.completed"
NO_OBJECT = "an event of the stream is no JSON object"


class ResponseRecord(StreamRecord):
    """What the events of one stream have carried so far."""

    def __init__(self, response: Any, on_routing: OnRouting | None) -> None:
        super().__init__(response, on_routing)
        self.events = ResponseEvents()

    @property
    def text(self) -> str:
        """The text of the answer so far."""
        return self.events.text

    @property
    def routing(self) -> RoutingMetadata:
        """What the stream has said so far of the model, the cost, and a refusal."""
        return RoutingMetadata.read(self.events.known)

    def note(self, event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Note an event; gives what is to be sent for it."""
        self._begun = True
        given = self.events.take(event)
        self.fields = self.events.known
        if self.events.response is not None and not self.finished:
            self.finished = True
            self.report()
        return given


def typed_event(
    event: Mapping[str, Any], kind: Any = ResponseStreamEvent, whole: Any = GlooResponse
) -> Any:
    """An event as one of the SDK's types, of this union; its response as `whole` reads it."""
    typed = built(kind, event)
    if "response" in event:
        typed.response = whole.of(as_object(event["response"]))
    return typed


class ResponseReader:
    """Reads the events of one stream, fed piece by piece, and notes in `record` what they carry.

    `make` makes of an event's JSON what is given.
    """

    ends_with_answer = True
    """The body ends with the response, without a `[DONE]`."""

    def __init__(
        self, record: ResponseRecord, make: Callable[[Mapping[str, Any]], Any] = typed_event
    ) -> None:
        self.record = record
        self._make = make
        self._events = Events()

    @property
    def done(self) -> bool:
        """Whether the whole response has come: what follows is no part of the answer."""
        return self.record.finished

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The events that this piece completes.

        Raises:
            openai.APIStatusError: an event is an error.
            openai.APIResponseValidationError: it is no object.
            ValueError: it is no JSON.
            RecursionError: it is nested too deeply.
        """
        yield from self._read(self._events.feed(piece))

    def end(self) -> Iterator[Any]:
        """The events that only the end of the body completes.

        Raises:
            StreamCutOffError: the answer is not whole.
        """
        yield from self._read(self._events.end())
        if not self.record.finished:
            for body in bodies_of(self._events.unframed):
                yield from self._made(None, body)
        if not self.record.finished:
            raise self.record.cut_off(END_TOO_EARLY)

    def _read(self, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            name, text = event.event, event.data
            if text.startswith("[DONE]"):
                raise self.record.cut_off(END_TOO_EARLY)
            if name and name.startswith("error"):
                raise self.record.failed(parse_body(text.encode()))
            if text.strip() and name not in KEEP_ALIVE:
                yield from self._made(name, json.loads(text))
            if self.done:
                return

    def _made(self, name: str | None, data: object) -> Iterator[Any]:
        event = as_object(data)
        if event is not data:
            raise self.record.invalid(f"{NO_OBJECT}: {str(data)[:120]}")
        if name and "type" not in event:
            event = {**event, "type": name}
        failure = _failure(event)
        if failure is not None:
            raise self.record.failed(failure)
        for each in self.record.note(event):
            yield self._make(each)


def _failure(event: Mapping[str, Any]) -> object:
    """The error that an event is, or carries; None if it is none."""
    name = event.get("type")
    if isinstance(name, str) and name.startswith("error"):
        return event
    nested = as_object(event.get("response"))
    if name == "response.failed":
        return failure_of({**(nested or event), "status": "failed"})
    if event.get("error") or name is None:
        return failure_of(event)
    return failure_of(nested) if nested.get("error") else None


def event_reader(response: Any) -> ResponseReader:
    """A reader of the events of this HTTP response, which gives each as JSON, made whole."""
    return ResponseReader(ResponseRecord(response, None), dict)


def assembled_response(response: Any, kind: Any = GlooResponse) -> Any:
    """The response that the events of a body make up, which came though none were asked for.

    Args:
        response: the HTTP response.
        kind: what it is read into.

    Raises:
        openai.APIError: as the stream of these events would.
    """
    reader = event_reader(response)
    try:
        for _ in (*reader.feed(response.content), *reader.end()):
            pass
    except Exception as error:  # noqa: BLE001 - translated and raised below
        failure = reader.record.translated(error)
    else:
        return kind.of(reader.record.events.response or {})
    raise failure


class SDKStream(Stream[ResponseStreamEvent]):
    """The SDK looks for what a stream consists of in the first class that says it."""


class AsyncSDKStream(AsyncStream[ResponseStreamEvent]):
    """`SDKStream`, awaited."""


class GlooResponseEventStream(Recorded, SDKStream):
    """The SDK's `Stream[ResponseStreamEvent]`, each of whose responses is a `GlooResponse`."""

    _record_kind = ResponseRecord

    def __stream__(self) -> Iterator[ResponseStreamEvent]:
        return read_all(self.response, ResponseReader(cast("ResponseRecord", self.record)))


class AsyncGlooResponseEventStream(AsyncRecorded, AsyncSDKStream):
    """`GlooResponseEventStream`, awaited."""

    _record_kind = ResponseRecord

    def __stream__(self) -> AsyncIterator[ResponseStreamEvent]:
        return aread_all(self.response, ResponseReader(cast("ResponseRecord", self.record)))
