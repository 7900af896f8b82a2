"""`register()`: a LiteLLM provider, so that `"gloo/auto"` is a model wherever LiteLLM is used."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from openai.resources.chat.completions import Completions

from .. import AUTO, GlooModel
from . import CLIENT_ONLY, extra
from .clients import Clients

with extra("litellm"):
    import litellm
    from litellm import CustomLLM, EmbeddingResponse, ModelResponse, ModelResponseStream

    from .litellm_costs import OF_GLOO, charged_first
    from .litellm_errors import as_litellm
    from .litellm_models import describe
    from .windows import catalogue

__all__ = ["register"]


def register(
    name: str = "gloo", *, models: Iterable[GlooModel] | None = None, **options: Any
) -> None:
    """Make `name` a provider of LiteLLM; again under the same name replaces it.

    `gloo/auto` and `gloo/auto-anthropic` are Gloo's own routing, `gloo/<model>` is that model.

    Args:
        name: what models begin with.
        models: rows of the catalogue, whose prices, windows and abilities LiteLLM is to know; read
            from Gloo if left out, once, as far as Gloo answers within seconds. `()` for none.
        options: those of `GlooOpenAI`: `tradition`, `rag_publisher`, `on_routing` …
    """
    others = [item for item in litellm.custom_provider_map if item["provider"] != name]
    handler = GlooProvider(name, options)
    litellm.custom_provider_map = [*others, {"provider": name, "custom_handler": handler}]
    litellm.utils.custom_llm_setup()
    OF_GLOO.add(name)
    charged_first()
    rows = catalogue(handler.client) if models is None else list(models)
    litellm.register_model(describe(name, rows))


KNOWN = set(inspect.signature(Completions.create).parameters)
"""What `create` takes; LiteLLM passes on whatever else its caller gave."""
OF_THE_CLIENT = ("max_retries", *CLIENT_ONLY)
WHO_ASKS = ("auth", "client_id", "client_secret", "credentials", "token_url")


class GlooProvider(CustomLLM):  # type: ignore[misc]  # it has no types
    """Answers LiteLLM's calls with Gloo's clients, which are made when they are first needed."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = name
        self._options = dict(options)
        self._clients = Clients()

    def client(self, call: Mapping[str, Any] | None = None) -> Any:
        """The synchronous client for a call of LiteLLM's handlers."""
        return self._clients.sync(self._client_options(call or {}))

    def completion(self, **call: Any) -> Any:
        """One whole answer."""
        with as_litellm(call["model"]):
            create = self.client(call).chat.completions.create
            return self._response(create(**_parameters(call)))

    async def acompletion(self, **call: Any) -> Any:
        """`completion`, awaited."""
        with as_litellm(call["model"]):
            client = self._clients.asynchronous(self._client_options(call))
            return self._response(await client.chat.completions.create(**_parameters(call)))

    def streaming(self, **call: Any) -> Iterator[Any]:
        """One answer in chunks."""
        order = FinishLast()
        with as_litellm(call["model"]):
            create = self.client(call).chat.completions.create
            with create(**_streamed(call)) as chunks:
                for chunk in chunks:
                    yield from order.chunks(chunk)
                yield from order.rest()

    async def astreaming(self, **call: Any) -> AsyncIterator[Any]:
        """`streaming`, awaited."""
        order = FinishLast()
        with as_litellm(call["model"]):
            client = self._clients.asynchronous(self._client_options(call))
            async with await client.chat.completions.create(**_streamed(call)) as chunks:
                async for chunk in chunks:
                    for each in order.chunks(chunk):
                        yield each
                for each in order.rest():
                    yield each

    def embedding(self, **call: Any) -> Any:
        """Embeddings of texts, from the endpoint that has them."""
        with as_litellm(call["model"]):
            create = self.client(call).embeddings.create
            return EmbeddingResponse(**create(**_inputs(call)).to_dict())

    async def aembedding(self, **call: Any) -> Any:
        """`embedding`, awaited."""
        with as_litellm(call["model"]):
            client = self._clients.asynchronous(self._client_options(call))
            return EmbeddingResponse(**(await client.embeddings.create(**_inputs(call))).to_dict())

    def _response(self, answer: Any) -> Any:
        """LiteLLM's response, with what it cost where LiteLLM looks for that first."""
        response = ModelResponse(**answer.to_dict())
        if answer.guardrail_refusal:
            response.guardrail_refusal = True
        hidden: dict[str, Any] = {"custom_llm_provider": self._name}
        cost = getattr(answer.usage, "cost", None)
        if cost is not None:
            hidden["additional_headers"] = {"llm_provider-x-litellm-response-cost": cost}
        response._hidden_params = {**response._hidden_params, **hidden}
        return response

    def _client_options(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What a client is made with: the registration's options, and a call's own."""
        options = dict(self._options)
        if call.get("api_key"):
            options = {name: value for name, value in options.items() if name not in WHO_ASKS}
            options["api_key"] = call["api_key"]
        if call.get("api_base"):
            options["base_url"] = call["api_base"]
        given = call.get("optional_params") or {}
        return options | {name: given[name] for name in OF_THE_CLIENT if name in given}


class FinishLast:
    """The chunks of a stream in the order that LiteLLM reads to the end.

    It stops reading at the chunk with the finish reason, so the usage that Gloo sends after that
    one has to come before.
    """

    def __init__(self) -> None:
        self._held: list[dict[str, Any]] = []

    def chunks(self, chunk: Any) -> Iterator[Any]:
        """What to hand on for one of Gloo's chunks."""
        body = chunk.to_dict()
        choices = body.get("choices") or []
        usage = body.pop("usage", None)
        if usage is not None:
            yield ModelResponseStream(**{**body, "choices": [], "usage": usage})
        if choices:
            yield from self.rest()
            if any(choice.get("finish_reason") for choice in choices):
                self._held.append(body)
            else:
                yield ModelResponseStream(**body)

    def rest(self) -> Iterator[Any]:
        """What was held back."""
        held, self._held = self._held, []
        for body in held:
            yield ModelResponseStream(**body)


def _parameters(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of the SDK's `create`, from those of a LiteLLM handler."""
    given = dict(call["optional_params"])
    for name in ("stream", *OF_THE_CLIENT):
        given.pop(name, None)
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
    return given


def _streamed(call: Mapping[str, Any]) -> dict[str, Any]:
    """`_parameters` of a stream, with its usage: LiteLLM would estimate it."""
    usage = {"stream_options": {"include_usage": True}}
    return {**usage, **_parameters(call), "stream": True}


def _inputs(call: Mapping[str, Any]) -> dict[str, Any]:
    given = {n: value for n, value in call["optional_params"].items() if n not in OF_THE_CLIENT}
    timeout = {"timeout": call["timeout"]} if call.get("timeout") is not None else {}
    return {**timeout, **given, "model": call["model"], "input": call["input"]}
