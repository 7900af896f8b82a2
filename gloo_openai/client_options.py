"""The keywords of the two clients and of their copies, for type checkers and editors.

Nothing reads them at run time. They are those of the newest SDK; tests compare them with the SDK's
own signatures.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import httpx2
from openai import NotGiven
from typing_extensions import TypedDict

from .answers import OnRouting
from .auth import EnvFile, GlooAuth, SecretOrText, Vault
from .endpoints import Endpoint
from .routing import Tradition

__all__ = ["AsyncClientOptions", "AsyncCopyOptions", "ClientOptions", "CopyOptions"]


class GlooOptions(TypedDict, total=False):
    """What a Gloo client takes that the SDK's does not."""

    client_id: SecretOrText | None
    client_secret: SecretOrText | None
    credentials: Vault | None
    auth: GlooAuth | None
    token_url: str | None
    endpoint: Endpoint | None
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

    api_key: SecretOrText | Callable[[], str] | None
    http_client: httpx.Client | httpx2.Client | None


class AsyncOptions(TypedDict, total=False):
    """`SyncOptions` for asynchronous clients."""

    api_key: SecretOrText | Callable[[], Awaitable[str]] | None
    http_client: httpx.AsyncClient | httpx2.AsyncClient | None


class ClientOptions(ConstructorOptions, SyncOptions, total=False):
    """The keywords of `GlooOpenAI`."""


class AsyncClientOptions(ConstructorOptions, AsyncOptions, total=False):
    """The keywords of `AsyncGlooOpenAI`."""


class CopyOptions(ViewOptions, SyncOptions, total=False):
    """The keywords of `GlooOpenAI.copy` and `with_options`."""


class AsyncCopyOptions(ViewOptions, AsyncOptions, total=False):
    """The keywords of `AsyncGlooOpenAI.copy` and `with_options`."""
