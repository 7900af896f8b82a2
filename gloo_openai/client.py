"""The two clients: `openai.OpenAI` and `openai.AsyncOpenAI` with Gloo's auth and routing."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any

import anyio
import openai
from openai import AsyncOpenAI, OpenAI
from openai._base_client import AsyncHttpxClientWrapper, SyncHttpxClientWrapper
from openai._compat import cached_property
from typing_extensions import Self, Unpack

from .auth import hide_secrets
from .base_client import GlooBase
from .signatures import ClassSignature, signed

if TYPE_CHECKING:
    from .client_options import AsyncClientOptions, AsyncCopyOptions, ClientOptions, CopyOptions
    from .resources import (
        AsyncGlooBeta,
        AsyncGlooChat,
        AsyncGlooEmbeddings,
        AsyncGlooModels,
        AsyncGlooResponses,
        AsyncGlooWebhooks,
        GlooBeta,
        GlooChat,
        GlooEmbeddings,
        GlooModels,
        GlooResponses,
        GlooWebhooks,
    )

__all__ = ["AsyncGlooOpenAI", "GlooOpenAI"]


class GlooOpenAI(GlooBase, OpenAI):  # pyright: ignore[reportIncompatibleVariableOverride]  # api_key, websocket_base_url: attributes there
    """`openai.OpenAI` for Gloo AI: same methods, same types, same exceptions.

    Takes every keyword of `openai.OpenAI`, and:

    Args:
        api_key: a key, or a callable that gives one for each request: no token is exchanged. Found
            in the environment (`GLOO_API_KEY`) or a .env file if left out.
        client_id, client_secret: Gloo's client credentials, in place of a key; found there too
            (`GLOO_CLIENT_ID`, `GLOO_CLIENT_SECRET`).
        credentials: a callable that gives client id and secret for each exchange.
        auth: a `GlooAuth` to share with other clients, in place of credentials.
        base_url: an origin, or an origin and path such as `/ai/v1`.
        endpoint: `"guarded"`, `"direct"`, …: the same as a base URL that ends so.
        token_url: where tokens are exchanged.
        env_file: a .env file to read; None for none; searched upwards if left out.
        default_model: for calls that say nothing; a real model or a pseudo model.
        tradition, rag_publisher, sources_limit, include_citations: for calls that leave them out.
        grounded: True makes every call grounded; so does `rag_publisher`, unless this is False.
        on_routing: called once per answer with its `RoutingMetadata`, streamed answers included.
        allow_insecure_http: allow plain http to a host that is not loopback.

    Raises:
        MissingCredentialsError: nothing to authenticate with was found.
        openai.OpenAIError: settings that contradict each other.
    """

    _http_kind = SyncHttpxClientWrapper

    __signature__ = ClassSignature(OpenAI, GlooBase._take_options)

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        hide_secrets(options)
        super().__init__(**self._take_options(**options))
        self._settle(options)

    @signed(OpenAI.copy, GlooBase._take_options)
    def copy(self, **options: Unpack[CopyOptions]) -> Self:
        """The same client with other options; it shares the token and the HTTP client."""
        hide_secrets(options)
        return super().copy(**self._copy_options({**options}))

    with_options = copy

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()

    def request(
        self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None
    ) -> Any:
        """The SDK's `request`; what is answered with 200 and no answer is sent once more."""
        send = super().request
        try:
            return send(cast_to, options, stream=stream, stream_cls=stream_cls)
        except openai.APIError as error:
            pause = self._pause_before_another_try(error, options)
            if pause is None:
                raise
        time.sleep(pause)
        return send(cast_to, options, stream=stream, stream_cls=stream_cls)

    if not TYPE_CHECKING:  # for type checkers it is the SDK's

        @wraps(OpenAI.post)
        def post(self, path: str, *, stream_cls: Any = None, **options: Any) -> Any:
            """The SDK's `post`; the class of a stream is ours for who wraps `request`, too."""
            if stream_cls is not None and not self._strict_response_validation:
                stream_cls = self._answers.stream_class(path, stream_cls)
            return super().post(path, stream_cls=stream_cls, **options)

    def _process_response(self, **answer: Any) -> Any:
        if self._strict_response_validation:  # by the SDK's own types, which Gloo's are not
            return super()._process_response(**answer)
        answers = self._answers
        report = answers.expect(answer, self.on_routing)
        try:
            return answers.checked(super()._process_response(**answer), answer, report)
        except answers.UNREADABLE as error:
            failure = error
        return answers.reread(failure, answer)

    @cached_property
    def chat(self) -> GlooChat:
        """`chat.completions`, with Gloo's keywords."""
        from .resources import GlooChat

        return GlooChat(self)

    @cached_property
    def beta(self) -> GlooBeta:
        """The SDK's `beta`, whose `chat` is this client's."""
        from .resources import GlooBeta

        return GlooBeta(self)

    @cached_property
    def embeddings(self) -> GlooEmbeddings:
        """Embeddings, as numbers unless another encoding is named."""
        from .resources import GlooEmbeddings

        return GlooEmbeddings(self)

    @cached_property
    def models(self) -> GlooModels:
        """Gloo's model catalogue."""
        from .resources import GlooModels

        return GlooModels(self)

    @cached_property
    def webhooks(self) -> GlooWebhooks:
        """The SDK's `webhooks`; Gloo sends none."""
        from .resources import GlooWebhooks

        return GlooWebhooks(self)

    @cached_property
    def responses(self) -> GlooResponses:
        """The Responses API, with `tradition`."""
        from .resources import GlooResponses

        return GlooResponses(self)


class AsyncGlooOpenAI(GlooBase, AsyncOpenAI):  # pyright: ignore[reportIncompatibleVariableOverride]  # api_key, websocket_base_url: attributes there
    """`openai.AsyncOpenAI` for Gloo AI, on asyncio and trio. See `GlooOpenAI`."""

    _http_kind = AsyncHttpxClientWrapper

    __signature__ = ClassSignature(AsyncOpenAI, GlooBase._take_options)

    def __init__(self, **options: Unpack[AsyncClientOptions]) -> None:
        hide_secrets(options)
        super().__init__(**self._take_options(**options))
        self._settle(options)

    @signed(AsyncOpenAI.copy, GlooBase._take_options)
    def copy(self, **options: Unpack[AsyncCopyOptions]) -> Self:
        """The same client with other options; it shares the token and the HTTP client."""
        hide_secrets(options)
        return super().copy(**self._copy_options({**options}))

    with_options = copy

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()

    async def request(
        self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None
    ) -> Any:
        """The SDK's `request`; what is answered with 200 and no answer is sent once more."""
        send = super().request
        try:
            return await send(cast_to, options, stream=stream, stream_cls=stream_cls)
        except openai.APIError as error:
            pause = self._pause_before_another_try(error, options)
            if pause is None:
                raise
        await anyio.sleep(pause)
        return await send(cast_to, options, stream=stream, stream_cls=stream_cls)

    if not TYPE_CHECKING:  # for type checkers it is the SDK's

        @wraps(AsyncOpenAI.post)
        async def post(self, path: str, *, stream_cls: Any = None, **options: Any) -> Any:
            """The SDK's `post`; the class of a stream is ours for who wraps `request`, too."""
            if stream_cls is not None and not self._strict_response_validation:
                stream_cls = self._answers.stream_class(path, stream_cls)
            return await super().post(path, stream_cls=stream_cls, **options)

    async def _process_response(self, **answer: Any) -> Any:
        if self._strict_response_validation:  # by the SDK's own types, which Gloo's are not
            return await super()._process_response(**answer)
        answers = self._answers
        report = answers.expect(answer, self.on_routing)
        try:
            return answers.checked(await super()._process_response(**answer), answer, report)
        except answers.UNREADABLE as error:
            failure = error
        return answers.reread(failure, answer)

    @cached_property
    def chat(self) -> AsyncGlooChat:
        """`chat.completions`, with Gloo's keywords, awaited."""
        from .resources import AsyncGlooChat

        return AsyncGlooChat(self)

    @cached_property
    def beta(self) -> AsyncGlooBeta:
        """The SDK's `beta`, whose `chat` is this client's."""
        from .resources import AsyncGlooBeta

        return AsyncGlooBeta(self)

    @cached_property
    def embeddings(self) -> AsyncGlooEmbeddings:
        """Embeddings, as numbers unless another encoding is named, awaited."""
        from .resources import AsyncGlooEmbeddings

        return AsyncGlooEmbeddings(self)

    @cached_property
    def models(self) -> AsyncGlooModels:
        """Gloo's model catalogue, awaited."""
        from .resources import AsyncGlooModels

        return AsyncGlooModels(self)

    @cached_property
    def webhooks(self) -> AsyncGlooWebhooks:
        """The SDK's `webhooks`; Gloo sends none."""
        from .resources import AsyncGlooWebhooks

        return AsyncGlooWebhooks(self)

    @cached_property
    def responses(self) -> AsyncGlooResponses:
        """The Responses API, with `tradition`, awaited."""
        from .resources import AsyncGlooResponses

        return AsyncGlooResponses(self)
