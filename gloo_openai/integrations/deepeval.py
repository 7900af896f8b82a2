"""`GlooJudge`: the model that judges in DeepEval's metrics, from Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients
from .refusals import refusals_raise

with extra("deepeval"):
    from deepeval.models import LocalModel

__all__ = ["GlooJudge"]

TAKEN = ("base_url", "timeout", "max_retries", "default_headers", "default_query")


class GlooJudge(LocalModel):
    """DeepEval's `LocalModel` on Gloo's clients: `AnswerRelevancyMetric(model=GlooJudge())`.

    Args:
        model: a Gloo model or a pseudo model.
        temperature: of every call; DeepEval's own default is 0.
        generation_kwargs: for every call, such as `{"max_tokens": 500}`.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`, as are base_url, timeout, max_retries, default_headers and
            default_query.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def __init__(
        self,
        model: str = AUTO,
        *,
        temperature: float | None = None,
        generation_kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._clients = Clients(kept=take(options, WHO_ASKS))
        refuse("GlooJudge", options, (*TAKEN, *GLOO_OPTIONS))
        if foreign := sorted(set(options).difference(TAKEN, GLOO_OPTIONS)):
            raise TypeError(f"GlooJudge takes no {', '.join(foreign)}.")
        self.gloo = options
        super().__init__(
            model,
            api_key=PLACEHOLDER,
            base_url=options.get("base_url"),
            temperature=temperature,
            generation_kwargs=generation_kwargs,
        )

    def load_model(self, async_mode: bool = False) -> Any:
        """Gloo's client; the asynchronous one is that of the running event loop.

        DeepEval tries again by itself, so the client does not unless `max_retries` says so. Metrics
        say in words which shape they want, so that an answer of guardrails is always an error.
        """
        options = {"max_retries": 0, **self.gloo}
        if async_mode:
            return refusals_raise(self._clients.asynchronous(options), always=True)
        return refusals_raise(self._clients.sync(options), always=True)

    def get_model_name(self) -> str:
        """What DeepEval's reports call it."""
        return f"{self.name} (Gloo AI)"
