"""`GlooChatModel`: magentic's `OpenaiChatModel`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients, OfTheLoop

with extra("magentic"):
    from magentic import OpenaiChatModel

__all__ = ["GlooChatModel"]

OF_A_CLIENT = ("base_url", "timeout", "max_retries", "default_headers", "default_query")


class GlooChatModel(OpenaiChatModel):
    """`OpenaiChatModel` on Gloo's clients: `@prompt(…, model=GlooChatModel())`.

    Args:
        model: a Gloo model or a pseudo model.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`, as are base_url, timeout, max_retries, default_headers and
            default_query.
        options: those of `OpenaiChatModel`: `max_tokens`, `temperature` and the like.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def __init__(self, model: str = AUTO, **options: Any) -> None:
        clients = Clients(kept=take(options, (*WHO_ASKS, *GLOO_OPTIONS, *OF_A_CLIENT)))
        refuse("GlooChatModel", options, ())
        super().__init__(model, api_key=PLACEHOLDER, **options)
        self._client: Any = clients.sync({})
        self._async_client: Any = OfTheLoop(clients, dict)
