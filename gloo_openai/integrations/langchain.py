"""`ChatGloo`: LangChain's `ChatOpenAI`, talking to Gloo AI."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from .. import AUTO, GlooAuth, GuardrailRefusalError, RoutingMetadata
from . import CLIENT_ONLY, GLOO_OPTIONS, extra, refuse
from .answered import REFUSED, Heard, Told, cached_tokens, said
from .clients import Clients

with extra("langchain"):
    from langchain_core.messages import AIMessageChunk
    from langchain_core.messages.utils import count_tokens_approximately
    from langchain_core.outputs import ChatGenerationChunk
    from langchain_openai import ChatOpenAI

__all__ = ["ChatGloo"]

NAMES = {
    "api_key": "openai_api_key",
    "base_url": "openai_api_base",
    "organization": "openai_organization",
    "timeout": "request_timeout",
}
"""What fields of ChatOpenAI are called in the SDK."""
CLIENT_FIELDS = (
    *GLOO_OPTIONS,
    *(
        "auth",
        "client_id",
        "client_secret",
        "credentials",
        "token_url",
        "env_file",
        "allow_insecure_http",
    ),
    *("max_retries", "default_headers", "default_query"),
)
UNSHOWN: Any = {"default": None, "exclude": True, "repr": False}


class ChatGloo(ChatOpenAI):
    """`ChatOpenAI` on Gloo's clients: every field of it, and those below.

    What Gloo says of an answer (`RoutingMetadata`, `citations`, `sources_returned`,
    `guardrail_refusal`) is in the message's `response_metadata`, also when it is streamed. A call
    may override the fields: `model.invoke(question, tradition="mainline")`, and so does what is
    assigned or given to `model_copy(update=...)`.

    Raises:
        TypeError: a keyword of OpenAI's clients that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    # An error must not show what was passed: that has the secret in it.
    model_config = ConfigDict(hide_input_in_errors=True)

    model_name: str = Field(default=AUTO, alias="model")
    auth: GlooAuth | None = Field(**UNSHOWN)
    """To share a token with other clients, in place of the credentials below."""
    client_id: str | None = Field(**UNSHOWN)
    client_secret: SecretStr | None = Field(**UNSHOWN)
    # ChatOpenAI would take the key of OpenAI from the environment, and choose the Responses API.
    openai_api_key: SecretStr | Callable[[], Any] | None = Field(alias="api_key", **UNSHOWN)
    credentials: Callable[[], Any] | None = Field(**UNSHOWN)
    token_url: str | None = Field(**UNSHOWN)
    env_file: Any = Field(**UNSHOWN)
    allow_insecure_http: bool | None = Field(**UNSHOWN)
    tradition: str | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    endpoint: str | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = Field(default=None, exclude=True)
    use_responses_api: bool | None = False
    stream_usage: bool | None = True
    _clients: Clients = PrivateAttr()
    _told: Told = PrivateAttr(default_factory=Told)
    _heard: Heard | None = PrivateAttr(default=None)
    """What Gloo said of an answer of the Responses API."""

    @model_validator(mode="before")
    @classmethod
    def refuse_foreign_keywords(cls, values: Any) -> Any:
        """ChatOpenAI keeps what it does not know, to print it and to send it with each call."""
        fields = cls.model_fields
        taken = {*fields, *(field.alias for field in fields.values() if field.alias)}
        for given in (values, values.get("model_kwargs") or {}):
            refuse(cls.__name__, given, taken)
        if values.get("http_socket_options"):
            raise TypeError("ChatGloo takes http_client= in place of http_socket_options=.")
        return values

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Fill all four of ChatOpenAI's clients: it makes those that are missing of its own."""
        if self.openai_proxy and (self.http_client or self.http_async_client):
            raise TypeError("openai_proxy= is for the HTTP clients made here: give one of the two.")
        self._clients = Clients(self.openai_proxy)
        made = self._for_sync({})
        self.root_client, self.client = made.root_client, made.client
        made = self._for_async({})
        self.root_async_client, self.async_client = made.root_async_client, made.async_client
        return self

    def _for_sync(self, call: dict[str, Any]) -> Self:
        """This model as a call sees it: with a client of what the fields say at this moment.

        Takes the keywords that are a client's and no call's out of `call`.
        """
        view = self._view(call)
        client = self._clients.sync(view._client_options(view.http_client))
        view.root_client = view._heard_by(client, call)
        view.client = view.root_client.chat.completions
        return view

    def _for_async(self, call: dict[str, Any]) -> Self:
        """`_for_sync` for the event loop that is running."""
        view = self._view(call)
        options = view._client_options(view.http_async_client)
        view.root_async_client = view._heard_by(self._clients.asynchronous(options), call)
        view.async_client = view.root_async_client.chat.completions
        return view

    def _view(self, call: dict[str, Any]) -> Self:
        view = copy.copy(self)
        view._told = Told()
        for name in CLIENT_ONLY:
            if name in call:
                setattr(view, name, call.pop(name))
        return view

    def _heard_by(self, client: Any, call: Mapping[str, Any]) -> Any:
        """A client that tells this view what LangChain leaves out of a response."""
        self._heard = None
        if self._use_responses_api({**call, **self.model_kwargs}):
            self._heard = Heard(self.on_routing)
            return client.with_options(on_routing=self._heard)
        return client

    def _client_options(self, http_client: Any) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in CLIENT_FIELDS}
        named = {name: getattr(self, field) for name, field in NAMES.items()}
        return {**own, **named, "http_client": http_client}

    @property
    def _llm_type(self) -> str:
        return "gloo-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """LangChain's cache tells models apart by these."""
        own = {name: getattr(self, name) for name in GLOO_OPTIONS if name != "on_routing"}
        return {**super()._identifying_params, **own}

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Where secrets are found again: not in OpenAI's variable."""
        return {"openai_api_key": "GLOO_API_KEY", "client_secret": "GLOO_CLIENT_SECRET"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """LangChain could not load it again: it would look for it among its own classes."""
        return False

    def _get_invocation_params(self, stop: Any = None, **call: Any) -> dict[str, Any]:
        """What a tracer is told of a call, before it is made: no place for credentials."""
        refuse("A call of ChatGloo", call, (*GLOO_OPTIONS, "timeout"))
        return super()._get_invocation_params(stop=stop, **call)

    def _get_ls_params(self, stop: Any = None, **call: Any) -> Any:
        return {**super()._get_ls_params(stop=stop, **call), "ls_provider": "gloo"}

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of a text, where a tokenizer was named: Gloo does not say which is right.

        Raises:
            NotImplementedError: neither `tiktoken_model_name` nor `custom_get_token_ids` is set.
        """
        if self.tiktoken_model_name is None and self.custom_get_token_ids is None:
            raise NotImplementedError(
                "Gloo does not say how a model counts tokens: set tiktoken_model_name= (it is "
                "downloaded) or custom_get_token_ids=. get_num_tokens estimates."
            )
        return super().get_token_ids(text)

    def get_num_tokens(self, text: str) -> int:
        """How many tokens a text has; an estimate, where no tokenizer was named."""
        if self.tiktoken_model_name is None and self.custom_get_token_ids is None:
            return count_tokens_approximately([text])
        return super().get_num_tokens(text)

    def get_num_tokens_from_messages(
        self, messages: Sequence[Any], tools: Any = None, **options: Any
    ) -> int:
        """How many tokens messages and tools have; an estimate, where no tokenizer was named."""
        if self.tiktoken_model_name is None and self.custom_get_token_ids is None:
            return count_tokens_approximately(messages, tools=tools)
        return super().get_num_tokens_from_messages(messages, tools, **options)

    def _create_chat_result(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        result = super()._create_chat_result(response, *args, **kwargs)
        news = said(response)
        for generation in result.generations:
            generation.message.response_metadata.update(news)
            _count_cache(
                generation.message,
                response.get("usage") if isinstance(response, dict) else response.usage,
            )
        return result

    def _convert_chunk_to_generation_chunk(self, chunk: Any, *args: Any, **kwargs: Any) -> Any:
        made = super()._convert_chunk_to_generation_chunk(chunk, *args, **kwargs)
        if made is not None:
            # LangChain joins what its chunks say, so nothing may be said twice.
            news = self._told.news({**(chunk.get("chunk") or {}), **chunk})
            made.message.response_metadata.update(news)
            _count_cache(made.message, chunk.get("usage"))
        return made

    def _generate(self, *args: Any, **call: Any) -> Any:
        view = self._for_sync(call)
        result = ChatOpenAI._generate(view, *args, **call)
        return view._finished(result, call)

    async def _agenerate(self, *args: Any, **call: Any) -> Any:
        view = self._for_async(call)
        result = await ChatOpenAI._agenerate(view, *args, **call)
        return view._finished(result, call)

    def _stream(self, *args: Any, **call: Any) -> Iterator[Any]:
        view = self._for_sync(call)
        for chunk in ChatOpenAI._stream(view, *args, **call):
            yield view._with_heard(chunk)
        yield from view._ending(call)

    async def _astream(self, *args: Any, **call: Any) -> AsyncIterator[Any]:
        view = self._for_async(call)
        async for chunk in ChatOpenAI._astream(view, *args, **call):
            yield view._with_heard(chunk)
        for chunk in view._ending(call):
            yield chunk

    def _finished(self, result: Any, call: Mapping[str, Any]) -> Any:
        message = result.generations[0].message
        self._hear(message)
        _no_refusal(message, call)
        return result

    def _with_heard(self, chunk: Any) -> Any:
        """A chunk of a stream; the last, which alone names the model, has what Gloo said."""
        if self._heard is not None:
            self._told.text += chunk.text
            if chunk.message.chunk_position == "last":
                self._hear(chunk.message)
        return chunk

    def _hear(self, message: Any) -> None:
        if self._heard is not None:
            message.response_metadata.update(self._heard.said())
            _count_cache(message, self._heard.metadata.usage)

    def _ending(self, call: Mapping[str, Any]) -> Iterator[Any]:
        """Word of a refusal, which only the end of a stream shows."""
        if self._heard is not None and self._heard.metadata.refused:
            _no_refusal(
                AIMessageChunk(content="", response_metadata=REFUSED), call, self._told.text
            )
        if self._told.refused:
            message = AIMessageChunk(content="", response_metadata=dict(REFUSED))
            _no_refusal(message, call, self._told.text)
            yield ChatGenerationChunk(message=message)


def _count_cache(message: Any, usage: Any) -> None:
    """Put what was read from Gloo's cache where LangChain counts it."""
    cached = cached_tokens(usage)
    if cached is not None and message.usage_metadata is not None:
        message.usage_metadata.setdefault("input_token_details", {})["cache_read"] = cached


def _no_refusal(message: Any, call: Mapping[str, Any], text: str | None = None) -> None:
    """A refusal cannot have the shape that was asked for: better said here than by a parser.

    Raises:
        GuardrailRefusalError: the call asks for a shape, and Gloo's guardrails have answered.
    """
    forced = call.get("tool_choice") not in (None, False, "auto", "none")
    shaped = forced or call.get("response_format") is not None
    if shaped and message.response_metadata.get("guardrail_refusal"):
        raise GuardrailRefusalError(text=message.text if text is None else text)
