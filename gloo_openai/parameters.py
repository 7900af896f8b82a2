"""The keywords of a chat completion, for type checkers and editors; nothing reads it at run time.

The first class lists what the newest SDK takes beside `messages` and `model`; a test compares it
with the SDK's own signature. An older or newer SDK has a keyword less or more: what is passed is
passed on, whatever stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import httpx
import httpx2
from openai import NotGiven, Omit
from openai.types import ReasoningEffort
from openai.types.chat import (
    ChatCompletionAudioParam,
    ChatCompletionPredictionContentParam,
    ChatCompletionStreamOptionsParam,
    ChatCompletionToolChoiceOptionParam,
    ChatCompletionToolUnionParam,
    completion_create_params,
)
from typing_extensions import TypedDict

from .routing import Family, Tradition


class SDKParameters(TypedDict, total=False):
    """What the SDK's `create`, `parse` and `stream` have in common."""

    audio: ChatCompletionAudioParam | None | Omit
    frequency_penalty: float | None | Omit
    function_call: completion_create_params.FunctionCall | Omit
    functions: Iterable[completion_create_params.Function] | Omit
    logit_bias: dict[str, int] | None | Omit
    logprobs: bool | None | Omit
    max_completion_tokens: int | None | Omit
    max_tokens: int | None | Omit
    metadata: dict[str, str] | None | Omit
    modalities: list[Literal["text", "audio"]] | None | Omit
    moderation: completion_create_params.Moderation | None | Omit
    n: int | None | Omit
    parallel_tool_calls: bool | Omit
    prediction: ChatCompletionPredictionContentParam | None | Omit
    presence_penalty: float | None | Omit
    prompt_cache_key: str | None | Omit
    prompt_cache_options: completion_create_params.PromptCacheOptions | Omit
    prompt_cache_retention: Literal["in_memory", "24h"] | None | Omit
    reasoning_effort: ReasoningEffort | None | Omit
    safety_identifier: str | None | Omit
    seed: int | None | Omit
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None | Omit
    stop: str | list[str] | tuple[str, ...] | None | Omit
    store: bool | None | Omit
    stream_options: ChatCompletionStreamOptionsParam | None | Omit
    temperature: float | None | Omit
    tool_choice: ChatCompletionToolChoiceOptionParam | Omit
    tools: Iterable[ChatCompletionToolUnionParam] | Omit
    top_logprobs: int | None | Omit
    top_p: float | None | Omit
    user: str | Omit
    verbosity: Literal["low", "medium", "high"] | None | Omit
    web_search_options: completion_create_params.WebSearchOptions | Omit
    extra_headers: Mapping[str, str | Omit] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | httpx.Timeout | httpx2.Timeout | None | NotGiven


class GlooParameters(TypedDict, total=False):
    """What Gloo adds (protocol §3, §4). None means: not this, whatever the client's default."""

    auto_routing: bool | None | Omit
    model_family: Family | None | Omit
    tradition: Tradition | None | Omit
    rag_publisher: str | None | Omit
    sources_limit: int | None | Omit
    include_citations: bool | None | Omit


class Parameters(SDKParameters, GlooParameters, total=False):
    """The keywords of `parse` and `stream`, beside `messages`, `model` and `response_format`."""


class CreateParameters(Parameters, total=False):
    """The keywords of `create`, beside `messages`, `model` and `stream`."""

    response_format: completion_create_params.ResponseFormat | Omit
