"""`GlooChat` and `GlooResponses`: Agno's `OpenAIChat` and `OpenAIResponses`, on Gloo AI."""

from __future__ import annotations

from typing import Any, cast

from .. import AUTO
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("agno"):
    from agno.models.openai import OpenAIChat, OpenAIResponses

__all__ = ["GlooChat", "GlooResponses"]

OF_A_CLIENT = ("base_url", "timeout", "max_retries", "default_headers", "default_query")
NOT_TAKEN = ("organization", "http_client", "client_params", "client", "async_client")


class OnGloo:
    """What the two have in common, before Agno's class in the bases."""

    def __init__(self, id: str, **options: Any) -> None:  # noqa: A002 - Agno's name for it
        owner = type(self)
        kept = take(options, (*WHO_ASKS, "on_routing"))
        self.gloo = take(options, GLOO_OPTIONS)
        known = set(cast("Any", owner).__dataclass_fields__) - {*NOT_TAKEN}
        refuse(owner.__name__, options, known)
        if foreign := sorted(set(options).intersection(NOT_TAKEN)):
            named = ", ".join(foreign)
            raise TypeError(f"{owner.__name__} takes no {named}: it makes its clients itself.")
        self._clients = Clients(kept=kept)
        given = {"name": owner.__name__, "provider": "Gloo", **options}
        cast("Any", super()).__init__(id, **given)

    def get_client(self) -> Any:
        """Gloo's client, with what holds now."""
        return self._clients.sync(self._gloo_options())

    def get_async_client(self) -> Any:
        """`get_client` for the running event loop."""
        return self._clients.asynchronous(self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in OF_A_CLIENT}, **self.gloo}


class GlooChat(OnGloo, OpenAIChat):
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
        super().__init__(id, **options)


class GlooResponses(OnGloo, OpenAIResponses):
    """`OpenAIResponses` on Gloo's clients, as `GlooChat` is, for a model that is named.

    Agno chains responses by their ids, unless it is told not to; Gloo keeps none.
    """

    def __init__(self, id: str, **options: Any) -> None:  # noqa: A002 - Agno's name for it
        super().__init__(id, **{"use_previous_response_id": False, **options})
