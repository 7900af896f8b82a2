"""`responses.with_raw_response` and `with_streaming_response` as types; at run time they are the
SDK's own, made of its own `create`, so that they know neither `tradition` nor Gloo's answers.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Literal, Protocol, overload

from openai import Omit, omit
from openai._legacy_response import LegacyAPIResponse
from openai._response import (
    APIResponse,
    AsyncAPIResponse,
    AsyncResponseContextManager,
    ResponseContextManager,
)
from openai.resources.responses import responses as sdk
from openai.types.responses import ResponseInputParam
from typing_extensions import TypeVar, Unpack

from ..answers import (
    AsyncGlooResponseEventStream,
    GlooParsedResponse,
    GlooResponse,
    GlooResponseEventStream,
)
from .parameters import ResponseParameters, ResponseParseParameters

Input = str | ResponseInputParam
T = TypeVar("T", default=None)
Whole_co = TypeVar("Whole_co", covariant=True)
Streamed_co = TypeVar("Streamed_co", covariant=True)


class Create(Protocol[Whole_co, Streamed_co]):
    """`create`, by what it returns for a whole answer and for a streamed one."""

    @overload
    def __call__(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> Whole_co: ...
    @overload
    def __call__(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[ResponseParameters],
    ) -> Streamed_co: ...


class RawParse(Protocol):
    """`with_raw_response.parse`."""

    def __call__(
        self,
        *,
        input: Input | Omit = omit,  # noqa: A002 - the SDK calls it so
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParseParameters],
    ) -> LegacyAPIResponse[GlooParsedResponse[T]]: ...


class RawResponses(sdk.ResponsesWithRawResponse):
    """`responses.with_raw_response`."""

    create: Create[LegacyAPIResponse[GlooResponse], LegacyAPIResponse[GlooResponseEventStream]]  # type: ignore[assignment]  # wider in what it takes
    parse: RawParse  # type: ignore[assignment]  # wider in what it takes


class AsyncRawParse(Protocol):
    """`with_raw_response.parse`, awaited."""

    def __call__(
        self,
        *,
        input: Input | Omit = omit,  # noqa: A002 - the SDK calls it so
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParseParameters],
    ) -> Awaitable[LegacyAPIResponse[GlooParsedResponse[T]]]: ...


class AsyncRawResponses(sdk.AsyncResponsesWithRawResponse):
    """`responses.with_raw_response`, awaited."""

    create: Create[
        Awaitable[LegacyAPIResponse[GlooResponse]],
        Awaitable[LegacyAPIResponse[AsyncGlooResponseEventStream]],
    ]  # type: ignore[assignment]  # wider in what it takes
    parse: AsyncRawParse  # type: ignore[assignment]  # wider in what it takes


class StreamingResponses(sdk.ResponsesWithStreamingResponse):
    """`responses.with_streaming_response`."""

    create: Create[
        ResponseContextManager[APIResponse[GlooResponse]],
        ResponseContextManager[APIResponse[GlooResponseEventStream]],
    ]  # type: ignore[assignment]  # wider in what it takes


class AsyncStreamingResponses(sdk.AsyncResponsesWithStreamingResponse):
    """`responses.with_streaming_response`, awaited."""

    create: Create[
        AsyncResponseContextManager[AsyncAPIResponse[GlooResponse]],
        AsyncResponseContextManager[AsyncAPIResponse[AsyncGlooResponseEventStream]],
    ]  # type: ignore[assignment]  # wider in what it takes
