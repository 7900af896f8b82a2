"""`client.beta.responses` of newer SDKs: its own types, read as those of `responses` are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Literal, Optional

from openai import AsyncStream, Stream
from openai.types.beta.beta_response import BetaResponse
from openai.types.beta.beta_response_output_item import BetaResponseOutputItem
from openai.types.beta.beta_response_stream_event import BetaResponseStreamEvent

from .response_reading import RESPONSES
from .response_streams import ResponseReader, ResponseRecord, assembled_response, typed_event
from .response_types import GlooResponseUsage, WholeResponse
from .streams import AsyncRecorded, Recorded, aread_all, read_all
from .ways import Way

__all__ = ["BETA_RESPONSES"]


class GlooBetaResponse(WholeResponse, BetaResponse):
    """The SDK's `BetaResponse`, with what Gloo adds. Every field may be missing."""

    id: str = ""
    created_at: float = 0
    model: str = ""
    object: Literal["response"] = "response"
    output: list[BetaResponseOutputItem] = []
    usage: Optional[GlooResponseUsage] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]  # as in `responses`


def _reader(record: Any) -> ResponseReader:
    make = partial(typed_event, kind=BetaResponseStreamEvent, whole=GlooBetaResponse)
    return ResponseReader(record, make)


class SDKStream(Stream[BetaResponseStreamEvent]):
    """The SDK looks for what a stream consists of in the first class that says it."""


class AsyncSDKStream(AsyncStream[BetaResponseStreamEvent]):
    """`SDKStream`, awaited."""


class GlooBetaEventStream(Recorded, SDKStream):
    """The SDK's `Stream[BetaResponseStreamEvent]`, made whole as that of `responses` is."""

    _record_kind = ResponseRecord

    def __stream__(self) -> Iterator[BetaResponseStreamEvent]:
        return read_all(self.response, _reader(self.record))


class AsyncGlooBetaEventStream(AsyncRecorded, AsyncSDKStream):
    """`GlooBetaEventStream`, awaited."""

    _record_kind = ResponseRecord

    def __stream__(self) -> AsyncIterator[BetaResponseStreamEvent]:
        return aread_all(self.response, _reader(self.record))


BETA_RESPONSES = Way(
    whole=GlooBetaResponse,
    types={
        **RESPONSES.types,
        BetaResponse: GlooBetaResponse,
        Stream[BetaResponseStreamEvent]: GlooBetaEventStream,
        AsyncStream[BetaResponseStreamEvent]: AsyncGlooBetaEventStream,
    },
    assembled=partial(assembled_response, kind=GlooBetaResponse),
    parsed=RESPONSES.parsed,
    unparsed=RESPONSES.unparsed,
)
