"""Who is let in: programs that know the key, and no web page that does not have leave."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import trio
import trio.testing

from gloo_openai import GlooAuth
from gloo_openai.proxy.app import create_app
from gloo_openai.routing import Defaults
from gloo_openai.testing import LocalGloo

from .conftest import KEY, Proxy, asked

PAGE = "https://page.example"


@pytest.mark.parametrize("key", [None, "wrong", KEY[:-1], KEY + "x", ""])
def test_the_key_is_asked_for(proxy: Proxy, gloo: LocalGloo, key: str | None) -> None:
    """Everything is refused without it, also what does not exist."""
    for path in ("/models", "/nothing"):
        done = proxy.http(key=key).get(path)
        assert (done.status_code, done.json()["error"]["code"]) == (401, "invalid_api_key")
    assert asked(gloo) == []


@pytest.mark.parametrize("host", ["page.example", "page.example:{port}", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused(proxy: Proxy, gloo: LocalGloo, host: str) -> None:
    """A page that rebinds its name to 127.0.0.1 still sends its name."""
    done = proxy.http(host=host.format(port=proxy.port)).get("/models")
    assert (done.status_code, done.json()["error"]["code"]) == (403, "host_not_allowed")
    assert asked(gloo) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_names_are_let_in(proxy: Proxy, host: str) -> None:
    """With the proxy's port."""
    assert proxy.http(host=f"{host}:{proxy.port}").get("/models").status_code == 200


def test_a_host_can_be_allowed(start: Callable[..., Proxy]) -> None:
    """For containers and port forwards, on whatever port they have."""
    proxy = start("--allow-host", "host.docker.internal")
    assert proxy.http(host="host.docker.internal:9999").get("/models").status_code == 200
    assert proxy.http(host="other.internal").get("/models").status_code == 403


def test_it_listens_on_loopback_only(proxy: Proxy) -> None:
    """The other addresses of this machine do not answer."""
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", proxy.port)) != 0


@pytest.mark.parametrize(
    "origin", [PAGE, "null", "http://localhost:{port}", "http://127.0.0.1:3000"]
)
def test_a_web_page_is_refused(proxy: Proxy, gloo: LocalGloo, origin: str) -> None:
    """Even with the key; and nothing in the answer lets the browser show it to the page."""
    http = proxy.http(origin=origin.format(port=proxy.port))
    for done in (http.get("/models"), http.options("/chat/completions")):
        assert (done.status_code, done.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert not [name for name in done.headers if name.startswith("access-control-")]
    assert asked(gloo) == []


def test_an_origin_can_be_allowed(start: Callable[..., Proxy]) -> None:
    """Then its preflight passes without a key, its requests with it, and no other origin's."""
    proxy = start("--allow-origin", PAGE)
    asking = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    preflight = proxy.http(key=None, **asking).options("/chat/completions")
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    done = proxy.http(origin=PAGE).get("/models")
    assert (done.status_code, done.headers["access-control-allow-origin"]) == (200, PAGE)
    assert proxy.http(key=None, origin=PAGE).get("/models").status_code == 401
    assert proxy.http(origin="https://other.example").get("/models").status_code == 403


def test_a_large_body_is_refused(start: Callable[..., Proxy], gloo: LocalGloo) -> None:
    """By its announced length, or as it turns out; just below the limit it passes."""
    proxy = start("--max-body", "1")
    http, large = proxy.http(), b" " * (1 << 20) + b"{}"
    announced = http.post("/chat/completions", content=large)
    counted = proxy.http().post("/chat/completions", content=(large[i::2] for i in range(2)))
    for done in (announced, counted):
        assert (done.status_code, done.json()["error"]["code"]) == (413, "body_too_large")
    assert asked(gloo) == []
    fits = b'{"messages": [{"role": "user", "content": "Hi"}]}'.ljust(1 << 20)
    assert proxy.http().post("/chat/completions", content=fits).status_code == 200


@pytest.mark.parametrize("expect", [{}, {"expect": "100-continue"}], ids=["", "expect"])
@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_a_large_body_to_its_end_sees_the_refusal(
    start: Callable[..., Proxy], gloo: LocalGloo, chunked: bool, expect: dict[str, str]
) -> None:
    """`http.client`, as many others, reads no answer before it has sent everything."""
    proxy = start("--max-body", "1")
    body = b" " * (32 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    pieces = (body[at : at + (1 << 16)] for at in range(0, len(body), 1 << 16))
    headers = {"authorization": f"Bearer {KEY}", **expect}
    if expect and not chunked:  # then nobody sends a body before it is asked for, and it is not
        body, headers["content-length"] = b"", str(len(body))
    with closing(connection):
        connection.request("POST", "/v1/chat/completions", pieces if chunked else body, headers)
        done = connection.getresponse()
        assert (done.status, json.load(done)["error"]["code"]) == (413, "body_too_large")
    assert asked(gloo) == []


def test_a_large_body_without_end_is_refused() -> None:
    """Its rest is read for some seconds, on a clock of the test's own."""
    auth = GlooAuth("id", "secret", base_url="http://127.0.0.1:9", env_file=None)
    app = create_app(key=KEY, auth=auth, defaults=Defaults(), max_body=10)
    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"127.0.0.1:80")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await trio.sleep(1)
        return {"type": "http.request", "body": b"x" * 20, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        with trio.fail_after(60):
            await app(scope, receive, send)

    trio.run(ask, clock=trio.testing.MockClock(autojump_threshold=0))
    assert sent[0]["status"] == 413
