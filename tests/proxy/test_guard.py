"""Who is let in: programs that know the key, and no web page that does not have leave."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import trio
import trio.testing

from gloo_openai import GlooAuth
from gloo_openai.proxy.app import create_app
from gloo_openai.routing import Defaults
from gloo_openai.testing import LocalGloo

from ..cli.processes import run
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


@pytest.mark.parametrize("header", ["x-api-key", "api-key"])
def test_other_places_of_a_key(proxy: Proxy, header: str) -> None:
    """Where clients of other APIs put it; a wrong one is one there too."""
    assert proxy.http(key=None, **{header: KEY}).get("/models").status_code == 200
    for wrong in ("wrong", ""):
        assert proxy.http(key=None, **{header: wrong}).get("/models").status_code == 401


def test_health(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """Without a key, and while Gloo is down; but not for a web page."""
    gloo.stop()
    try:
        url = new_proxy.url.replace("/v1", "/health")
        done = new_proxy.http(key=None).get(url)
        assert (done.status_code, done.json()) == (200, {"status": "ok"})
        assert new_proxy.http(key=None, origin=PAGE).get(url).status_code == 403
        assert new_proxy.http(key=None, host="page.example").get(url).status_code == 403
    finally:
        gloo.start()
    assert asked(gloo) == []


def test_a_slash_at_the_end_of_a_path_means_nothing(proxy: Proxy, gloo: LocalGloo) -> None:
    """No redirect either: some clients do not follow one, or lose the body on the way."""
    http = proxy.http()
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert http.post("/chat/completions/", json=body).status_code == 200
    assert http.get("/models/").json()["object"] == "list"
    assert http.get("/models/gloo-auto/").json()["id"] == "gloo-auto"


def test_it_listens_on_the_other_loopback_too(proxy: Proxy) -> None:
    """Some programs take `localhost` for ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no ::1")
    url = f"http://[::1]:{proxy.port}/v1/models"
    assert proxy.http().get(url).status_code == 200


@pytest.mark.parametrize(
    ("option", "value", "spelling"),
    [
        ("--allow-origin", "https://app.example/", "'https://app.example'"),
        ("--allow-origin", "https://App.Example", "'https://app.example'"),
        ("--allow-origin", "https://app.example:443/a?b", "'https://app.example'"),
        ("--allow-origin", "http://localhost:80", "'http://localhost'"),
        ("--allow-origin", "app.example", "'https://app.example'"),
        ("--allow-origin", "localhost:3000", "'http://localhost:3000'"),
        ("--allow-origin", "https://bücher.example", "'https://xn--bcher-kva.example'"),
        ("--allow-origin", "file:///home/page.html", "'null'"),
        ("--allow-origin", "*", "https://app.example"),
        ("--allow-origin", "https://*.app.example", "https://app.example"),
        ("--allow-origin", "", "https://app.example"),
        ("--allow-host", "http://host.docker.internal:8787/v1", "'host.docker.internal:8787'"),
        ("--allow-host", "host.docker.internal/", "'host.docker.internal'"),
        ("--allow-host", "bücher.example", "'xn--bcher-kva.example'"),
        ("--allow-host", "fd00::1", "'[fd00::1]'"),
        ("--allow-host", "*", "host.docker.internal"),
        ("--allow-host", " ", "host.docker.internal"),
    ],
)
def test_a_value_that_can_never_match_is_refused(option: str, value: str, spelling: str) -> None:
    """When the proxy starts, with the spelling that would."""
    done = run("proxy", "--port", "0", "--sandbox", option, value)
    assert done.status == 2
    assert spelling in done.error_line


@pytest.mark.parametrize(
    "allowed",
    [
        {"allow_origins": ["https://app.example:8443", "null", "app://obsidian.md"]},
        {"allow_origins": ["http://[::1]:3000", "chrome-extension://abcdef"]},
        {"allow_hosts": ["host.docker.internal", "HOST.lan:8787", "[fd00::1]:80", "10.0.0.1"]},
    ],
)
def test_values_that_can_match_are_taken(allowed: dict[str, list[str]]) -> None:
    """Whatever a client may send."""
    assert create_app(key=KEY, auth=nobody(), defaults=Defaults(), **allowed)


def nobody() -> GlooAuth:
    return GlooAuth("id", "secret", base_url="http://127.0.0.1:9", env_file=None)


@pytest.mark.parametrize("key", ["", " ", "two words", "schlüssel", "a\nb"])
def test_an_application_without_a_key_is_refused(key: str) -> None:
    """An empty one would be everybody's."""
    with pytest.raises(ValueError, match="key"):
        create_app(key=key, auth=nobody(), defaults=Defaults())


def test_a_pseudo_model_answers_no_responses() -> None:
    """Said when the application is made, not with each request."""
    with pytest.raises(ValueError, match="does not choose a model"):
        create_app(key=KEY, auth=nobody(), defaults=Defaults(), responses_model="gloo-auto")
    assert run("proxy", "--port", "0", "--sandbox", "--responses-model", "gloo-auto").status == 2


IMPATIENT = (
    "import sys; from gloo_openai.proxy import bodies, connection; "
    "bodies.SILENCE = connection.PATIENCE = 1.0; from gloo_openai.cli import main; main()"
)
HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\n"


@pytest.fixture
def impatient(gloo: LocalGloo) -> Iterator[int]:
    """The port of a proxy that waits a second where others wait half a minute."""
    command = [sys.executable, "-c", IMPATIENT, "proxy", "--port", "0", "--key", KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield int(process.stdout.readline().rpartition(":")[2].removesuffix("/v1\n"))
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    "said",
    [
        "",
        "POST /v1/chat",
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\nGET /hea",
        HEAD,
        HEAD + "\r\nhalf of it",
        HEAD + f"Authorization: Bearer {KEY}\r\n\r\nhalf of it",
    ],
    ids=["nothing", "a line", "a second one", "a head", "a body", "a body with the key"],
)
def test_a_half_sent_request_ends(impatient: int, said: str) -> None:
    """Else whoever can connect holds all sockets of the proxy; the key is asked for later."""
    with socket.create_connection(("127.0.0.1", impatient), timeout=30) as client:
        client.sendall(said.format(port=impatient).encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    if KEY in said:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"body_incomplete" in answer


def test_a_half_sent_body_does_not_hold_the_end(start: Callable[..., Proxy]) -> None:
    """Nobody waits the whole grace for it; a stream that runs gets it."""
    proxy = start("--grace", "50")
    head = HEAD.format(port=proxy.port) + f"Authorization: Bearer {KEY}\r\n\r\nhalf"
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(head.encode())
        proxy.http().get("/models")  # by then the other one has arrived
        began = time.monotonic()
        assert proxy.end().status == 0
        assert time.monotonic() - began < 25


def test_a_path_that_is_not_there_names_the_way_out(proxy: Proxy, gloo: LocalGloo) -> None:
    """For completions of a prompt, and for a tool with model names of its own."""
    http = proxy.http()
    old = http.post("/completions", json={"model": "gpt-4o", "prompt": "Hi"})
    unknown = http.get("/models/gpt-4o")
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    asked_for = http.post("/chat/completions", json=body)
    response = http.post("/responses", json={"model": "gpt-5-codex", "input": "Hi"})
    for done in (old, unknown, asked_for):
        assert done.status_code == 404
    for done in (old, unknown, asked_for, response):
        assert "--force-model" in done.json()["error"]["message"]
    assert "/v1/chat/completions" in old.json()["error"]["message"]


def test_what_is_wrong_is_said_at_the_start(
    start: Callable[..., Proxy], gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line: a wrong secret, a wrong key, a Gloo that is not there; else nothing."""
    assert "will fail" not in start().end().err
    monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
    [line] = [line for line in start().end().err.splitlines() if "will fail" in line]
    assert "rejected the client credentials" in line
    assert "not-the-secret" not in line
    for name in ("GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    gloo.static_keys.add("sk_good")
    for key, said in (("sk_good", 0), ("sk_wrong", 1)):
        monkeypatch.setenv("GLOO_API_KEY", key)
        lines = [line for line in start().end().err.splitlines() if "will fail" in line]
        assert len(lines) == said
        assert all("GLOO_API_KEY" in line and key not in line for line in lines)
    monkeypatch.setenv("GLOO_BASE_URL", "http://127.0.0.1:9")
    [line] = [line for line in start().end().err.splitlines() if "will fail" in line]
    assert "could not be reached" in line


def test_options_stand_in_the_environment(
    start: Callable[..., Proxy], gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them, and `--help` says how they are called; the command line wins."""
    shown = " ".join(run("proxy", "--help").out.split())
    for option in re.findall(r" --([a-z-]+) ", shown):
        if option != "help":
            assert f"GLOO_PROXY_{option.upper().replace('-', '_')}" in shown
    monkeypatch.setenv("GLOO_PROXY_ALLOW_HOST", "one.internal two.internal")
    monkeypatch.setenv("GLOO_PROXY_FORCE_MODEL", "1")
    monkeypatch.setenv("GLOO_PROXY_MODEL", "gloo-auto-google")
    monkeypatch.setenv("GLOO_PROXY_TRADITION", "catholic")
    proxy = start("--tradition", "evangelical")
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    for host in ("one.internal", "two.internal"):
        assert proxy.http(host=host).post("/chat/completions", json=body).status_code == 200
    sent = gloo.completions[-1].json
    assert (sent["model_family"], sent["tradition"]) == ("google", "evangelical")
