"""`GlooChatGenerator`, `GlooResponsesChatGenerator`: Haystack's two of OpenAI's, on Gloo AI."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("haystack"):
    from haystack import component
    from haystack.components.generators.chat import (
        OpenAIChatGenerator,
        OpenAIResponsesChatGenerator,
    )
    from haystack.utils import Secret

__all__ = ["GlooChatGenerator", "GlooResponsesChatGenerator"]

NOT_TAKEN = ("api_key", "organization", "http_client_kwargs")


class OnGloo:
    """What the two have in common, before Haystack's class in the bases."""

    _parent: ClassVar[Any]
    """Haystack's class: its decorator makes ours anew, which super() does not know."""
    api_base_url: str | None
    api_key: Any
    timeout: float | None
    max_retries: int | None

    def _begin(self, model: str, options: dict[str, Any]) -> None:
        owner, parent = type(self).__name__, self._parent
        who = take(options, WHO_ASKS)
        if isinstance(who.get("api_key"), Secret):
            who["api_key"] = who["api_key"].resolve_value()
        self.gloo = take(options, GLOO_OPTIONS)
        known = set(inspect.signature(parent.__init__).parameters) - {"self", *NOT_TAKEN}
        refuse(owner, options, known)
        foreign = sorted(set(options) - known)
        if foreign:
            raise TypeError(f"{owner} takes no {', '.join(foreign)}.")
        self._clients = Clients(kept=who)
        parent.__init__(self, api_key=Secret.from_token(PLACEHOLDER), model=model, **options)
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

    def to_dict(self) -> dict[str, Any]:
        """What a saved pipeline keeps: no credentials, and no callbacks of Gloo's."""
        key, self.api_key = self.api_key, Secret.from_env_var("GLOO_API_KEY", strict=False)
        try:
            saved: dict[str, Any] = self._parent.to_dict(self)
        finally:
            self.api_key = key
        parameters = saved["init_parameters"]
        for name in NOT_TAKEN:
            parameters.pop(name, None)
        gloo = {name: value for name, value in self.gloo.items() if name != "on_routing"}
        return {**saved, "init_parameters": {**parameters, **gloo}}


@component
class GlooChatGenerator(OnGloo, OpenAIChatGenerator):
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

    _parent: ClassVar[Any] = OpenAIChatGenerator

    def __init__(self, model: str = AUTO, **options: Any) -> None:
        self._begin(model, options)

    def _prepare_api_call(self, **call: Any) -> dict[str, Any]:
        """A stream tells its usage only if it is asked to."""
        prepared: dict[str, Any] = self._parent._prepare_api_call(self, **call)
        if prepared.get("stream"):
            prepared.setdefault("stream_options", {"include_usage": True})
        return prepared


@component
class GlooResponsesChatGenerator(OnGloo, OpenAIResponsesChatGenerator):
    """`OpenAIResponsesChatGenerator` on Gloo's clients, as `GlooChatGenerator` is.

    The model is one that is named: Gloo's Responses are not routed, nor grounded.
    """

    _parent: ClassVar[Any] = OpenAIResponsesChatGenerator

    def __init__(self, model: str, **options: Any) -> None:
        self._begin(model, options)
