"""The SDK's streams, read the way Gloo ends them (protocol §5, Streaming).

What a stream reads from refers to its record, never to the stream: so there is no circle, and a
stream that nobody holds any more is closed at once, in the thread that dropped it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import anyio
from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletionChunk
from typing_extensions import Self

from ..http_libraries import DECODING_ERRORS, TRANSPORT_ERRORS
from .chunks import ChunkReader
from .routed import RoutingMetadata
from .stream_record import StreamRecord
from .types import GlooChatCompletionChunk

__all__ = [
    "AsyncGlooStream",
    "AsyncRecorded",
    "GlooStream",
    "Recorded",
    "aread_all",
    "read_all",
]

DRAIN = 0.1
"""Seconds that the end of a body may take to come after `[DONE]`, so that its connection is used
again; the SDK's own figure."""


if TYPE_CHECKING:
    # The SDK's `Stream` is invariant: as one of its own chunks it goes where code expects that.
    SDKStream = Stream[ChatCompletionChunk]
    AsyncSDKStream = AsyncStream[ChatCompletionChunk]
else:
    # The SDK looks for what a stream consists of in the first class that says it.
    class SDKStream(Stream[GlooChatCompletionChunk]): ...

    class AsyncSDKStream(AsyncStream[GlooChatCompletionChunk]): ...


def read_all(response: Any, reader: Any) -> Iterator[Any]:
    """What a reader makes of a response's bytes; the response is closed however this ends.

    A reader has `feed(piece)` and `end()`, which give what is to be yielded, `done`, whether the
    body `ends_with_answer`, and a `record` with `translated(error)` and `report()`.
    """
    failure = None
    try:
        pieces = response.iter_bytes()
        for piece in pieces:
            yield from reader.feed(piece)
            if reader.done:
                if reader.ends_with_answer:  # the end frees the connection, and says no more
                    with suppress(*TRANSPORT_ERRORS, *DECODING_ERRORS):
                        deque(pieces, maxlen=0)
                break
        else:
            yield from reader.end()
    except Exception as error:  # noqa: BLE001 - translated and raised below
        failure = reader.record.translated(error)
    finally:
        response.close()
        reader.record.report()
    if failure is not None:
        raise failure


async def aread_all(response: Any, reader: Any) -> AsyncIterator[Any]:
    """`read_all`, awaited."""
    failure = None
    try:
        pieces = response.aiter_bytes()
        async for piece in pieces:
            for item in reader.feed(piece):
                yield item
            if reader.done:
                await _drain(pieces)
                break
        else:
            for item in reader.end():
                yield item
    except Exception as error:  # noqa: BLE001 - translated and raised below
        failure = reader.record.translated(error)
    finally:
        try:
            await response.aclose()
        finally:
            reader.record.report()
    if failure is not None:
        raise failure


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    with suppress(*TRANSPORT_ERRORS, *DECODING_ERRORS), anyio.move_on_after(DRAIN):
        async for _ in pieces:
            pass


class _Recording:
    """What the SDK's streams get of ours: a record of what they have carried."""

    response: Any
    record: StreamRecord
    _record_kind: type[StreamRecord] = StreamRecord

    def __init__(self, *, response: Any, client: Any, **options: Any) -> None:
        self.record = self._record_kind(response, client.on_routing)
        cast("Any", super()).__init__(response=response, client=client, **options)

    @property
    def routing(self) -> RoutingMetadata:
        """What the stream has said so far: all of it, once it has been read."""
        return self.record.routing

    @property
    def guardrail_refusal(self) -> bool:
        """Whether Gloo's guardrails answered in place of a model; known once it has been read."""
        return self.record.routing.refused


class Recorded(_Recording):
    """For the SDK's `Stream`: a record, and a prompt end."""

    if TYPE_CHECKING:  # the SDK's own, which a tracer may have replaced

        def __iter__(self) -> Self: ...

    def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        cast("Any", super()).close()
        self.record.report()

    def __del__(self) -> None:
        # A stream that nobody has begun to read has no generator yet that would close it.
        if "response" in vars(self):
            self.close()


class AsyncRecorded(_Recording):
    """For the SDK's `AsyncStream`."""

    def __aiter__(self) -> Self:
        # The SDK's own is one more generator, which the end of a loop may close a second time.
        return self

    async def close(self) -> None:
        """Close the response; what the stream has carried so far is all there will be."""
        await cast("Any", super()).close()
        self.record.report()

    def __del__(self) -> None:
        # Its response is closed by the event loop, as for every generator that is dropped.
        if "record" in vars(self):
            self.record.report()


class GlooStream(Recorded, SDKStream):
    """The SDK's `Stream[ChatCompletionChunk]`, whose every chunk is a `GlooChatCompletionChunk`."""

    if TYPE_CHECKING:

        def __next__(self) -> GlooChatCompletionChunk: ...

    def __stream__(self) -> Iterator[GlooChatCompletionChunk]:
        return read_all(self.response, ChunkReader(self.record))


class AsyncGlooStream(AsyncRecorded, AsyncSDKStream):
    """`GlooStream`, awaited."""

    if TYPE_CHECKING:

        async def __anext__(self) -> GlooChatCompletionChunk: ...

    def __stream__(self) -> AsyncIterator[GlooChatCompletionChunk]:
        return aread_all(self.response, ChunkReader(self.record))
