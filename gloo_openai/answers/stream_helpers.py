"""`chat.completions.stream()`: the SDK's event stream, whose final completion has Gloo's fields."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, cast

import openai
from openai._utils import consume_async_iterator, consume_sync_iterator
from openai.lib.streaming.chat import (
    AsyncChatCompletionStream,
    AsyncChatCompletionStreamManager,
    ChatCompletionStream,
    ChatCompletionStreamEvent,
    ChatCompletionStreamManager,
)
from typing_extensions import TypeVar

from ..errors import GuardrailRefusalError
from .assembly import SHAPE_ERRORS, completed, shapeless
from .stream_record import StreamRecord
from .types import GlooParsedChatCompletion

__all__ = [
    "AsyncGlooChatCompletionStream",
    "AsyncGlooChatCompletionStreamManager",
    "GlooChatCompletionStream",
    "GlooChatCompletionStreamManager",
]

T = TypeVar("T", default=None)


def _of(kind: type, stream: Any) -> Any:
    """The SDK makes its stream where no class can be named; ours takes its state over.

    What it reads from is a twin without it: so there is no circle, as in `streams`. A stream over
    something that keeps no record (the SDK's own stream, or a tracer's) stays the SDK's.
    """
    if not hasattr(stream._raw_stream, "record"):
        return stream
    stream._iterator = None
    taken, twin = (cast("Any", object.__new__(kind)) for _ in range(2))
    for each in (taken, twin):
        each.__dict__.update(stream.__dict__)
    taken._iterator = twin.__stream__()
    return taken


REFUSED = (ValueError, openai.ContentFilterFinishReasonError)
"""What the SDK raises where it parses words that are no JSON, or that a filter has ended."""


def _refusal(record: StreamRecord) -> GuardrailRefusalError | None:
    """The exception for what a guardrail said, once the stream has been read."""
    return GuardrailRefusalError(text=record.text) if record.routing.refused else None


class GlooChatCompletionStream(ChatCompletionStream[T], Generic[T]):
    """The SDK's `ChatCompletionStream`: events while the answer arrives, then the whole of it."""

    def __stream__(self) -> Iterator[ChatCompletionStreamEvent[T]]:
        try:
            yield from super().__stream__()
        except SHAPE_ERRORS as error:
            raise shapeless(self._record, error) from error
        except REFUSED as error:
            with suppress(openai.OpenAIError):  # only the whole of it shows what it is
                consume_sync_iterator(self._raw_stream)
            raise _refusal(self._record) or error from error

    def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        super().close()
        self._record.report()

    def get_final_completion(self) -> GlooParsedChatCompletion[T]:
        """Read to the end; the answer, with citations and routing metadata of all chunks."""
        self.until_done()
        try:
            parsed = super().get_final_completion()
        except SHAPE_ERRORS as error:
            raise shapeless(self._record, error) from error
        except REFUSED as error:
            raise _refusal(self._record) or error from error
        return cast("GlooParsedChatCompletion[T]", completed(self._record, parsed))

    @property
    def _record(self) -> StreamRecord:
        return cast("StreamRecord", cast("Any", self)._raw_stream.record)


class AsyncGlooChatCompletionStream(AsyncChatCompletionStream[T], Generic[T]):
    """`GlooChatCompletionStream`, awaited."""

    async def __stream__(self) -> AsyncIterator[ChatCompletionStreamEvent[T]]:
        try:
            async for event in super().__stream__():
                yield event
        except SHAPE_ERRORS as error:
            raise shapeless(self._record, error) from error
        except REFUSED as error:
            with suppress(openai.OpenAIError):  # only the whole of it shows what it is
                await consume_async_iterator(self._raw_stream)
            raise _refusal(self._record) or error from error

    async def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        await super().close()
        self._record.report()

    async def get_final_completion(self) -> GlooParsedChatCompletion[T]:
        """Read to the end; the answer, with citations and routing metadata of all chunks."""
        await self.until_done()
        try:
            parsed = await super().get_final_completion()
        except SHAPE_ERRORS as error:
            raise shapeless(self._record, error) from error
        except REFUSED as error:
            raise _refusal(self._record) or error from error
        return cast("GlooParsedChatCompletion[T]", completed(self._record, parsed))

    @property
    def _record(self) -> StreamRecord:
        return cast("StreamRecord", cast("Any", self)._raw_stream.record)


class GlooChatCompletionStreamManager(ChatCompletionStreamManager[T], Generic[T]):
    """The context manager that `stream()` returns."""

    def __init__(self, manager: ChatCompletionStreamManager[T]) -> None:
        self._manager = manager

    def __enter__(self) -> GlooChatCompletionStream[T]:
        self._stream = _of(GlooChatCompletionStream, self._manager.__enter__())
        return cast("GlooChatCompletionStream[T]", self._stream)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._stream.close()


class AsyncGlooChatCompletionStreamManager(AsyncChatCompletionStreamManager[T], Generic[T]):
    """The asynchronous context manager that `stream()` returns."""

    def __init__(self, manager: AsyncChatCompletionStreamManager[T]) -> None:
        self._manager = manager

    async def __aenter__(self) -> AsyncGlooChatCompletionStream[T]:
        self._stream = _of(AsyncGlooChatCompletionStream, await self._manager.__aenter__())
        return cast("AsyncGlooChatCompletionStream[T]", self._stream)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self._stream.close()
