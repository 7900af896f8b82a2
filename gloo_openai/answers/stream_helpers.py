"""`chat.completions.stream()`: the SDK's event stream, whose final completion has Gloo's fields."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Generic, cast

from openai.lib.streaming.chat import (
    AsyncChatCompletionStream,
    AsyncChatCompletionStreamManager,
    ChatCompletionStream,
    ChatCompletionStreamEvent,
    ChatCompletionStreamManager,
)
from typing_extensions import TypeVar

from .reading import SHAPE_ERRORS
from .stream_record import StreamRecord
from .types import GlooParsedChatCompletion

__all__ = [
    "AsyncGlooChatCompletionStream",
    "AsyncGlooChatCompletionStreamManager",
    "GlooChatCompletionStream",
    "GlooChatCompletionStreamManager",
]

T = TypeVar("T", default=None)


def _completed(record: StreamRecord, parsed: Any) -> Any:
    """The final completion with what all chunks carried: the SDK keeps only the first one's."""
    missing = set(GlooParsedChatCompletion.model_fields) - parsed.model_fields_set
    arrived = {name: value for name, value in dict(parsed).items() if name not in missing}
    return GlooParsedChatCompletion.construct(**{**arrived, **record.fields})


def _shapeless(record: StreamRecord, error: Exception) -> Exception:
    message = f"the stream's chunks do not make up an answer: {error or 'there are none'}"
    return record.invalid(message)


def _of(kind: type, stream: Any) -> Any:
    """The SDK makes its stream where no class can be named; ours takes its state over."""
    taken = cast("Any", object.__new__(kind))
    taken.__dict__.update(stream.__dict__)
    taken._iterator = taken.__stream__()
    return taken


class GlooChatCompletionStream(ChatCompletionStream[T], Generic[T]):
    """The SDK's `ChatCompletionStream`: events while the answer arrives, then the whole of it."""

    def __stream__(self) -> Iterator[ChatCompletionStreamEvent[T]]:
        try:
            yield from super().__stream__()
        except SHAPE_ERRORS as error:
            raise _shapeless(self._record, error) from error

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
            raise _shapeless(self._record, error) from error
        return cast("GlooParsedChatCompletion[T]", _completed(self._record, parsed))

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
            raise _shapeless(self._record, error) from error

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
            raise _shapeless(self._record, error) from error
        return cast("GlooParsedChatCompletion[T]", _completed(self._record, parsed))

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
