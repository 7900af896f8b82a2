"""The SDK's streams, read the way Gloo ends them (protocol §5, Streaming).

A stream is finished by `[DONE]`, or by its end after a `finish_reason`. Anything else, and an
error event in the middle, is an exception with the text so far, never a short answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, cast

from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletionChunk

from .stream_record import StreamRecord
from .types import GlooChatCompletionChunk

__all__ = ["AsyncGlooStream", "GlooStream"]

END_WITHOUT_REASON = "the stream ended without a finish_reason"


if TYPE_CHECKING:
    # The SDK's `Stream` is invariant: as one of its own chunks it goes where code expects that.
    SDKStream = Stream[ChatCompletionChunk]
    AsyncSDKStream = AsyncStream[ChatCompletionChunk]
else:
    SDKStream = Stream[GlooChatCompletionChunk]
    AsyncSDKStream = AsyncStream[GlooChatCompletionChunk]


class GlooStream(SDKStream):
    """The SDK's `Stream[ChatCompletionChunk]`, whose every chunk is a `GlooChatCompletionChunk`."""

    if TYPE_CHECKING:

        def __next__(self) -> GlooChatCompletionChunk: ...
        def __iter__(self) -> Iterator[GlooChatCompletionChunk]: ...

    def __init__(self, *, response: Any, client: Any, **options: Any) -> None:
        self.record = StreamRecord(response, client.on_routing)
        super().__init__(response=response, client=client, **options)

    def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        super().close()
        self.record.report()

    def _iter_events(self) -> Iterator[Any]:
        for event in super()._iter_events():
            if self.record.is_data(event):
                yield event

    def __stream__(self) -> Iterator[GlooChatCompletionChunk]:
        failure = None
        try:
            with closing(cast("Any", super().__stream__())) as chunks:
                for chunk in chunks:
                    yield self.record.take(chunk)
        except Exception as error:  # noqa: BLE001 - translated and raised below
            failure = self.record.translated(error)
        finally:
            self.record.report()
        if failure is not None:
            raise failure
        if not self.record.finished:
            raise self.record.cut_off(END_WITHOUT_REASON)


class AsyncGlooStream(AsyncSDKStream):
    """`GlooStream`, awaited."""

    if TYPE_CHECKING:

        async def __anext__(self) -> GlooChatCompletionChunk: ...
        def __aiter__(self) -> AsyncIterator[GlooChatCompletionChunk]: ...

    def __init__(self, *, response: Any, client: Any, **options: Any) -> None:
        self.record = StreamRecord(response, client.on_routing)
        super().__init__(response=response, client=client, **options)

    async def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        await super().close()
        self.record.report()

    async def _iter_events(self) -> AsyncIterator[Any]:
        async with aclosing(cast("Any", super()._iter_events())) as events:
            async for event in events:
                if self.record.is_data(event):
                    yield event

    async def __stream__(self) -> AsyncIterator[GlooChatCompletionChunk]:
        failure = None
        try:
            async with aclosing(cast("Any", super().__stream__())) as chunks:
                async for chunk in chunks:
                    yield self.record.take(chunk)
        except Exception as error:  # noqa: BLE001 - translated and raised below
            failure = self.record.translated(error)
        finally:
            self.record.report()
        if failure is not None:
            raise failure
        if not self.record.finished:
            raise self.record.cut_off(END_WITHOUT_REASON)
