"""`GlooLLM` and `GlooResponsesLLM`: LlamaIndex's `OpenAILike` and `OpenAIResponses`, on Gloo AI."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, PrivateAttr

from .. import AUTO, PLACEHOLDER, RoutingMetadata
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("llama-index"):
    from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW
    from llama_index.core.llms import LLM, LLMMetadata
    from llama_index.llms.openai import OpenAI, OpenAIResponses
    from llama_index.llms.openai_like import OpenAILike

__all__ = ["GlooLLM", "GlooResponsesLLM"]

HTTP = {"http_client", "async_http_client", "openai_client", "async_openai_client"}
SDK_OPTIONS = ("timeout", "max_retries", "default_headers")
ABLE = ("is_chat_model", "is_function_calling_model", "should_use_structured_outputs")


class GlooLLM(OpenAILike):
    """`OpenAILike` on Gloo's clients, one for each event loop: every field of it, and those below.

    It has tools and structured output, tells the usage of streams, and knows the context window of
    its model from the catalogue. What is assigned later is what is sent. A copy that was written
    down (`to_dict`, `to_json`, pickle) has no credentials: those come from where it is read.

    Args:
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    context_window: int = Field(default=0, description="Tokens; 0: as the catalogue says.")
    tradition: str | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    endpoint: str | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = Field(default=None, exclude=True)
    _clients: Clients = PrivateAttr()

    def __init__(self, model: str = AUTO, **options: Any) -> None:
        who = take(options, WHO_ASKS)
        base = options.pop("api_base", None)
        _check(type(self), OpenAI, options)
        able = dict.fromkeys(ABLE, True)
        usage = {"stream_options": {"include_usage": True}}
        options["additional_kwargs"] = {**usage, **(options.get("additional_kwargs") or {})}
        # A base of its own keeps LlamaIndex from OpenAI's in the environment.
        given = {**able, **options, "api_base": base or PLACEHOLDER}
        super().__init__(model=model, api_key=PLACEHOLDER, **given)
        self.api_base = base
        self._clients = Clients(kept=who)
        self._get_client()

    @classmethod
    def class_name(cls) -> str:
        """What LlamaIndex writes down; it has no such class of its own, and refuses to guess."""
        return "gloo_llm"

    @property
    def metadata(self) -> LLMMetadata:
        """`OpenAILike`'s, with the context window of the catalogue."""
        size = self.context_window or self._clients.window(self.model, self._gloo_options())
        known = OpenAILike.metadata.fget(self)
        return known.model_copy(update={"context_window": size}) if size else known

    def _get_client(self) -> Any:
        return self._clients.sync(self._gloo_options())

    def _get_aclient(self) -> Any:
        return self._clients.asynchronous(self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        options = {name: getattr(self, name) for name in (*GLOO_OPTIONS, *SDK_OPTIONS)}
        return {**options, "base_url": self.api_base}


class GlooResponsesLLM(OpenAIResponses):
    """`OpenAIResponses` on Gloo's clients, as `GlooLLM` is, for a model that is named.

    Args:
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    tradition: str | None = None
    endpoint: str | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = Field(default=None, exclude=True)
    _clients: Clients = PrivateAttr()

    def __init__(self, model: str, **options: Any) -> None:
        clients = Clients(kept=take(options, WHO_ASKS))
        base = options.pop("api_base", None)
        _check(type(self), OpenAIResponses, options)
        # LlamaIndex makes clients of its own, if it is given none, and takes OpenAI's base URL.
        given = {**options, "openai_client": clients, "async_openai_client": clients}
        super().__init__(model, api_key=PLACEHOLDER, api_base=base or PLACEHOLDER, **given)
        self.api_base = base
        self._clients = clients
        clients.auth(self._gloo_options())

    @classmethod
    def class_name(cls) -> str:
        """What LlamaIndex writes down; it has no such class of its own, and refuses to guess."""
        return "gloo_responses_llm"

    @property
    def metadata(self) -> LLMMetadata:
        """With the context window of the catalogue: LlamaIndex knows OpenAI's models only."""
        size = self.context_window or self._clients.window(self.model, self._gloo_options())
        return LLMMetadata(
            context_window=size or DEFAULT_CONTEXT_WINDOW,
            num_output=self.max_output_tokens or -1,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=self.model,
        )

    @property
    def _client(self) -> Any:
        return self._clients.sync(self._gloo_options())

    @property
    def _aclient(self) -> Any:
        return self._clients.asynchronous(self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        own = ("tradition", "endpoint", "on_routing", *SDK_OPTIONS)
        return {**{name: getattr(self, name) for name in own}, "base_url": self.api_base}


def _check(cls: type[LLM], base: type[LLM], options: Mapping[str, Any]) -> None:
    """Keywords that a class takes are its fields and those of LlamaIndex's, but for clients."""
    known = set(inspect.signature(base.__init__).parameters) | set(cls.model_fields)
    refuse(cls.__name__, options, known - HTTP)
    unknown = sorted(HTTP.intersection(options))
    if unknown:
        raise TypeError(f"{cls.__name__} makes its own clients: leave out {', '.join(unknown)}.")
