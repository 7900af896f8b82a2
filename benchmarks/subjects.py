"""What is measured: the adapter, the plain SDK, and what people use in its place.

Each function makes a client once and returns a call on it. What is not installed is left out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from openai import AsyncOpenAI, OpenAI

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI

from .server import STATIC_KEY

MODEL = "gloo-anthropic-claude-sonnet-4.5"
MESSAGES: Any = [{"role": "user", "content": "How can I be joyful in hard times?"}]
CREDENTIALS: Any = {"client_id": "local-client", "client_secret": "local-secret"}
PLAIN: Any = {"model": MODEL, "messages": MESSAGES}
MODELLESS: Any = {"auto_routing": True, "tradition": "catholic", "messages": MESSAGES}
RESPONSE: Any = {"model": MODEL, "input": "How can I be joyful in hard times?"}

Call = Callable[[], object]


def gloo(origin: str) -> GlooOpenAI:
    """The adapter, with credentials."""
    return GlooOpenAI(base_url=origin, env_file=None, **CREDENTIALS)


def agloo(origin: str) -> AsyncGlooOpenAI:
    """The adapter, awaited."""
    return AsyncGlooOpenAI(base_url=origin, env_file=None, **CREDENTIALS)


def static(origin: str) -> OpenAI:
    """The plain SDK with a key that needs no exchange: what everything is compared with."""
    return OpenAI(api_key=STATIC_KEY, base_url=f"{origin}/ai/v2")


def astatic(origin: str) -> AsyncOpenAI:
    """The plain SDK, awaited."""
    return AsyncOpenAI(api_key=STATIC_KEY, base_url=f"{origin}/ai/v2")


def exchanged_with_requests(origin: str) -> dict[str, Any]:
    """The seed documents' `get_access_token`."""
    import requests

    response = requests.post(
        f"{origin}/oauth2/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data={"grant_type": "client_credentials", "scope": "api/access"},
        auth=(CREDENTIALS["client_id"], CREDENTIALS["client_secret"]),
        timeout=10,
    )
    response.raise_for_status()
    token: dict[str, Any] = response.json()
    return token


def recipe_sdk(origin: str) -> Call:
    """Gloo's guide: a token by `requests`, given to `OpenAI` once. It ends with the token."""
    token = exchanged_with_requests(origin)["access_token"]
    client = OpenAI(api_key=token, base_url=f"{origin}/ai/v2")
    return lambda: client.chat.completions.create(**PLAIN)


def recipe_requests(origin: str) -> Call:
    """Gloo's guide: `requests.post` for every call, the token's age looked at before each."""
    import requests

    token: dict[str, Any] = {}

    def call() -> object:
        if time.time() > token.get("expires_at", 0) - 60:
            token.update(exchanged_with_requests(origin))
            token["expires_at"] = time.time() + token["expires_in"]
        response = requests.post(
            f"{origin}/ai/v2/chat/completions",
            headers={
                "Authorization": f"Bearer {token['access_token']}",
                "Content-Type": "application/json",
            },
            json=PLAIN,
            timeout=60,
        )
        response.raise_for_status()
        return response.json()["choices"][0]["message"]["content"]

    return call


def litellm(origin: str) -> Call:
    """LiteLLM with a static key."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import looks for news online
    import litellm

    litellm.suppress_debug_info = True
    key = {"api_key": STATIC_KEY, "base_url": f"{origin}/ai/v2"}
    return lambda: litellm.completion(model=f"openai/{MODEL}", messages=MESSAGES, **key)


def langchain(origin: str) -> Call:
    """LangChain's `ChatOpenAI` with a static key."""
    from langchain_openai import ChatOpenAI

    key: Any = {"api_key": STATIC_KEY, "base_url": f"{origin}/ai/v2"}
    model = ChatOpenAI(model=MODEL, **key)
    return lambda: model.invoke(MESSAGES[0]["content"])


def httpx_auth(origin: str) -> Call:
    """httpx-auth's client credentials, on the HTTP client of the plain SDK."""
    import httpx
    from httpx_auth import OAuth2ClientCredentials

    auth = OAuth2ClientCredentials(f"{origin}/oauth2/token", scope="api/access", **CREDENTIALS)
    http: Any = httpx.Client(auth=auth)
    client = OpenAI(api_key="unused", base_url=f"{origin}/ai/v2", http_client=http)
    return lambda: client.chat.completions.create(**PLAIN)


def workload_identity(origin: str) -> Call:
    """The SDK's own exchange of an identity for tokens, on a local endpoint."""
    provider = {"token_type": "jwt", "get_token": lambda: "subject-token"}
    identity: Any = {
        "client_id": "c",
        "identity_provider_id": "p",
        "service_account_id": "s",
        "provider": provider,
    }
    client: Any = OpenAI(workload_identity=identity, base_url=f"{origin}/ai/v2")
    client._workload_identity_auth.token_exchange_url = f"{origin}/oauth2/token"
    return lambda: client.chat.completions.create(**PLAIN)


OTHERS: dict[str, tuple[str, Callable[[str], Call]]] = {
    "Gloo's guide: requests + OpenAI, token never renewed": ("requests", recipe_sdk),
    "Gloo's guide: requests.post for each call": ("requests", recipe_requests),
    "OpenAI + httpx-auth": ("httpx_auth", httpx_auth),
    "OpenAI with workload identity": ("openai.auth", workload_identity),
    "LangChain ChatOpenAI, static key": ("langchain_openai", langchain),
    "LiteLLM, static key": ("litellm", litellm),
}


def others(origin: str) -> Iterator[tuple[str, Call | None]]:
    """What people use in the adapter's place, by name; None for what is not installed."""
    for name, (module, make) in OTHERS.items():
        yield name, make(origin) if find_spec(module) else None
