"""The proxy as an ASGI application: its routes, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import AsyncGlooOpenAI, GlooAuth
from ..http_libraries import SDK_LIBRARY
from ..routing import Defaults, is_pseudo_model
from . import answers, plan, responses
from .errors import RefusedError
from .forward import Forward
from .guard import Door, Lock, checked_host, checked_key, checked_origin
from .items import Items
from .log import Log
from .models import Catalogue
from .slash import Slash

MAX_BODY = 20 << 20
WHAT_IS_HERE = (
    "It has POST /v1/chat/completions, POST /v1/responses, POST /v1/embeddings and GET /v1/models: "
    "a client's base URL ends in /v1."
)
WAYS_OUT = {
    "/v1/completions": (
        "Gloo continues no prompts: choose chat completions in the tool, POST "
        "/v1/chat/completions; for one with a model name of its own, start the proxy with "
        "--force-model."
    ),
}


def create_app(
    *,
    key: str,
    auth: GlooAuth,
    defaults: Defaults,
    endpoint: str | None = None,
    force_model: bool = False,
    responses_model: str | None = None,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    max_body: int = MAX_BODY,
    timeout: float = 600.0,
) -> Starlette:
    """The proxy: completions, Responses, embeddings and models, as OpenAI has them.

    Args:
        key: what clients must send as their API key; it never goes further.
        auth: Gloo's credentials and URL.
        defaults: what requests that leave it out get: model, tradition, publisher.
        endpoint: `"guarded"`, `"direct"`, …: as a base URL that ends so.
        force_model: the default model answers, whatever a request names.
        responses_model: answers Responses that name none of Gloo's own models, which Gloo does not
            choose there; the default model if left out and if that is one of Gloo's own.
        allow_hosts, allow_origins: see `Door`.
        max_body: bytes that a request may have.
        timeout: seconds that Gloo may take to send the next byte.

    Raises:
        ValueError: the key, a host, an origin or `responses_model` is one that can never work.
    """
    hosts, origins = list(map(checked_host, allow_hosts)), list(map(checked_origin, allow_origins))
    own = (each for each in (responses_model, defaults.default_model) if not is_pseudo_model(each))
    for_responses = replace(defaults, default_model=next(own, None))
    if is_pseudo_model(responses_model):
        raise ValueError(
            f"responses_model={responses_model!r}: the Responses API does not choose a model. "
            "Name one of Gloo's own."
        )
    http = SDK_LIBRARY.AsyncClient(
        auth=auth,
        # What Gloo sets for one client of the proxy is nobody else's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=SDK_LIBRARY.Timeout(timeout, connect=10.0, pool=None),
        limits=SDK_LIBRARY.Limits(max_connections=None, max_keepalive_connections=100),
    )
    client = AsyncGlooOpenAI(auth=auth, endpoint=endpoint, http_client=http, max_retries=1)
    catalogue, base_url, items = Catalogue(client), str(client.base_url), Items()

    async def completion(body: bytes) -> plan.Plan:
        return plan.completion(body, base_url, defaults, force_model=force_model)

    async def response(body: bytes) -> plan.Plan:
        try:
            return plan.response(body, base_url, for_responses, items, force_model=force_model)
        except plan.NoModelError:
            raise await catalogue.no_model() from None

    async def embeddings(body: bytes) -> plan.Plan:
        return plan.embeddings(body, base_url)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncGenerator[None]:
        async with http:
            yield

    calls = {
        "/v1/chat/completions": Forward(http, completion, answers.completion, max_body),
        "/v1/responses": Forward(
            http, response, partial(responses.response, items=items), max_body
        ),
        "/v1/embeddings": Forward(http, embeddings, answers.as_it_comes, max_body),
    }
    return Starlette(
        routes=[
            *(Route(path, endpoint, methods=["POST"]) for path, endpoint in calls.items()),
            Route("/health", _health),
            Route("/v1/models", catalogue.index),
            Route("/v1/models/{model:path}", catalogue.one),
        ],
        middleware=[
            Middleware(Log),
            Middleware(Slash),
            Middleware(Door, hosts=hosts, origins=origins),
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                allow_private_network=True,
            ),
            Middleware(Lock, key=checked_key(key)),
        ],
        exception_handlers={HTTPException: _not_here, RefusedError: _refused},
        lifespan=lifespan,
    )


async def _health(_request: Request) -> Response:
    """That the proxy runs; Gloo is not asked."""
    return JSONResponse({"status": "ok"})


async def _not_here(request: Request, error: Any) -> Response:
    """404 and 405, from the router."""
    path = request.url.path
    message = f"The proxy has no {request.method} {path[:80]}. {WAYS_OUT.get(path, WHAT_IS_HERE)}"
    refused = RefusedError(error.status_code, message, "not_found", headers=error.headers)
    return refused.response()


async def _refused(_request: Request, error: Any) -> Response:
    response: Response = error.response()
    return response
