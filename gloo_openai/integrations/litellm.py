"""`register()`: a LiteLLM provider, so that `"gloo/auto"` is a model wherever LiteLLM is used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any

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


class GlooProvider(CustomLLM):  # type: ignore[misc]
    """Answers LiteLLM's calls with Gloo's clients, which are made when they are first needed."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self._options = options

    def completion(self, **call: Any) -> Any:
        """One whole answer."""
        return _whole(self._sync.chat.completions.create(**_parameters(call)))

    async def acompletion(self, **call: Any) -> Any:
        """`completion`, awaited."""
        return _whole(await self._async.chat.completions.create(**_parameters(call)))

    def streaming(self, **call: Any) -> Iterator[Any]:
        """One answer in chunks."""
        with self._sync.chat.completions.create(**_parameters(call), stream=True) as chunks:
            yield from map(_chunk, chunks)

    async def astreaming(self, **call: Any) -> AsyncIterator[Any]:
        """`streaming`, awaited."""
        stream = await self._async.chat.completions.create(**_parameters(call), stream=True)
        async with stream as chunks:
            async for chunk in chunks:
                yield _chunk(chunk)

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


def _parameters(call: dict[str, Any]) -> dict[str, Any]:
    """The keywords of the SDK's `create` from those of a LiteLLM handler."""
    model = call["model"]
    pseudo = model == "auto" or model.startswith("auto-")
    given = {name: value for name, value in call["optional_params"].items() if name != "stream"}
    if call.get("timeout") is not None:
        given.setdefault("timeout", call["timeout"])
    if call.get("headers"):
        given.setdefault("extra_headers", call["headers"])
    name = AUTO + model.removeprefix("auto") if pseudo else model
    return {**given, "model": name, "messages": call["messages"]}


def _whole(completion: Any) -> Any:
    return ModelResponse(**completion.to_dict())


def _chunk(chunk: Any) -> Any:
    return ModelResponseStream(**chunk.to_dict())
