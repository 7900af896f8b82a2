"""`ChatGloo`: LangChain's `ChatOpenAI`, talking to Gloo AI."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from pydantic import Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from .. import AUTO, AsyncGlooOpenAI, GlooAuth, GlooOpenAI, RoutingMetadata
from . import GLOO_OPTIONS, extra

with extra("langchain"):
    from langchain_openai import ChatOpenAI

__all__ = ["ChatGloo"]


class ChatGloo(ChatOpenAI):
    """`ChatOpenAI` on Gloo's clients: every field of it, and those below.

    What Gloo says of an answer (`RoutingMetadata`, `citations`, `sources_returned`) is in the
    message's `response_metadata`, also when it is streamed. A call may override the fields:
    `model.invoke(question, tradition="mainline")`.
    """

    model_name: str = Field(default=AUTO, alias="model")
    auth: GlooAuth | None = Field(default=None, exclude=True)
    """To share a token with other clients, or for credentials that are not in the environment."""
    tradition: str | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = Field(default=None, exclude=True)
    # ChatOpenAI would take the key of OpenAI from the environment, and choose the Responses API.
    openai_api_key: SecretStr | Callable[[], Any] | None = Field(default=None, alias="api_key")
    use_responses_api: bool | None = False
    _told: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Fill all four of ChatOpenAI's clients: it makes those that are missing of its own."""
        key = self.openai_api_key
        auth = self.auth or GlooAuth(
            base_url=self.openai_api_base,
            api_key=key.get_secret_value() if isinstance(key, SecretStr) else key,
        )
        options: dict[str, Any] = {name: getattr(self, name) for name in GLOO_OPTIONS}
        options |= {"default_headers": self.default_headers, "default_query": self.default_query}
        options |= {"auth": auth, "base_url": self.openai_api_base, "timeout": self.request_timeout}
        if self.max_retries is not None:
            options["max_retries"] = self.max_retries
        self.root_client = GlooOpenAI(**options, http_client=self.http_client)
        self.root_async_client = AsyncGlooOpenAI(**options, http_client=self.http_async_client)
        self.client = self.root_client.chat.completions
        self.async_client = self.root_async_client.chat.completions
        self.openai_api_base = auth.base_url
        return self

    @property
    def _llm_type(self) -> str:
        return "gloo-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """LangChain's cache tells models apart by these."""
        own = {name: getattr(self, name) for name in GLOO_OPTIONS if name != "on_routing"}
        return {**super()._identifying_params, **own}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """LangChain could not load it again: it would look for it among its own classes."""
        return False

    def _create_chat_result(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        result = super()._create_chat_result(response, *args, **kwargs)
        body = (
            response
            if isinstance(response, dict)
            else {"model": response.model, **(response.model_extra or {})}
        )
        for generation in result.generations:
            generation.message.response_metadata.update(_said(body))
        return result

    def _convert_chunk_to_generation_chunk(self, chunk: Any, *args: Any, **kwargs: Any) -> Any:
        made = super()._convert_chunk_to_generation_chunk(chunk, *args, **kwargs)
        if made is not None:
            # LangChain joins what its chunks say, so nothing may be said twice.
            said = _said({**(chunk.get("chunk") or {}), **chunk})
            news = {name: value for name, value in said.items() if name not in self._told}
            self._told.update(news)
            made.message.response_metadata.update(news)
        return made

    def _one_stream(self) -> Self:
        """This model, with a memory of its own of what a stream has said."""
        view = copy.copy(self)
        view._told = {}
        return view

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        return ChatOpenAI._stream(self._one_stream(), *args, **kwargs)

    def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        return ChatOpenAI._astream(self._one_stream(), *args, **kwargs)


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """What Gloo adds to an answer, without what it left out."""
    routing = vars(RoutingMetadata.read(body)) | {"usage": None}  # LangChain has its own
    routing["refused"] = routing["refused"] or None  # a later chunk may say that it is
    sources = {name: body.get(name) for name in ("sources_returned", "citations")}
    return {name: value for name, value in {**routing, **sources}.items() if value is not None}
