"""`gloo_client()`: AutoGen's chat completion client, talking to Gloo AI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from typing_extensions import Self

from .. import AUTO, AsyncGlooOpenAI
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients

with extra("autogen"):
    from autogen_core import Component
    from autogen_core.models import ModelFamily, ModelInfo
    from autogen_ext.models.openai import BaseOpenAIChatCompletionClient

__all__ = ["GlooChatCompletionClient", "gloo_client"]

MODEL_INFO = ModelInfo(
    vision=False,
    function_calling=True,
    json_output=True,
    structured_output=True,
    family=ModelFamily.UNKNOWN,
    multiple_system_messages=True,
)
"""What AutoGen wants to know of a model that is none of its own."""
WRITTEN = ("base_url", "timeout", "max_retries", *(n for n in GLOO_OPTIONS if n != "on_routing"))
TAKEN = (*WRITTEN, "on_routing", "default_headers", "default_query", "http_client")
PER_TOKEN, PER_MESSAGE = 4, 4
"""Letters of a token, and tokens around a message: an estimate, as Gloo names no tokenizer."""


class GlooClientConfig(BaseModel):
    """What is written down of a client: no credentials, and no callback."""

    model: str = AUTO
    model_info: dict[str, Any] | None = None
    create_args: dict[str, Any] | None = None
    options: dict[str, Any] | None = None


class GlooChatCompletionClient(  # type: ignore[misc]  # one of its bases has no types here
    BaseOpenAIChatCompletionClient, Component[GlooClientConfig]
):
    """AutoGen's client for chat completions, on Gloo's, one for each event loop.

    `dump_component` writes no credentials: those come from where it is loaded. See `gloo_client`.
    """

    component_type = "model"
    component_config_schema = GlooClientConfig
    component_provider_override = "gloo_openai.integrations.autogen.GlooChatCompletionClient"

    def __init__(
        self,
        model: str = AUTO,
        *,
        client: AsyncGlooOpenAI | None = None,
        model_info: ModelInfo | None = None,
        create_args: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._given = client
        self._options = dict(options)
        self._clients = Clients(kept=take(self._options, WHO_ASKS))
        refuse("gloo_client", self._options, TAKEN)
        self._written = GlooClientConfig(
            model=model,
            model_info=dict(model_info) if model_info else None,
            create_args=create_args,
            options={name: self._options[name] for name in WRITTEN if name in self._options},
        )
        super().__init__(
            client=self._client,
            create_args={"model": model, **(create_args or {})},
            model_info=model_info or MODEL_INFO,
        )
        self._resolved_model = None  # Gloo says which model answered, and it may be any

    @property
    def _client(self) -> Any:
        """The client that was given, or else that of the running event loop."""
        return self._given or self._clients.asynchronous(self._options)

    @_client.setter
    def _client(self, value: Any) -> None:
        """AutoGen sets what it was given."""

    def create_stream(self, messages: Any, **options: Any) -> Any:
        """AutoGen's, with the usage of the stream, which Gloo tells only if it is asked to."""
        return super().create_stream(messages, **{"include_usage": True, **options})

    def count_tokens(self, messages: Sequence[Any], *, tools: Sequence[Any] = ()) -> int:
        """How many tokens these have: an estimate, for which nothing is downloaded."""
        texts = [str(message.content) for message in messages]
        texts += [str(tool if isinstance(tool, dict) else tool.schema) for tool in tools]
        return sum(len(text) // PER_TOKEN + PER_MESSAGE for text in texts)

    def remaining_tokens(self, messages: Sequence[Any], *, tools: Sequence[Any] = ()) -> int:
        """What the context window of the model has left; as the catalogue says how large it is.

        Raises:
            LookupError: the catalogue does not say.
        """
        options = {name: each for name, each in self._options.items() if name != "http_client"}
        if self._given is not None:
            options = {"auth": self._given.auth, "base_url": str(self._given.base_url)}
        name = self._create_args["model"]
        size = self._clients.window(name, options)
        if size is None:
            raise LookupError(f"Gloo's catalogue has no context window for {name!r}.")
        return size - self.count_tokens(messages, tools=tools)

    async def close(self) -> None:
        """Close the client of this event loop; one that was given is its owner's to close."""
        await self._clients.close()

    def _to_config(self) -> GlooClientConfig:
        return self._written

    @classmethod
    def _from_config(cls, config: GlooClientConfig) -> Self:
        info: Any = config.model_info
        options = config.options or {}
        return cls(config.model, model_info=info, create_args=config.create_args, **options)


def gloo_client(
    model: str = AUTO,
    *,
    client: AsyncGlooOpenAI | None = None,
    model_info: ModelInfo | None = None,
    create_args: dict[str, Any] | None = None,
    **options: Any,
) -> GlooChatCompletionClient:
    """A client for AutoGen's agents.

    Args:
        model: a Gloo model or a pseudo model.
        client: an `AsyncGlooOpenAI`; one is made with `options` if left out.
        model_info: for a model that differs from `MODEL_INFO`, such as one that sees.
        create_args: for every call, such as `{"temperature": 0}`.
        options: those of `AsyncGlooOpenAI`: `tradition`, `rag_publisher`, `on_routing` …

    Raises:
        TypeError: both a client and options for one, or a keyword that means nothing here.
    """
    if client is not None and options:
        raise TypeError(f"client= has options of its own: leave out {', '.join(sorted(options))}.")
    return GlooChatCompletionClient(
        model, client=client, model_info=model_info, create_args=create_args, **options
    )
