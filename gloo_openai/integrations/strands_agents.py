"""`GlooStrandsModel`: Strands' `OpenAIModel`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients, OfTheLoop

with extra("strands-agents"):
    from strands.models.openai import OpenAIModel

__all__ = ["GlooStrandsModel"]

OF_A_CLIENT = ("base_url", "timeout", "max_retries", "default_headers", "default_query")


class GlooStrandsModel(OpenAIModel):
    """`OpenAIModel` on Gloo's clients, one for each event loop: a call of an agent is one.

    Args:
        model_id: a Gloo model or a pseudo model.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`, as are base_url, timeout, max_retries, default_headers and
            default_query.
        config: what Strands configures a model with: `params`, `stream` and the like.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: at the first call, nothing to authenticate with was found.
    """

    def __init__(self, model_id: str = AUTO, **config: Any) -> None:
        clients = Clients(kept=take(config, (*WHO_ASKS, *OF_A_CLIENT)))
        self.gloo = take(config, GLOO_OPTIONS)
        refuse("GlooStrandsModel", config, ())
        client = OfTheLoop(clients, lambda: self.gloo)
        super().__init__(client=client, model_id=model_id, **config)
