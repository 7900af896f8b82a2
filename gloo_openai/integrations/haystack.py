"""`GlooChatGenerator`: Haystack's `OpenAIChatGenerator`, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER, AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from . import GLOO_OPTIONS, extra

with extra("haystack"):
    from haystack import component
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.utils import Secret

__all__ = ["GlooChatGenerator"]

NOT_SAVED = ("api_key", "organization", "http_client_kwargs")


@component
class GlooChatGenerator(OpenAIChatGenerator):
    """`OpenAIChatGenerator` on Gloo's clients, also after `close()`.

    Its keywords are those of `OpenAIChatGenerator` but for `api_key`, `organization` and
    `http_client_kwargs`, and:

    Args:
        auth: to share a token with other clients, or for credentials that are not in the
            environment. Like `on_routing` it is not saved with a pipeline.
        tradition, rag_publisher, sources_limit, include_citations, grounded, on_routing: those of
            `GlooOpenAI`.
    """

    def __init__(
        self,
        model: str = AUTO,
        *,
        auth: GlooAuth | None = None,
        api_base_url: str | None = None,
        **options: Any,
    ) -> None:
        self.gloo = {name: options.pop(name) for name in GLOO_OPTIONS if name in options}
        self.auth = auth
        key = Secret.from_token(PLACEHOLDER)
        # Haystack's decorator makes this class anew, which super() does not know.
        parent: Any = OpenAIChatGenerator
        parent.__init__(self, api_key=key, model=model, api_base_url=api_base_url, **options)

    def warm_up(self) -> None:
        """Make the synchronous client, if there is none."""
        if self.client is None:
            self.client = GlooOpenAI(**self._gloo_options())

    async def warm_up_async(self) -> None:
        """Make the asynchronous client, if there is none."""
        if self.async_client is None:
            self.async_client = AsyncGlooOpenAI(**self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        self.auth = self.auth or GlooAuth(base_url=self.api_base_url)
        options = {"timeout": self.timeout, "max_retries": self.max_retries}
        given = {name: value for name, value in options.items() if value is not None}
        return {"auth": self.auth, "base_url": self.api_base_url, **given, **self.gloo}

    def to_dict(self) -> dict[str, Any]:
        """What a saved pipeline keeps: no credentials, and no callbacks of Gloo's."""
        key, self.api_key = self.api_key, Secret.from_env_var("GLOO_API_KEY", strict=False)
        try:
            saved: dict[str, Any] = OpenAIChatGenerator.to_dict(self)
        finally:
            self.api_key = key
        parameters = saved["init_parameters"]
        for name in NOT_SAVED:
            parameters.pop(name, None)
        gloo = {name: value for name, value in self.gloo.items() if name != "on_routing"}
        return {**saved, "init_parameters": {**parameters, **gloo}}
