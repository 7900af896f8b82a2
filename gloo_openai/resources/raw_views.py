"""`with_raw_response` and `with_streaming_response` as types; at run time they are the SDK's own.

The SDK's types of them are made of its own `create`, so they know neither Gloo's keywords nor its
answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Literal, Protocol, overload

from openai import Omit, omit
from openai._legacy_response import LegacyAPIResponse
from openai._response import (
    APIResponse,
    AsyncAPIResponse,
    AsyncResponseContextManager,
    ResponseContextManager,
)
from openai.resources.chat import completions as sdk
from openai.types.chat import ChatCompletionMessageParam
from typing_extensions import TypeVar, Unpack

from ..answers import AsyncGlooStream, GlooChatCompletion, GlooParsedChatCompletion, GlooStream
from .parameters import CreateParameters, Parameters

Messages = Iterable[ChatCompletionMessageParam]
T = TypeVar("T", default=None)
Whole_co = TypeVar("Whole_co", covariant=True)
Streamed_co = TypeVar("Streamed_co", covariant=True)


class Create(Protocol[Whole_co, Streamed_co]):
    """`create`, by what it returns for a whole answer and for a streamed one."""

    @overload
    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[CreateParameters],
    ) -> Whole_co: ...
    @overload
    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[CreateParameters],
    ) -> Streamed_co: ...


class RawParse(Protocol):
    """`with_raw_response.parse`."""

    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> LegacyAPIResponse[GlooParsedChatCompletion[T]]: ...


class RawCompletions(sdk.CompletionsWithRawResponse):
    """`chat.completions.with_raw_response`."""

    create: Create[LegacyAPIResponse[GlooChatCompletion], LegacyAPIResponse[GlooStream]]  # type: ignore[assignment]  # wider in what it takes
    parse: RawParse  # type: ignore[assignment]  # wider in what it takes


class AsyncRawParse(Protocol):
    """`with_raw_response.parse`, awaited."""

    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> Awaitable[LegacyAPIResponse[GlooParsedChatCompletion[T]]]: ...


class AsyncRawCompletions(sdk.AsyncCompletionsWithRawResponse):
    """`chat.completions.with_raw_response`, awaited."""

    create: Create[
        Awaitable[LegacyAPIResponse[GlooChatCompletion]],
        Awaitable[LegacyAPIResponse[AsyncGlooStream]],
    ]  # type: ignore[assignment]  # wider in what it takes
    parse: AsyncRawParse  # type: ignore[assignment]  # wider in what it takes


class StreamingParse(Protocol):
    """`with_streaming_response.parse`."""

    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> ResponseContextManager[APIResponse[GlooParsedChatCompletion[T]]]: ...


class StreamingCompletions(sdk.CompletionsWithStreamingResponse):
    """`chat.completions.with_streaming_response`."""

    create: Create[
        ResponseContextManager[APIResponse[GlooChatCompletion]],
        ResponseContextManager[APIResponse[GlooStream]],
    ]  # type: ignore[assignment]  # wider in what it takes
    parse: StreamingParse  # type: ignore[assignment]  # wider in what it takes


class AsyncStreamingParse(Protocol):
    """`with_streaming_response.parse`, awaited."""

    def __call__(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> AsyncResponseContextManager[AsyncAPIResponse[GlooParsedChatCompletion[T]]]: ...


class AsyncStreamingCompletions(sdk.AsyncCompletionsWithStreamingResponse):
    """`chat.completions.with_streaming_response`, awaited."""

    create: Create[
        AsyncResponseContextManager[AsyncAPIResponse[GlooChatCompletion]],
        AsyncResponseContextManager[AsyncAPIResponse[AsyncGlooStream]],
    ]  # type: ignore[assignment]  # wider in what it takes
    parse: AsyncStreamingParse  # type: ignore[assignment]  # wider in what it takes
