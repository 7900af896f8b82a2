"""`register()`: a LiteLLM provider, so that `"gloo/auto"` is a model wherever LiteLLM is used."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any

from openai.resources.chat.completions import Completions

from .. import AUTO, AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from . import extra

with extra("litellm"):
    import litellm
    from litellm import CustomLLM, ModelResponse, ModelResponseStream

__all__ = ["register"]


def register(name: str = "gloo", **options: Any) -> None:
    """Make `name` a provider of LiteLLM; again under the same name replaces it.

    `gloo/auto` and `gloo/auto-anthropic` are Gloo's own routing, `gloo/<model>` is that model.

    Args:
        name: what models begin with.
        options: those of `GlooOpenAI`: `tradition`, `rag_publisher`, `on_routing` …
    """
    others = [item for item in litellm.custom_provider_map if item["provider"] != name]
    handler = GlooProvider(options)
    litellm.custom_provider_map = [*others, {"provider": name, "custom_handler": handler}]
    litellm.utils.custom_llm_setup()


KNOWN = set(inspect.signature(Completions.create).parameters)
"""What `create` takes; LiteLLM passes on whatever else its caller gave."""


class GlooProvider(CustomLLM):  # type: ignore[misc]  # it has no types
    """Answers LiteLLM's calls with Gloo's clients, which are made when they are first needed."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self._options = options

    def completion(self, **call: Any) -> Any:
        """One whole answer."""
        client, parameters = _prepared(self._sync, call)
        return ModelResponse(**client.chat.completions.create(**parameters).to_dict())

    async def acompletion(self, **call: Any) -> Any:
        """`completion`, awaited."""
        client, parameters = _prepared(self._async, call)
        return ModelResponse(**(await client.chat.completions.create(**parameters)).to_dict())

    def streaming(self, **call: Any) -> Iterator[Any]:
        """One answer in chunks."""
        client, parameters = _prepared(self._sync, call)
        with client.chat.completions.create(**parameters, stream=True) as chunks:
            for chunk in chunks:
                yield ModelResponseStream(**chunk.to_dict())

    async def astreaming(self, **call: Any) -> AsyncIterator[Any]:
        """`streaming`, awaited."""
        client, parameters = _prepared(self._async, call)
        async with await client.chat.completions.create(**parameters, stream=True) as chunks:
            async for chunk in chunks:
                yield ModelResponseStream(**chunk.to_dict())

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """The options with one token for both clients."""
        names = ("client_id", "client_secret", "api_key", "base_url", "token_url", "env_file")
        own = {name: self._options[name] for name in names if name in self._options}
        rest = {name: value for name, value in self._options.items() if name not in own}
        return {"auth": GlooAuth(**own), **rest}

    @cached_property
    def _sync(self) -> GlooOpenAI:
        return GlooOpenAI(**self._shared)

    @cached_property
    def _async(self) -> AsyncGlooOpenAI:
        return AsyncGlooOpenAI(**self._shared)


def _prepared(client: Any, call: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The client and the keywords of the SDK's `create`, from those of a LiteLLM handler."""
    given = dict(call["optional_params"])
    given.pop("stream", None)
    retries = given.pop("max_retries", None)
    body = {name: given.pop(name) for name in set(given) - KNOWN}
    if body:
        given["extra_body"] = {**body, **(given.get("extra_body") or {})}
    if call.get("timeout") is not None:
        given.setdefault("timeout", call["timeout"])
    if call.get("headers"):
        given.setdefault("extra_headers", call["headers"])
    model = call["model"]
    pseudo = model == "auto" or model.startswith("auto-")
    given["model"] = AUTO + model.removeprefix("auto") if pseudo else model
    given["messages"] = call["messages"]
    return client if retries is None else client.with_options(max_retries=retries), given
