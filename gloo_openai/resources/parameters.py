"""The keywords of a chat completion and of the clients, for type checkers and editors.

Nothing reads them at run time. They are those of the newest SDK; tests compare them with the SDK's
own signatures. An older or newer SDK has a keyword less or more: what is passed is passed on,
whatever stands here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal

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
from typing_extensions import TypedDict

from .answers import OnRouting
from .auth import GlooAuth
from .routing import Family, Tradition
from .settings import EnvFile


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


class GlooOptions(TypedDict, total=False):
    """What a Gloo client takes that the SDK's does not."""

    client_id: str | None
    client_secret: str | None
    auth: GlooAuth | None
    token_url: str | None
    env_file: EnvFile | NotGiven
    allow_insecure_http: bool
    default_model: str | None
    tradition: Tradition | None
    rag_publisher: str | None
    sources_limit: int | None
    include_citations: bool | None
    grounded: bool | None
    on_routing: OnRouting | None


class Options(GlooOptions, total=False):
    """What the constructors of both clients and their `copy` have in common."""

    organization: str | None
    project: str | None
    webhook_secret: str | None
    base_url: str | httpx.URL | httpx2.URL | NotGiven | None
    websocket_base_url: str | httpx.URL | httpx2.URL | None
    timeout: float | httpx.Timeout | httpx2.Timeout | NotGiven | None
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    # OpenAI's own ways to authenticate and to host: with a value, an error.
    admin_api_key: str | None
    workload_identity: Any
    provider: Any
    data_residency: Any


class ConstructorOptions(Options, total=False):
    """What only the constructors take."""

    max_retries: int
    _strict_response_validation: bool
    _enforce_credentials: bool


class ViewOptions(Options, total=False):
    """What only `copy`, alias `with_options`, takes."""

    max_retries: int | NotGiven
    set_default_headers: Mapping[str, str] | None
    set_default_query: Mapping[str, object] | None
    _enforce_credentials: bool | None
    _extra_kwargs: Mapping[str, Any]


class SyncOptions(TypedDict, total=False):
    """What is of another type in the two clients."""

    api_key: str | Callable[[], str] | None
    http_client: httpx.Client | httpx2.Client | None


class AsyncOptions(TypedDict, total=False):
    """`SyncOptions` for asynchronous clients."""

    api_key: str | Callable[[], Awaitable[str]] | None
    http_client: httpx.AsyncClient | httpx2.AsyncClient | None


class ClientOptions(ConstructorOptions, SyncOptions, total=False):
    """The keywords of `GlooOpenAI`."""


class AsyncClientOptions(ConstructorOptions, AsyncOptions, total=False):
    """The keywords of `AsyncGlooOpenAI`."""


class CopyOptions(ViewOptions, SyncOptions, total=False):
    """The keywords of `GlooOpenAI.copy` and `with_options`."""


class AsyncCopyOptions(ViewOptions, AsyncOptions, total=False):
    """The keywords of `AsyncGlooOpenAI.copy` and `with_options`."""
