"""`GlooLLM`: CrewAI's OpenAI provider, talking to Gloo AI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from .. import AUTO, PLACEHOLDER, GlooAuth, RoutingMetadata
from . import GLOO_OPTIONS, extra, refuse
from .clients import Clients

with extra("crewai"):
    from crewai.agents.agent_builder import base_agent
    from crewai.llms.context_window import CONTEXT_WINDOW_USAGE_RATIO
    from crewai.llms.providers.openai.completion import OpenAICompletion

__all__ = ["GlooLLM"]

SDK_OPTIONS = ("organization", "project", "timeout", "max_retries")
HEADERS = ("default_headers", "default_query")
CREDENTIALS = (
    "auth",
    "client_id",
    "client_secret",
    "credentials",
    "token_url",
    "env_file",
    "allow_insecure_http",
)
FROM_SETTINGS = "gloo"
"""Stands for a base URL until it is known: CrewAI insists on one, or takes OpenAI's."""
UNSHOWN: Any = {"default": None, "exclude": True, "repr": False}

# How CrewAI finds the class of a saved model again; without it, it refuses.
getattr(base_agent, "_LLM_TYPE_REGISTRY", {})["gloo"] = f"{__name__}.GlooLLM"


class GlooLLM(OpenAICompletion):
    """`OpenAICompletion` on Gloo's clients: every field of it, and those below.

    `Agent(llm=GlooLLM())`; the model is a Gloo model or a pseudo model such as `gloo-auto`. What is
    assigned later is what is sent.

    Raises:
        TypeError: a keyword of OpenAI's clients that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    # An error must not show what was passed: that has the secret in it.
    model_config = ConfigDict(hide_input_in_errors=True)

    llm_type: Literal["gloo"] = "gloo"  # type: ignore[assignment]  # another type, another name
    model: str = AUTO
    auth: GlooAuth | None = Field(**UNSHOWN)
    """To share a token with other clients, in place of the credentials below."""
    client_id: str | None = Field(**UNSHOWN)
    client_secret: SecretStr | None = Field(**UNSHOWN)
    key: SecretStr | Callable[[], Any] | None = Field(**UNSHOWN)
    """Where `api_key=` is kept, which CrewAI would print."""
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
    context_window_size: int | None = None
    """Tokens; that of the catalogue if left out."""
    _clients: Clients = PrivateAttr(default_factory=Clients)
    _found_url: str = PrivateAttr(default="")

    @model_validator(mode="before")
    @classmethod
    def _gloo(cls, data: Any) -> Any:
        """What keeps CrewAI from `/responses`, and from OpenAI's key and URL in the environment."""
        if not isinstance(data, dict):
            return data
        fields = cls.model_fields
        refuse(cls.__name__, data, fields)
        refuse("additional_params", data.get("additional_params") or {}, ())
        allowed = (*SDK_OPTIONS, *HEADERS, *GLOO_OPTIONS, "http_client")
        refuse("client_params", data.get("client_params") or {}, allowed)
        if data.get("interceptor"):
            raise TypeError("GlooLLM has no interceptor=: give client_params={'http_client': ...}.")
        given = {"model": AUTO, **data}
        if given.get("api_key") not in (None, "", PLACEHOLDER):
            given["key"] = given["api_key"]
        url = given.get("base_url") or given.get("api_base") or FROM_SETTINGS
        return {**given, "custom_openai": True, "base_url": url, "api_key": PLACEHOLDER}

    @model_validator(mode="after")
    def _init_clients(self) -> Self:
        """Where CrewAI makes its clients: Gloo's are made when they are called."""
        if self.base_url == FROM_SETTINGS:
            self.base_url = self._found_url = self._clients.auth(self._gloo_options()).base_url
        self._clients.auth(self._gloo_options())
        return self

    def _build_sync_client(self) -> Any:
        return self._clients.sync(self._gloo_options())

    def _build_async_client(self) -> Any:
        return self._clients.asynchronous(self._gloo_options())

    def _get_sync_client(self) -> Any:
        return self._build_sync_client()

    def _get_async_client(self) -> Any:
        return self._build_async_client()

    def _gloo_options(self) -> dict[str, Any]:
        names = (*CREDENTIALS, *GLOO_OPTIONS, *SDK_OPTIONS, *HEADERS)
        options = {name: getattr(self, name) for name in names}
        found = self.base_url in (FROM_SETTINGS, self._found_url)
        options["base_url"] = None if found else self.base_url
        options["api_key"] = self.key if self.api_key == PLACEHOLDER else self.api_key
        return options | (self.client_params or {})

    def to_config_dict(self) -> dict[str, Any]:
        """What `LLM(**config)` makes a Gloo model of again, through LiteLLM's provider `gloo`.

        That is registered by `gloo_openai.integrations.litellm.register()`, and brings credentials
        of its own; without it CrewAI refuses. OpenAI's client is never made of it.
        """
        saved = OpenAICompletion.to_config_dict(self)
        dropped = ("custom_openai", "organization", "project", "base_url")
        config = {name: value for name, value in saved.items() if name not in dropped}
        if self.base_url != self._found_url:
            config["base_url"] = self.base_url
        own = {name: getattr(self, name) for name in GLOO_OPTIONS if name != "on_routing"}
        given = {name: value for name, value in own.items() if value is not None}
        return {**config, "model": f"gloo/{self.model}", **given}

    def get_context_window_size(self) -> int:
        """The part of the context window that CrewAI uses, in tokens."""
        size = self.context_window_size or self._clients.window(self.model, self._gloo_options())
        if size is None:
            return OpenAICompletion.get_context_window_size(self)
        return int(size * CONTEXT_WINDOW_USAGE_RATIO)
