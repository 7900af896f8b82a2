"""`GlooProvider`: Gloo AI as one of Mirascope's providers."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse
from .clients import Clients, OfTheLoop

with extra("mirascope"):
    from mirascope import llm
    from mirascope.llm.providers.openai.completions.base_provider import (
        BaseOpenAICompletionsProvider,
    )

__all__ = ["GlooProvider", "register"]

TAKEN = ("base_url", "timeout", "max_retries", "default_headers", "default_query", "http_client")


class GlooProvider(BaseOpenAICompletionsProvider):
    """Calls of models named `gloo/…` go to Gloo: `gloo/auto`, or `gloo/` and a model.

    Args:
        options: those of `GlooOpenAI`: who asks, `tradition`, `rag_publisher`, `on_routing` …

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    id = "gloo"
    default_scope = "gloo/"
    api_key_env_var = "GLOO_API_KEY"
    provider_name = "Gloo AI"

    def __init__(self, **options: Any) -> None:
        refuse("GlooProvider", options, (*WHO_ASKS, *GLOO_OPTIONS, *TAKEN))
        clients = Clients(kept=options)
        clients.auth({})
        super().__init__(api_key=PLACEHOLDER)
        self.client: Any = clients.sync({})
        self.async_client: Any = OfTheLoop(clients, dict)

    def _model_name(self, model_id: str) -> str:
        name = model_id.partition("/")[2]
        return AUTO + name.removeprefix("auto") if name.split("-")[0] == "auto" else name


def register(scope: str = "gloo/", **options: Any) -> GlooProvider:
    """Have Mirascope ask Gloo for the models whose names begin with `scope`.

    Args:
        scope: another one than `gloo/` is for a provider with other options.
        options: those of `GlooProvider`.

    Returns:
        The provider.
    """
    provider = GlooProvider(**options)
    llm.register_provider(provider, scope=scope)
    return provider
