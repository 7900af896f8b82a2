"""`GlooChatGenerator`: Haystack's `OpenAIChatGenerator`, talking to Gloo AI."""

from __future__ import annotations

import inspect
from typing import Any

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("haystack"):
    from haystack import component
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.utils import Secret

__all__ = ["GlooChatGenerator"]

NOT_TAKEN = ("api_key", "organization", "http_client_kwargs")
KNOWN = set(inspect.signature(OpenAIChatGenerator.__init__).parameters) - {"self", *NOT_TAKEN}


@component
class GlooChatGenerator(OpenAIChatGenerator):
    """`OpenAIChatGenerator` on Gloo's clients, also after `close()`, one for each event loop.

    Its keywords are those of `OpenAIChatGenerator` but for `organization` and
    `http_client_kwargs`, and:

    Args:
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment. Like `on_routing` it is not saved with a pipeline.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: at the first call, nothing to authenticate with was found.
    """

    def __init__(
        self, model: str = AUTO, *, api_base_url: str | None = None, **options: Any
    ) -> None:
        who = take(options, WHO_ASKS)
        if isinstance(who.get("api_key"), Secret):
            who["api_key"] = who["api_key"].resolve_value()
        self.gloo = take(options, GLOO_OPTIONS)
        refuse("GlooChatGenerator", options, KNOWN)
        foreign = sorted(set(options) - KNOWN)
        if foreign:
            raise TypeError(f"GlooChatGenerator takes no {', '.join(foreign)}.")
        self._clients = Clients(kept=who)
        key = Secret.from_token(PLACEHOLDER)
        # Haystack's decorator makes this class anew, which super() does not know.
        parent: Any = OpenAIChatGenerator
        parent.__init__(self, api_key=key, model=model, api_base_url=api_base_url, **options)
        if {"auth", "api_key"} <= {name for name in who if who[name]}:
            self._clients.sync(self._gloo_options())  # says that one of them is too many

    def warm_up(self) -> None:
        """Have the synchronous client that the options mean now."""
        self.client = self._clients.sync(self._gloo_options())

    async def warm_up_async(self) -> None:
        """Have the asynchronous client of the running event loop."""
        self.async_client = self._clients.asynchronous(self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        options = {"timeout": self.timeout, "max_retries": self.max_retries}
        return {"base_url": self.api_base_url, **options, **self.gloo}

    def _prepare_api_call(self, **call: Any) -> dict[str, Any]:
        """A stream tells its usage only if it is asked to."""
        parent: Any = OpenAIChatGenerator
        prepared: dict[str, Any] = parent._prepare_api_call(self, **call)
        if prepared.get("stream"):
            prepared.setdefault("stream_options", {"include_usage": True})
        return prepared

    def to_dict(self) -> dict[str, Any]:
        """What a saved pipeline keeps: no credentials, and no callbacks of Gloo's."""
        key, self.api_key = self.api_key, Secret.from_env_var("GLOO_API_KEY", strict=False)
        try:
            saved: dict[str, Any] = OpenAIChatGenerator.to_dict(self)
        finally:
            self.api_key = key
        parameters = saved["init_parameters"]
        for name in NOT_TAKEN:
            parameters.pop(name, None)
        gloo = {name: value for name, value in self.gloo.items() if name != "on_routing"}
        return {**saved, "init_parameters": {**parameters, **gloo}}
