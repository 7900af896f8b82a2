"""`client.chat.completions` with Gloo's keywords; the calls themselves are the SDK's own.

Gloo's keywords travel in `extra_body`, and a model that is left out is named by the pseudo model
that means the same: the request is routed later, where the SDK builds it. So whatever patches the
SDK's `create` sees every call, and a model in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from openai import NotGiven, Omit, omit
from openai._compat import cached_property
from openai.resources.chat import AsyncChat, Chat
from openai.resources.chat import completions as sdk
from openai.types.chat import ChatCompletionMessageParam, completion_create_params
from typing_extensions import TypeVar, Unpack

from ..answers import (
    AsyncGlooChatCompletionStreamManager,
    GlooChatCompletion,
    GlooChatCompletionStreamManager,
    GlooParsedChatCompletion,
)
from ..routing import FIELD_SET, FIELDS, gloo_body
from ..signatures import signed

if TYPE_CHECKING:
    from ..answers import AsyncGlooStream, GlooStream
    from .parameters import CreateParameters, Parameters
    from .raw_views import (
        AsyncRawCompletions,
        AsyncStreamingCompletions,
        RawCompletions,
        StreamingCompletions,
    )

__all__ = ["AsyncGlooChat", "AsyncGlooCompletions", "GlooChat", "GlooCompletions"]

T = TypeVar("T", default=None)
Messages = Iterable[ChatCompletionMessageParam]


def _sdk_parameters(client: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a call as the SDK's own methods take them.

    They are read by whatever patches those, so that a model which was left out is named.
    """
    rest = dict(parameters)
    if not FIELD_SET.isdisjoint(rest):
        gloo = {name: rest.pop(name) for name in FIELDS if name in rest}
        given = {n: value for n, value in gloo.items() if not isinstance(value, (Omit, NotGiven))}
        if given:
            rest["extra_body"] = {**given, **(rest.get("extra_body") or {})}
    if not rest.get("model"):
        name = client.named_model(rest.get("extra_body") or {})
        rest["model"] = name or rest.get("model", omit)
    return rest


class GlooCompletions(sdk.Completions):
    """The SDK's `Completions`; `model` may be left out, and Gloo's keywords are known."""

    if TYPE_CHECKING:

        @cached_property
        def with_raw_response(self) -> RawCompletions: ...
        @cached_property
        def with_streaming_response(self) -> StreamingCompletions: ...

    @overload
    def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[CreateParameters],
    ) -> GlooChatCompletion: ...
    @overload
    def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[CreateParameters],
    ) -> GlooStream: ...
    @overload
    def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: bool,
        **parameters: Unpack[CreateParameters],
    ) -> GlooChatCompletion | GlooStream: ...
    @signed(sdk.Completions.create, gloo_body)
    def create(self, **parameters: Any) -> GlooChatCompletion | GlooStream:
        """The SDK's `create`, and `auto_routing`, `model_family`, `tradition`, `rag_publisher`,
        `sources_limit`, `include_citations` (protocol §3, §4).

        Raises:
            RoutingError: the call does not say, or says twice, how its model is chosen.
        """
        return cast(
            "GlooChatCompletion | GlooStream",
            super().create(**_sdk_parameters(self._client, parameters)),
        )

    @signed(sdk.Completions.parse, gloo_body)
    def parse(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> GlooParsedChatCompletion[T]:
        """The SDK's `parse`, with the keywords of `create`."""
        call = dict(parameters, messages=messages, model=model, response_format=response_format)
        parsed = super().parse(**_sdk_parameters(self._client, call))
        return cast("GlooParsedChatCompletion[T]", parsed)

    @signed(sdk.Completions.stream, gloo_body)
    def stream(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: completion_create_params.ResponseFormat | type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> GlooChatCompletionStreamManager[T]:
        """The SDK's `stream`, with the keywords of `create`."""
        call = dict(parameters, messages=messages, model=model, response_format=response_format)
        return GlooChatCompletionStreamManager(
            super().stream(**_sdk_parameters(self._client, call))
        )


class AsyncGlooCompletions(sdk.AsyncCompletions):
    """`GlooCompletions`, awaited."""

    if TYPE_CHECKING:

        @cached_property
        def with_raw_response(self) -> AsyncRawCompletions: ...
        @cached_property
        def with_streaming_response(self) -> AsyncStreamingCompletions: ...

    @overload
    async def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[CreateParameters],
    ) -> GlooChatCompletion: ...
    @overload
    async def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[CreateParameters],
    ) -> AsyncGlooStream: ...
    @overload
    async def create(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        stream: bool,
        **parameters: Unpack[CreateParameters],
    ) -> GlooChatCompletion | AsyncGlooStream: ...
    @signed(sdk.AsyncCompletions.create, gloo_body)
    async def create(self, **parameters: Any) -> GlooChatCompletion | AsyncGlooStream:
        """The SDK's `create`, and `auto_routing`, `model_family`, `tradition`, `rag_publisher`,
        `sources_limit`, `include_citations` (protocol §3, §4).

        Raises:
            RoutingError: the call does not say, or says twice, how its model is chosen.
        """
        return cast(
            "GlooChatCompletion | AsyncGlooStream",
            await super().create(**_sdk_parameters(self._client, parameters)),
        )

    @signed(sdk.AsyncCompletions.parse, gloo_body)
    async def parse(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> GlooParsedChatCompletion[T]:
        """The SDK's `parse`, with the keywords of `create`."""
        call = dict(parameters, messages=messages, model=model, response_format=response_format)
        parsed = await super().parse(**_sdk_parameters(self._client, call))
        return cast("GlooParsedChatCompletion[T]", parsed)

    @signed(sdk.AsyncCompletions.stream, gloo_body)
    def stream(
        self,
        *,
        messages: Messages,
        model: str | Omit = omit,
        response_format: completion_create_params.ResponseFormat | type[T] | Omit = omit,
        **parameters: Unpack[Parameters],
    ) -> AsyncGlooChatCompletionStreamManager[T]:
        """The SDK's `stream`, with the keywords of `create`."""
        call = dict(parameters, messages=messages, model=model, response_format=response_format)
        return AsyncGlooChatCompletionStreamManager(
            super().stream(**_sdk_parameters(self._client, call))
        )


class GlooChat(Chat):
    """`client.chat`."""

    @cached_property
    def completions(self) -> GlooCompletions:
        """Chat completions, with Gloo's keywords."""
        return GlooCompletions(self._client)


class AsyncGlooChat(AsyncChat):
    """`client.chat`, awaited."""

    @cached_property
    def completions(self) -> AsyncGlooCompletions:
        """Chat completions, with Gloo's keywords, awaited."""
        return AsyncGlooCompletions(self._client)
