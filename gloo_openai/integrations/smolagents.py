"""`GlooAIModel`: smolagents' `OpenAIModel`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("smolagents"):
    from smolagents import OpenAIModel, models

__all__ = ["GlooAIModel"]

TAKEN = ("client_kwargs", "custom_role_conversions", "flatten_messages_as_text")
OF_A_CALL = ("timeout",)


class GlooAIModel(OpenAIModel):
    """`OpenAIModel` on Gloo's clients.

    A saved agent (`to_dict`, `save`) has Gloo's options and no credentials: those come from where
    it is loaded. smolagents loads it where this module was imported, and else refuses.

    Args:
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`.
        client_kwargs: others of its keywords, such as `{"max_retries": 5}`.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def __init__(self, model_id: str = AUTO, api_base: str | None = None, **options: Any) -> None:
        self._clients = Clients(kept=take(options, WHO_ASKS))
        self.gloo = take(options, GLOO_OPTIONS)
        refuse("GlooAIModel", options, (*TAKEN, *OF_A_CALL))
        refuse("client_kwargs", options.get("client_kwargs") or {}, ("timeout", "max_retries"))
        super().__init__(model_id, api_base=api_base, **options)

    @property
    def client(self) -> Any:
        """Gloo's client, with what holds now."""
        given = {name: value for name, value in self.client_kwargs.items() if value is not None}
        return self._clients.sync({**given, **self.gloo})

    @client.setter
    def client(self, value: Any) -> None:
        """smolagents sets what `create_client` gave."""

    def create_client(self) -> Any:
        """Gloo's client."""
        return self.client

    def to_dict(self) -> dict[str, Any]:
        """What a saved agent keeps: no credentials, and no callback."""
        own = {name: value for name, value in self.gloo.items() if name != "on_routing"}
        base = self.client_kwargs.get("base_url")
        saved: dict[str, Any] = {**super().to_dict(), **own}
        return {**saved, "api_base": base} if base else saved


# How smolagents finds the class of a saved model again.
getattr(models, "MODEL_REGISTRY", {})["GlooAIModel"] = GlooAIModel
