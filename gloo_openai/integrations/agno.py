"""`GlooChat`: Agno's `OpenAIChat`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("agno"):
    from agno.models.openai import OpenAIChat

__all__ = ["GlooChat"]

OF_A_CLIENT = ("base_url", "timeout", "max_retries", "default_headers", "default_query")
NOT_TAKEN = ("organization", "http_client", "client_params", "client", "async_client")
KNOWN = set(OpenAIChat.__dataclass_fields__) - {*NOT_TAKEN}


class GlooChat(OpenAIChat):
    """`OpenAIChat` on Gloo's clients, one for each event loop: `Agent(model=GlooChat())`.

    Agno copies an agent for each request that it serves, and leaves the clients of its own class
    behind: the copy is OpenAI's. Copies of this one are Gloo's, over the same token.

    Args:
        id: a Gloo model or a pseudo model.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`.
        options: those of `OpenAIChat`, but for its clients.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: at the first call, nothing to authenticate with was found.
    """

    def __init__(self, id: str = AUTO, **options: Any) -> None:  # noqa: A002 - Agno's name for it
        kept = take(options, (*WHO_ASKS, "on_routing"))
        self.gloo = take(options, GLOO_OPTIONS)
        refuse("GlooChat", options, KNOWN)
        if foreign := sorted(set(options).intersection(NOT_TAKEN)):
            raise TypeError(f"GlooChat takes no {', '.join(foreign)}: it makes its clients itself.")
        self._clients = Clients(kept=kept)
        super().__init__(id, **{"name": "GlooChat", "provider": "Gloo", **options})

    def get_client(self) -> Any:
        """Gloo's client, with what holds now."""
        return self._clients.sync(self._gloo_options())

    def get_async_client(self) -> Any:
        """`get_client` for the running event loop."""
        return self._clients.asynchronous(self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in OF_A_CLIENT}, **self.gloo}
