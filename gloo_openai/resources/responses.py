"""`client.responses` with Gloo's `tradition`; the calls themselves are the SDK's own.

Gloo has `create`, and what is made of it: `parse` and `stream`. What else the SDK has here is not
on Gloo (protocol §1), and its 404 says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from openai import NotGiven, Omit, omit
from openai._compat import cached_property
from openai.resources.responses import responses as sdk
from openai.types.responses import ResponseInputParam
from typing_extensions import TypeVar, Unpack

from ..answers import (
    AsyncGlooResponseStreamManager,
    GlooParsedResponse,
    GlooResponse,
    GlooResponseStreamManager,
)
from ..routing import FIELDS, Tradition, is_pseudo_model
from ..signatures import signed

if TYPE_CHECKING:
    from ..answers import AsyncGlooResponseEventStream, GlooResponseEventStream
    from .parameters import ResponseParameters, ResponseParseParameters
    from .response_views import (
        AsyncRawResponses,
        AsyncStreamingResponses,
        RawResponses,
        StreamingResponses,
    )

__all__ = ["AsyncGlooResponses", "GlooResponses"]

T = TypeVar("T", default=None)
Input = str | ResponseInputParam


def _sdk_parameters(client: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a call as the SDK's own methods take them.

    A model that is left out is the client's own: who patches the SDK's `create` sees it.
    """
    rest = dict(parameters)
    gloo = {name: rest.pop(name) for name in FIELDS if name in rest}
    given = {name: value for name, value in gloo.items() if _is_given(value)}
    if given:
        rest["extra_body"] = {**given, **(rest.get("extra_body") or {})}
    default = client.default_model
    if not _is_given(rest.get("model", omit)) and default and not is_pseudo_model(default):
        rest["model"] = default
    return rest


def _parseable(client: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The same for `parse` and `stream`, which take function tools in the flat form only."""
    rest = _sdk_parameters(client, parameters)
    tools = rest.get("tools")
    if isinstance(tools, Iterable):
        rest["tools"] = [_flat(tool) for tool in cast("Iterable[object]", tools)]
    return rest


def _flat(tool: object) -> object:
    if not isinstance(tool, Mapping):
        return tool
    fields = dict(cast("Mapping[str, Any]", tool))
    function: object = fields.pop("function", None)
    # The SDK makes its own tool of a pydantic class, so that it parses the arguments.
    nested = type(function) is dict
    return {**fields, **cast("dict[str, Any]", function)} if nested else cast("object", tool)


def _is_given(value: object) -> bool:
    return not isinstance(value, (Omit, NotGiven))


def _gloos(*, tradition: Tradition | None = None) -> None:
    """Gloo's keyword of these calls, for their signatures."""


class GlooResponses(sdk.Responses):
    """The SDK's `Responses`, with Gloo's `tradition`."""

    if TYPE_CHECKING:

        @cached_property
        def with_raw_response(self) -> RawResponses: ...
        @cached_property
        def with_streaming_response(self) -> StreamingResponses: ...

    @overload
    def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponse: ...
    @overload
    def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponseEventStream: ...
    @overload
    def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: bool,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponse | GlooResponseEventStream: ...
    @signed(sdk.Responses.create, _gloos)
    def create(self, **parameters: Any) -> GlooResponse | GlooResponseEventStream:
        """The SDK's `create`, and `tradition` (protocol §5, Responses).

        Raises:
            RoutingError: no model is named, or something that only chat completions have.
        """
        return cast(
            "GlooResponse | GlooResponseEventStream",
            super().create(**_sdk_parameters(self._client, parameters)),
        )

    @overload  # type: ignore[override]  # its keywords are read from a dict: all of the SDK's
    def parse(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        parse_as: Omit = omit,
        **parameters: Unpack[ResponseParseParameters],
    ) -> GlooParsedResponse[T]: ...
    @overload
    def parse(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        text_format: type | Omit = omit,
        parse_as: type[T] | None,
        **parameters: Unpack[ResponseParseParameters],
    ) -> GlooParsedResponse[T]: ...
    @signed(sdk.Responses.parse, _gloos)
    def parse(self, **parameters: Any) -> GlooParsedResponse[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # its keywords are read from a dict
        """The SDK's `parse`, with the keywords of `create`.

        Raises:
            pydantic.ValidationError: the answer is no such object; the error shows its text.
            IncompleteAnswerError: the answer is not whole.
            GuardrailRefusalError: Gloo's guardrails answered.
        """
        parsed = super().parse(**_parseable(self._client, parameters))
        return cast("GlooParsedResponse[Any]", parsed)

    @overload
    def stream(
        self,
        *,
        response_id: str,
        starting_after: int | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponseStreamManager[T]: ...
    @overload
    def stream(
        self,
        *,
        input: Input,
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponseStreamManager[T]: ...
    @signed(sdk.Responses.stream, _gloos)
    def stream(self, **parameters: Any) -> GlooResponseStreamManager[Any]:
        """The SDK's `stream`, with the keywords of `create`."""
        return GlooResponseStreamManager(super().stream(**_streamed(self._client, parameters)))


class AsyncGlooResponses(sdk.AsyncResponses):
    """`GlooResponses`, awaited."""

    if TYPE_CHECKING:

        @cached_property
        def with_raw_response(self) -> AsyncRawResponses: ...
        @cached_property
        def with_streaming_response(self) -> AsyncStreamingResponses: ...

    @overload
    async def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[False] | Omit | None = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponse: ...
    @overload
    async def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: Literal[True],
        **parameters: Unpack[ResponseParameters],
    ) -> AsyncGlooResponseEventStream: ...
    @overload
    async def create(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        stream: bool,
        **parameters: Unpack[ResponseParameters],
    ) -> GlooResponse | AsyncGlooResponseEventStream: ...
    @signed(sdk.AsyncResponses.create, _gloos)
    async def create(self, **parameters: Any) -> GlooResponse | AsyncGlooResponseEventStream:
        """The SDK's `create`, and `tradition` (protocol §5, Responses).

        Raises:
            RoutingError: no model is named, or something that only chat completions have.
        """
        return cast(
            "GlooResponse | AsyncGlooResponseEventStream",
            await super().create(**_sdk_parameters(self._client, parameters)),
        )

    @overload  # type: ignore[override]  # its keywords are read from a dict: all of the SDK's
    async def parse(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        parse_as: Omit = omit,
        **parameters: Unpack[ResponseParseParameters],
    ) -> GlooParsedResponse[T]: ...
    @overload
    async def parse(
        self,
        *,
        input: Input | Omit = omit,
        model: str | Omit = omit,
        text_format: type | Omit = omit,
        parse_as: type[T] | None,
        **parameters: Unpack[ResponseParseParameters],
    ) -> GlooParsedResponse[T]: ...
    @signed(sdk.AsyncResponses.parse, _gloos)
    async def parse(self, **parameters: Any) -> GlooParsedResponse[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # its keywords are read from a dict
        """The SDK's `parse`, with the keywords of `create`.

        Raises:
            pydantic.ValidationError: the answer is no such object; the error shows its text.
            IncompleteAnswerError: the answer is not whole.
            GuardrailRefusalError: Gloo's guardrails answered.
        """
        parsed = await super().parse(**_parseable(self._client, parameters))
        return cast("GlooParsedResponse[Any]", parsed)

    @overload
    def stream(
        self,
        *,
        response_id: str,
        starting_after: int | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> AsyncGlooResponseStreamManager[T]: ...
    @overload
    def stream(
        self,
        *,
        input: Input,
        model: str | Omit = omit,
        text_format: type[T] | Omit = omit,
        **parameters: Unpack[ResponseParameters],
    ) -> AsyncGlooResponseStreamManager[T]: ...
    @signed(sdk.AsyncResponses.stream, _gloos)
    def stream(self, **parameters: Any) -> AsyncGlooResponseStreamManager[Any]:
        """The SDK's `stream`, with the keywords of `create`."""
        return AsyncGlooResponseStreamManager(super().stream(**_streamed(self._client, parameters)))


def _streamed(client: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of `stream`, whose SDK insists on a model; an empty one names none."""
    rest = _parseable(client, parameters)
    if "response_id" not in rest and not _is_given(rest.get("model", omit)):
        rest["model"] = ""
    return rest
