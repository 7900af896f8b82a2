"""The proxy as an ASGI application: its routes, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import AsyncGlooOpenAI, GlooAuth
from ..http_libraries import SDK_LIBRARY
from ..routing import Defaults
from . import plan
from .errors import RefusedError
from .forward import Forward
from .guard import Door, Lock
from .log import Log
from .models import Catalogue

MAX_BODY = 20 << 20


def create_app(
    *,
    key: str,
    auth: GlooAuth,
    defaults: Defaults,
    endpoint: str | None = None,
    force_model: bool = False,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    max_body: int = MAX_BODY,
    timeout: float = 600.0,
) -> Starlette:
    """The proxy: `/v1/chat/completions`, `/v1/embeddings` and `/v1/models`, as OpenAI has them.

    Args:
        key: what clients must send as their API key; it never goes further.
        auth: Gloo's credentials and URL.
        defaults: what requests that leave it out get: model, tradition, publisher.
        endpoint: `"guarded"`, `"direct"`, …: as a base URL that ends so.
        force_model: the default model answers, whatever a request names.
        allow_hosts, allow_origins: see `Door`.
        max_body: bytes that a request may have.
        timeout: seconds that Gloo may take to send the next byte.
    """
    http = SDK_LIBRARY.AsyncClient(
        auth=auth,
        # What Gloo sets for one client of the proxy is nobody else's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=SDK_LIBRARY.Timeout(timeout, connect=10.0, pool=None),
        limits=SDK_LIBRARY.Limits(max_connections=None, max_keepalive_connections=100),
    )
    client = AsyncGlooOpenAI(auth=auth, endpoint=endpoint, http_client=http, max_retries=1)
    catalogue, base_url = Catalogue(client), str(client.base_url)

    def completion(body: bytes) -> plan.Plan:
        return plan.completion(body, base_url, defaults, force_model=force_model)

    def embeddings(body: bytes) -> plan.Plan:
        return plan.embeddings(body, base_url)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncGenerator[None]:
        async with http:
            yield

    return Starlette(
        routes=[
            Route("/v1/chat/completions", Forward(http, completion, max_body), methods=["POST"]),
            Route("/v1/embeddings", Forward(http, embeddings, max_body), methods=["POST"]),
            Route("/v1/models", catalogue.index),
            Route("/v1/models/{model:path}", catalogue.one),
        ],
        middleware=[
            Middleware(Log),
            Middleware(Door, hosts=allow_hosts, origins=allow_origins),
            Middleware(
                CORSMiddleware,
                allow_origins=list(allow_origins),
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                allow_private_network=True,
            ),
            Middleware(Lock, key=key),
        ],
        exception_handlers={HTTPException: _not_here, RefusedError: _refused},
        lifespan=lifespan,
    )


async def _not_here(request: Request, error: Any) -> Response:
    """404 and 405, from the router."""
    message = (
        f"The proxy has no {request.method} {request.url.path[:80]}. It has POST "
        "/v1/chat/completions, POST /v1/embeddings and GET /v1/models: a client's base URL ends "
        "in /v1."
    )
    refused = RefusedError(error.status_code, message, "not_found", headers=error.headers)
    return refused.response()


async def _refused(_request: Request, error: Any) -> Response:
    response: Response = error.response()
    return response
