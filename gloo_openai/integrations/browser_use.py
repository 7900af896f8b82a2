"""`GlooChat`: browser-use's `ChatOpenAI`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("browser-use"):
    from browser_use.llm.openai.chat import ChatOpenAI

__all__ = ["GlooChat"]

OF_A_CLIENT = ("base_url", "timeout", "max_retries", "default_headers", "default_query")
NOT_TAKEN = ("organization", "project", "websocket_base_url", "http_client")
KNOWN = set(ChatOpenAI.__dataclass_fields__) - {*NOT_TAKEN}


class GlooChat(ChatOpenAI):
    """`ChatOpenAI` on Gloo's clients: `Agent(task, llm=GlooChat())`.

    browser-use makes a client for each call, and takes none; here there is one for each event loop.

    Args:
        model: a Gloo model or a pseudo model.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`.
        options: those of `ChatOpenAI`, but for what only OpenAI has.

    Raises:
        TypeError: a keyword that means nothing here.
        ModelProviderError: at the first call, nothing to authenticate with was found.
    """

    def __init__(self, model: str = AUTO, **options: Any) -> None:
        self._clients = Clients(kept=take(options, WHO_ASKS))
        self.gloo = take(options, GLOO_OPTIONS)
        refuse("GlooChat", options, KNOWN)
        super().__init__(model, **options)

    def get_client(self) -> Any:
        """Gloo's client for the running event loop, with what holds now."""
        given = {name: getattr(self, name) for name in OF_A_CLIENT}
        return self._clients.asynchronous({**given, **self.gloo})
