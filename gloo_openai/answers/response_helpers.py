"""`responses.stream()`: the SDK's event stream, whose final response has Gloo's fields."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, cast

import openai
from openai import omit
from openai._utils import consume_async_iterator, consume_sync_iterator, is_given
from openai.lib._parsing._responses import parse_response
from openai.lib.streaming.responses import (
    AsyncResponseStream,
    AsyncResponseStreamManager,
    ResponseStream,
    ResponseStreamEvent,
    ResponseStreamManager,
)
from typing_extensions import TypeVar

from .assembly import SHAPE_ERRORS, shapeless
from .response_reading import unparsed_text
from .response_streams import ResponseRecord
from .response_types import GlooParsedResponse, GlooResponse

__all__ = [
    "AsyncGlooResponseStream",
    "AsyncGlooResponseStreamManager",
    "GlooResponseStream",
    "GlooResponseStreamManager",
]

T = TypeVar("T", default=None)


class Accumulation:
    """What the SDK's state makes of the events, and Gloo's fields on what it ends with."""

    def __init__(self, stream: Any) -> None:
        self.record: ResponseRecord = stream._raw_stream.record
        self.final: GlooParsedResponse[Any] | None = None
        self._state = stream._state
        self._starting_after: int | None = stream._starting_after
        self._id: str | None = None

    def take(self, event: Any) -> list[Any]:
        """The helper's events for one of the stream's."""
        response = getattr(event, "response", None)
        events = self._handle(event, response)
        if event.type in ("response.completed", "response.incomplete"):
            self.final = self._whole(response)
            for each in events:
                each.response = self.final
        after = self._starting_after
        return [each for each in events if after is None or each.sequence_number > after]

    def _handle(self, event: Any, response: Any) -> list[Any]:
        """The SDK takes responses of another id for another's; Gloo may say it at the end only."""
        if response is None:
            return cast("list[Any]", self._state.handle_event(event))
        name = response.id
        self._id = name if self._id is None else self._id
        response.id = self._id
        try:
            return cast("list[Any]", self._state.handle_event(event))
        finally:
            response.id = name

    def _whole(self, response: Any) -> GlooParsedResponse[Any]:
        parsed = self._state._completed_response
        if parsed is None:  # it is incomplete, and what is not whole is not parsed
            parsed = parse_response(text_format=omit, input_tools=omit, response=response)
        whole = GlooParsedResponse.of(parsed, response)
        whole.id = response.id
        return whole

    def unparsed(self, error: Exception) -> Exception:
        """What the SDK could not parse or put together, once the stream has been read."""
        if isinstance(error, SHAPE_ERRORS):
            return shapeless(self.record, error)
        whole = self.record.events.response
        response = GlooResponse.of(whole) if whole else None
        return unparsed_text(error, self.record.text, response) or error

    def result(self) -> GlooParsedResponse[Any]:
        """The response with which the stream has ended."""
        if self.final is None:
            raise shapeless(self.record, RuntimeError("there is no response"))
        if is_given(self._state._text_format):
            failure = unparsed_text(RuntimeError(), self.final.output_text, self.final)
            if failure is not None:
                raise failure
        return self.final


UNPARSED = (*SHAPE_ERRORS, ValueError)


def _events(raw: Any, accumulation: Accumulation) -> Iterator[Any]:
    failure = None
    for event in raw:
        try:
            events = accumulation.take(event)
        except UNPARSED as error:
            with suppress(openai.OpenAIError):  # only the whole of it shows what it is
                consume_sync_iterator(raw)
            failure = error
            break
        yield from events
    if failure is not None:
        raise accumulation.unparsed(failure)


async def _aevents(raw: Any, accumulation: Accumulation) -> AsyncIterator[Any]:
    failure = None
    async for event in raw:
        try:
            events = accumulation.take(event)
        except UNPARSED as error:
            with suppress(openai.OpenAIError):  # only the whole of it shows what it is
                await consume_async_iterator(raw)
            failure = error
            break
        for each in events:
            yield each
    if failure is not None:
        raise accumulation.unparsed(failure)


def _taken(kind: type, stream: Any, events: Any) -> Any:
    """The SDK makes its stream where no class can be named; ours takes its state over.

    One that a tracer has made its own has no record, and stays what it is.
    """
    if not isinstance(getattr(stream._raw_stream, "record", None), ResponseRecord):
        return stream
    taken = cast("Any", object.__new__(kind))
    taken.__dict__.update(stream.__dict__)
    taken.accumulation = Accumulation(stream)
    taken._iterator = events(stream._raw_stream, taken.accumulation)
    stream._iterator = None
    return taken


class GlooResponseStream(ResponseStream[T], Generic[T]):
    """The SDK's `ResponseStream`: events while the answer arrives, then the whole of it."""

    accumulation: Accumulation

    def __iter__(self) -> Iterator[ResponseStreamEvent[T]]:
        return self._iterator

    def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        super().close()
        self.accumulation.record.report()

    def get_final_response(self) -> GlooParsedResponse[T]:
        """Read to the end; the answer, whole or incomplete.

        Raises:
            IncompleteAnswerError: it was to be parsed, and is incomplete.
        """
        self.until_done()
        return self.accumulation.result()


class AsyncGlooResponseStream(AsyncResponseStream[T], Generic[T]):
    """`GlooResponseStream`, awaited."""

    accumulation: Accumulation

    def __aiter__(self) -> AsyncIterator[ResponseStreamEvent[T]]:
        return self._iterator

    async def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        await super().close()
        self.accumulation.record.report()

    async def get_final_response(self) -> GlooParsedResponse[T]:
        """Read to the end; the answer, whole or incomplete.

        Raises:
            IncompleteAnswerError: it was to be parsed, and is incomplete.
        """
        await self.until_done()
        return self.accumulation.result()


class GlooResponseStreamManager(ResponseStreamManager[T], Generic[T]):
    """The context manager that `stream()` returns."""

    def __init__(self, manager: ResponseStreamManager[T]) -> None:
        self._manager = manager

    def __enter__(self) -> GlooResponseStream[T]:
        self._stream = _taken(GlooResponseStream, self._manager.__enter__(), _events)
        return cast("GlooResponseStream[T]", self._stream)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._stream.close()


class AsyncGlooResponseStreamManager(AsyncResponseStreamManager[T], Generic[T]):
    """The asynchronous context manager that `stream()` returns."""

    def __init__(self, manager: AsyncResponseStreamManager[T]) -> None:
        self._manager = manager

    async def __aenter__(self) -> AsyncGlooResponseStream[T]:
        stream = await self._manager.__aenter__()
        self._stream = _taken(AsyncGlooResponseStream, stream, _aevents)
        return cast("AsyncGlooResponseStream[T]", self._stream)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self._stream.close()
