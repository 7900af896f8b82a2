"""`GlooConfig` and `GlooResponsesConfig`: AG2's two of OpenAI's, talking to Gloo AI."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import SecretStr

from .. import AUTO, PLACEHOLDER, AsyncGlooOpenAI, GlooAuth, RoutingMetadata
from . import GLOO_OPTIONS, WHO_ASKS, extra
from .clients import Clients

with extra("ag2"):
    from ag2.config import OpenAIConfig, OpenAIResponsesConfig

__all__ = ["GlooConfig", "GlooResponsesConfig"]

SDK_OPTIONS = ("base_url", "organization", "project", "timeout", "max_retries", "http_client")
HEADERS = ("default_headers", "default_query")


@dataclass
class OnGloo:
    """The options that the two have in common, beside those of AG2's class in the bases."""

    _parent: ClassVar[Any]
    api_key: str | SecretStr | None = field(default=None, repr=False)
    client: AsyncGlooOpenAI | None = field(default=None, repr=False)
    """In place of the options below, and of `base_url`, `timeout` and the like."""
    auth: GlooAuth | None = field(default=None, repr=False)
    client_id: str | SecretStr | None = field(default=None, repr=False)
    client_secret: str | SecretStr | None = field(default=None, repr=False)
    credentials: Callable[[], Any] | None = field(default=None, repr=False)
    token_url: str | None = None
    env_file: Any = field(default=None, repr=False)
    allow_insecure_http: bool | None = None
    tradition: str | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    endpoint: str | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = field(default=None, repr=False)
    clients: Clients = field(default_factory=Clients, repr=False, compare=False)
    """Kept by copies, so that they share a token."""

    def __post_init__(self) -> None:
        if getattr(self, "websocket_base_url", None):  # an option of AG2's class
            raise TypeError("Gloo has no websockets: leave out websocket_base_url=.")
        for name in ("api_key", "client_id", "client_secret"):  # no dump shows them
            value = getattr(self, name)
            if isinstance(value, str):
                setattr(self, name, SecretStr(value))
        given = {name for name, value in self._given().items() if value is not None}
        if self.client is not None and given - {"timeout", "max_retries"}:
            names = ", ".join(sorted(given - {"timeout", "max_retries"}))
            raise TypeError(f"client= has options of its own: leave out {names}.")
        if self.client is None:
            self.clients.auth(self._given())

    def create(self) -> Any:
        """AG2's own client, with this one in place of OpenAI's."""
        made = self._plain().create()
        made._client = self.client or self.clients.asynchronous(self._given())
        return made

    def _given(self) -> dict[str, Any]:
        names = (*WHO_ASKS, *GLOO_OPTIONS, *SDK_OPTIONS, *HEADERS)
        given = {name: getattr(self, name) for name in names}
        key = given["api_key"]
        if isinstance(key, SecretStr) and key.get_secret_value() == PLACEHOLDER:
            given["api_key"] = None
        return given

    def _plain(self) -> Any:
        """The same for AG2's own constructor, which makes a client that is then replaced."""
        names = [name for name in self._parent.__dataclass_fields__ if name != "http_client"]
        values = {name: getattr(self, name) for name in names}
        return self._parent(**{**values, "api_key": PLACEHOLDER})


@dataclass
class GlooConfig(OnGloo, OpenAIConfig):
    """`OpenAIConfig` on a client of Gloo's: `Agent("helper", config=GlooConfig())`.

    Every option of it, and Gloo's. AG2 takes no client, and `http_client=` brings the token but not
    Gloo's routing.

    Raises:
        TypeError: both a client and options for one; `websocket_base_url`, which Gloo has not.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    _parent: ClassVar[Any] = OpenAIConfig
    model: str = AUTO


@dataclass
class GlooResponsesConfig(OnGloo, OpenAIResponsesConfig):
    """`OpenAIResponsesConfig` on a client of Gloo's, as `GlooConfig` is; the model is named."""

    _parent: ClassVar[Any] = OpenAIResponsesConfig
