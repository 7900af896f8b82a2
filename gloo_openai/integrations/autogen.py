"""`gloo_client()`: AutoGen's chat completion client, talking to Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO, AsyncGlooOpenAI
from . import extra

with extra("autogen"):
    from autogen_core.models import ModelFamily, ModelInfo
    from autogen_ext.models.openai import BaseOpenAIChatCompletionClient

__all__ = ["gloo_client"]

MODEL_INFO = ModelInfo(
    vision=False,
    function_calling=True,
    json_output=True,
    structured_output=True,
    family=ModelFamily.UNKNOWN,
    multiple_system_messages=True,
)
"""What AutoGen wants to know of a model that is none of its own."""


def gloo_client(
    model: str = AUTO,
    *,
    client: AsyncGlooOpenAI | None = None,
    model_info: ModelInfo | None = None,
    create_args: dict[str, Any] | None = None,
    **options: Any,
) -> BaseOpenAIChatCompletionClient:
    """A client for AutoGen's agents.

    Args:
        model: a Gloo model or a pseudo model.
        client: an `AsyncGlooOpenAI`; one is made with `options` if left out.
        model_info: for a model that differs from `MODEL_INFO`, such as one that sees.
        create_args: for every call, such as `{"temperature": 0}`.
        options: those of `AsyncGlooOpenAI`: `tradition`, `rag_publisher`, `on_routing` …

    Raises:
        TypeError: both a client and options for one.
    """
    if client is not None and options:
        raise TypeError(f"client= has options of its own: leave out {', '.join(sorted(options))}.")
    return BaseOpenAIChatCompletionClient(
        client=client or AsyncGlooOpenAI(**options),
        create_args={"model": model, **(create_args or {})},
        model_info=model_info or MODEL_INFO,
    )
