"""The keywords of a chat completion and of a response, for type checkers and editors.

Nothing reads them at run time. They are those of the newest SDK; tests compare them with the SDK's
own signatures. An older or newer SDK has a keyword less or more: what is passed is passed on,
whatever stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import httpx
import httpx2
from openai import NotGiven, Omit
from openai._types import SequenceNotStr
from openai.types import ReasoningEffort
from openai.types.chat import (
    ChatCompletionAudioParam,
    ChatCompletionPredictionContentParam,
    ChatCompletionStreamOptionsParam,
    ChatCompletionToolChoiceOptionParam,
    ChatCompletionToolUnionParam,
    completion_create_params,
)
from openai.types.responses import (
    ResponseIncludable,
    ResponsePromptParam,
    ResponseTextConfigParam,
    response_create_params,
)
from openai.types.responses.service_tier import ServiceTier
from openai.types.responses.tool_param import ParseableToolParam
from openai.types.shared_params import Reasoning
from typing_extensions import TypedDict

from ..routing import Family, Tradition


class RequestParameters(TypedDict, total=False):
    """What every call of the SDK takes."""

    extra_headers: Mapping[str, str | Omit] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | httpx.Timeout | httpx2.Timeout | NotGiven | None


class SDKParameters(RequestParameters, total=False):
    """What the SDK's `create`, `parse` and `stream` take beside `messages` and `model`."""

    audio: ChatCompletionAudioParam | Omit | None
    frequency_penalty: float | Omit | None
    function_call: completion_create_params.FunctionCall | Omit
    functions: Iterable[completion_create_params.Function] | Omit
    logit_bias: dict[str, int] | Omit | None
    logprobs: bool | Omit | None
    max_completion_tokens: int | Omit | None
    max_tokens: int | Omit | None
    metadata: dict[str, str] | Omit | None
    modalities: list[Literal["text", "audio"]] | Omit | None
    moderation: completion_create_params.Moderation | Omit | None
    n: int | Omit | None
    parallel_tool_calls: bool | Omit
    prediction: ChatCompletionPredictionContentParam | Omit | None
    presence_penalty: float | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: completion_create_params.PromptCacheOptions | Omit
    prompt_cache_retention: Literal["in_memory", "24h"] | Omit | None
    reasoning_effort: ReasoningEffort | Omit | None
    safety_identifier: str | Omit | None
    seed: int | Omit | None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | Omit | None
    stop: str | SequenceNotStr[str] | Omit | None
    store: bool | Omit | None
    stream_options: ChatCompletionStreamOptionsParam | Omit | None
    temperature: float | Omit | None
    tool_choice: ChatCompletionToolChoiceOptionParam | Omit
    tools: Iterable[ChatCompletionToolUnionParam] | Omit
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    user: str | Omit
    verbosity: Literal["low", "medium", "high"] | Omit | None
    web_search_options: completion_create_params.WebSearchOptions | Omit
    extra_headers: Mapping[str, str | Omit] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | httpx.Timeout | httpx2.Timeout | NotGiven | None


class GlooParameters(TypedDict, total=False):
    """What Gloo adds (protocol §3, §4). None means: not this, whatever the client's default."""

    auto_routing: bool | Omit | None
    model_family: Family | Omit | None
    tradition: Tradition | Omit | None
    rag_publisher: str | Omit | None
    sources_limit: int | Omit | None
    include_citations: bool | Omit | None


class Parameters(SDKParameters, GlooParameters, total=False):
    """The keywords of `parse` and `stream`, beside `messages`, `model` and `response_format`."""


class CreateParameters(Parameters, total=False):
    """The keywords of `create`, beside `messages`, `model` and `stream`."""

    response_format: completion_create_params.ResponseFormat | Omit


class SDKResponseParameters(RequestParameters, total=False):
    """What the SDK's `responses.create`, `parse` and `stream` take beside `input` and `model`."""

    access_programs: response_create_params.AccessPrograms | Omit
    background: bool | Omit | None
    background_options: response_create_params.BackgroundOptions | Omit
    context_management: Iterable[response_create_params.ContextManagement] | Omit | None
    conversation: response_create_params.Conversation | Omit | None
    image: response_create_params.Image | Omit
    include: list[ResponseIncludable] | Omit | None
    instructions: str | Omit | None
    max_output_tokens: int | Omit | None
    max_tool_calls: int | Omit | None
    metadata: dict[str, str] | Omit | None
    moderation: response_create_params.Moderation | Omit | None
    parallel_tool_calls: bool | Omit | None
    previous_response_id: str | Omit | None
    prompt: ResponsePromptParam | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: response_create_params.PromptCacheOptions | Omit
    prompt_cache_retention: Literal["in_memory", "24h"] | Omit | None
    reasoning: Reasoning | Omit | None
    safety_identifier: str | Omit | None
    service_tier: ServiceTier | Omit | None
    store: bool | Omit | None
    stream_options: response_create_params.StreamOptions | Omit | None
    temperature: float | Omit | None
    text: ResponseTextConfigParam | Omit
    tool_choice: response_create_params.ToolChoice | Omit
    tools: Iterable[ParseableToolParam] | Omit
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    truncation: Literal["auto", "disabled"] | Omit | None
    user: str | Omit


class ResponseParameters(SDKResponseParameters, total=False):
    """The keywords of `responses.create` and `stream`, beside `input`, `model` and the like."""

    tradition: Tradition | Omit | None


class ResponseParseParameters(ResponseParameters, total=False):
    """The keywords of `responses.parse`, beside `input`, `model` and `text_format`."""

    verbosity: Literal["low", "medium", "high"] | Omit | None
