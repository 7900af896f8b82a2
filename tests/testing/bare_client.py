"""Requests to the local Gloo from a client that adds and hides nothing, and what to ask."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any

from gloo_openai.testing import LocalGloo

V1 = "/ai/v1/chat/completions"
V2 = "/ai/v2/chat/completions"
GROUNDED = ["/ai/v2/chat/completions/grounded", "/ai/v2/grounded/chat/completions"]
NEWER = ["/ai/v2/guarded/chat/completions", "/ai/v2/direct/chat/completions"]
EMBEDDINGS = "/ai/v2/direct/embeddings"
RESPONSES = "/ai/v2/guarded/responses"
ALL_RESPONSES = [
    RESPONSES,
    "/ai/v2/responses",
    "/ai/v1/responses",
    "/ai/v1/grounded/responses",
]
FAMILIES = [V2, *GROUNDED, *NEWER]
MODEL = "gloo-openai-gpt-5.2"
HELLO = [{"role": "user", "content": "Hello!"}]
DIRECT = {"model": MODEL, "messages": HELLO}
AUTO = {"auto_routing": True, "messages": HELLO}
GRANT = "grant_type=client_credentials&scope=api/access"
ROUTING = {"provider", "model_family", "auto_routing", "routing_mechanism", "trace_id"}
TIER = {"routing_tier", "routing_confidence"}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


@dataclass
class Got:
    """A response as it came, from a client that adds and hides nothing."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of its events; `[DONE]` as that string."""
        data = [event.removeprefix("data: ") for event in self.body.decode().split("\n\n")[:-1]]
        return [each if each == "[DONE]" else json.loads(each) for each in data]


def send(
    gloo: LocalGloo,
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    token: str | None = "sk_local",
    **headers: str,
) -> Got:
    """One request over a connection of its own."""
    with connected(gloo) as connection:
        return send_over(connection, path, body, method=method, token=token, **headers)


def send_over(
    connection: http.client.HTTPConnection,
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    token: str | None = "sk_local",
    **headers: str,
) -> Got:
    """One request over this connection; a body that is not text is sent as JSON."""
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        headers = {"content_type": "application/json", **headers}
    if token is not None:
        headers = {"authorization": f"Bearer {token}", **headers}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    return Got(response.status, response.headers, response.read())


class connected:  # noqa: N801 - reads as a function
    """A connection to the local Gloo, closed at the end."""

    def __init__(self, gloo: LocalGloo) -> None:
        self._connection = http.client.HTTPConnection(
            gloo.origin.removeprefix("http://"), timeout=20
        )

    def __enter__(self) -> http.client.HTTPConnection:
        return self._connection

    def __exit__(self, *exc_info: object) -> None:
        self._connection.close()


def exchange(
    gloo: LocalGloo, body: str = GRANT, *, basic: str | None = None, **headers: str
) -> Got:
    """A token request, with the right credentials unless told otherwise."""
    pair = f"{gloo.client_id}:{gloo.client_secret}" if basic is None else basic
    headers = {
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "content_type": "application/x-www-form-urlencoded",
        **headers,
    }
    return send(gloo, "/oauth2/token", body, token=None, **headers)
