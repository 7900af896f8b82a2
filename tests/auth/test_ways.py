"""The way to the token endpoint: whose HTTP client, through which proxy, what a failure costs."""

from __future__ import annotations

import bz2
import gzip
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import openai
import pytest

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI, TokenExchangeError
from gloo_openai.http_libraries import SDK_LIBRARY, STATUS_ERRORS
from gloo_openai.testing import LocalGloo

from ..forward_proxy import forward_proxy
from ..traps import ASK, COMPLETIONS, TOKEN, assert_answered, closed_port
from ..worlds import World, importable

INSTALLED = [import_module(name) for name in ("httpx", "httpx2") if importable(name)]

# Another client's way is not one's own


def broken(world: World, begun: threading.Event, go_on: threading.Event) -> Any:
    """An HTTP client whose transport fails, once it is told to."""

    def handle(_request: Any) -> Any:
        begun.set()
        go_on.wait(10)
        raise OSError("the wrong proxy")

    return world.http_library.Client(transport=world.http_library.MockTransport(handle))


def test_a_broken_way_is_not_that_of_those_who_wait(gloo: LocalGloo, world: World) -> None:
    """Its own caller gets its error; ten that waited for it, on two clients, lead themselves."""
    auth = GlooAuth()
    begun, go_on = threading.Event(), threading.Event()
    with broken(world, begun, go_on) as http, ThreadPoolExecutor(12) as pool:
        breaking = GlooOpenAI(auth=auth, http_client=http, max_retries=0)
        others = [world.client(auth=auth, max_retries=0) for _ in range(2)]
        leader = pool.submit(breaking.chat.completions.create, **ASK)
        assert begun.wait(10)
        waiting = [
            pool.submit(world.together, 5, other.chat.completions.create, **ASK) for other in others
        ]
        threading.Timer(0.3, go_on.set).start()
        assert isinstance(leader.exception(30), TokenExchangeError)
        for results in waiting:
            assert_answered(results.result(30))
    assert 1 <= len(gloo.exchanges) <= 2


def test_a_broken_way_is_remembered_for_its_own_client_only(gloo: LocalGloo, world: World) -> None:
    """A second call there makes no exchange; another client does at once."""
    auth = GlooAuth(clock=lambda: 0.0)
    tries: list[str] = []

    def handle(request: Any) -> Any:
        tries.append(request.url.path)
        raise LookupError("no such way")

    http = world.http(transport=world.http_library.MockTransport(handle))
    client = world.client(auth=auth, http_client=http, max_retries=0)
    for _ in range(5):
        with pytest.raises(TokenExchangeError, match="LookupError"):
            world.call(client.chat.completions.create, **ASK)
    assert tries == [TOKEN]
    assert auth.token() == gloo.tokens[0]


def test_cold_callers_of_one_broken_client_fail_together(gloo: LocalGloo, world: World) -> None:
    """Their way is the same: one series of tries."""
    auth = GlooAuth(gloo.client_id, gloo.client_secret, base_url=closed_port())
    client = world.client(auth=auth, max_retries=0)
    results = world.together(30, client.chat.completions.create, **ASK)
    assert {type(result) for result in results} == {TokenExchangeError}


# `GlooAuth(http_client=...)`


def test_an_auth_takes_the_client_that_it_is_given(gloo: LocalGloo, world: World) -> None:
    """`token` and `atoken` go through its proxy, whichever library and kind it is of."""
    pair = {"client_id": gloo.client_id, "client_secret": gloo.client_secret}
    for library in INSTALLED:
        with forward_proxy() as (proxy, seen):
            if world.is_async:
                http = world.adopt(library.AsyncClient(proxy=proxy))
            else:
                http = world.adopt(library.Client(proxy=proxy))
            auth = GlooAuth(**pair, base_url=gloo.origin, http_client=http)
            token = world.call(auth.atoken) if world.is_async else auth.token()
            assert token == gloo.tokens[-1]
            assert seen == [TOKEN]


def test_a_clients_own_auth_uses_its_client(gloo: LocalGloo, world: World) -> None:
    """`client.auth.token()` goes through the proxy that its client was given."""
    with forward_proxy() as (proxy, seen):
        client = world.client(http_client=world.http(proxy=proxy))
        token = client.auth.atoken if world.is_async else client.auth.token
        assert world.call(token) == gloo.tokens[0]
        assert seen == [TOKEN]


def test_the_auth_of_a_closed_client_still_gives_tokens(gloo: LocalGloo, world: World) -> None:
    """If the HTTP client was the SDK's own, another is opened; if it was the user's, it is said."""
    if world.http_library is SDK_LIBRARY:
        client = world.client()
        world.call(client.close)
        assert world.call(client.auth.atoken if world.is_async else client.auth.token)
    http = world.http()
    client = world.client(http_client=http)
    world.call(http.aclose if world.is_async else http.close)
    with pytest.raises(TokenExchangeError, match="closed"):
        world.call(client.auth.atoken if world.is_async else client.auth.token)


def test_an_asynchronous_client_cannot_serve_token(gloo: LocalGloo) -> None:
    """The error says what to do, and a token that is there is given."""
    auth = GlooAuth(http_client=SDK_LIBRARY.AsyncClient())
    with pytest.raises(TokenExchangeError, match="Await atoken"):
        auth.token()


@pytest.mark.parametrize("http_client", ["http://proxy", object(), SDK_LIBRARY.Client])
def test_what_is_no_http_client_is_refused(gloo: LocalGloo, http_client: object) -> None:
    """When the auth is made."""
    with pytest.raises(openai.OpenAIError, match="http_client="):
        GlooAuth(http_client=http_client)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "nonsense://proxy"),
        ("HTTPS_PROXY", "http://[broken"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_a_client_that_cannot_be_opened_is_a_typed_error(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Whatever is wrong with the environment."""
    auth = GlooAuth("id", "secret", base_url="https://gloo.invalid")
    monkeypatch.setenv(name, value)
    with pytest.raises(TokenExchangeError):
        auth.token()


@pytest.mark.parametrize("kind", [LookupError, ValueError, RecursionError, OSError])
def test_whatever_a_transport_raises_is_a_typed_error(world: World, kind: Any) -> None:
    """On a client, and where the hook is used alone."""

    def handle(_request: Any) -> Any:
        raise kind("odd")

    transport = world.http_library.MockTransport(handle)
    http = world.http(transport=transport)
    auth = GlooAuth("id", "secret", base_url="https://gloo.invalid", http_client=http)
    alone = world.http(auth=auth)
    with pytest.raises(TokenExchangeError, match="odd"):
        world.call(alone.get, "https://gloo.invalid/platform/v2/models")
    client = world.client(auth=auth, http_client=http)
    with pytest.raises(TokenExchangeError, match="odd"):
        world.call(client.chat.completions.create, **ASK)


# Loopback


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_loopback_is_reached_directly(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With a proxy in the environment: neither the secret, nor the token, nor the prompt goes
    there, on a client, in `token`, and with a static key."""
    with forward_proxy() as (proxy, seen):
        monkeypatch.setenv(name, proxy)
        client = world.adopt(
            AsyncGlooOpenAI(api_key=None) if world.is_async else GlooOpenAI(api_key=None)
        )
        assert world.call(client.chat.completions.create, **ASK).choices
        assert world.call(client.with_options(timeout=9).chat.completions.create, **ASK).choices
        auth = GlooAuth(gloo.client_id, gloo.client_secret)
        assert world.call(auth.atoken if world.is_async else auth.token)
        assert seen == []


def test_a_client_that_would_take_the_detour_is_refused(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client of the user's that follows the environment, and the hook alone; NO_PROXY helps."""
    with forward_proxy() as (proxy, seen):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        pair = {"client_id": gloo.client_id, "client_secret": gloo.client_secret}
        auth = GlooAuth(**pair, base_url=gloo.origin)
        given = world.client(auth=auth, http_client=world.http(), max_retries=0)
        with pytest.raises(openai.OpenAIError, match="NO_PROXY"):
            world.call(given.chat.completions.create, **ASK)
        with pytest.raises(openai.OpenAIError, match="NO_PROXY"):
            world.call(world.http(auth=auth).get, f"{gloo.origin}/platform/v2/models")
        assert seen == []
        assert not gloo.requests
        for options in ({"trust_env": False}, {"transport": direct(world)}):
            own = world.client(auth=auth, http_client=world.http(**options))
            assert world.call(own.chat.completions.create, **ASK).choices
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        follows = world.client(auth=auth, http_client=world.http())
        assert world.call(follows.chat.completions.create, **ASK).choices
        assert seen == []


def direct(world: World) -> Any:
    """A transport of the user's own, which the environment has no part in."""
    library = world.http_library
    return library.AsyncHTTPTransport() if world.is_async else library.HTTPTransport()


# What an answer unpacks to


def bomb(layers: int = 1) -> bytes:
    """A gigabyte of spaces, packed; and packed again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = b" " * (1 << 20)
    content = b"".join(packer.compress(chunk) for _ in range(1 << 8)) + packer.flush()
    for _ in range(layers - 1):
        content = gzip.compress(content, 9)
    return content


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_at_the_token_endpoint_stays_small(
    gloo: LocalGloo, world: World, layers: int
) -> None:
    """A quarter of a gigabyte in the garb of a few kilobytes costs a few megabytes, and is said."""
    content = bomb(layers)
    codings = ", ".join(["gzip"] * layers)
    gloo.fault(TOKEN, status=200, body=content, headers={"Content-Encoding": codings}, times=None)
    client = world.client(max_retries=0)
    with pytest.raises(TokenExchangeError):  # everything is loaded by now
        world.call(client.chat.completions.create, **ASK)
    client.auth.invalidate()
    tracemalloc.start()
    try:
        with pytest.raises(TokenExchangeError, match="too large"):
            world.call(client.chat.completions.create, **ASK)
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()


def raw_deflate(content: bytes) -> bytes:
    """Deflate without the head that the standard wants, as some send it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZip, identity", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip, gzip", lambda content: gzip.compress(gzip.compress(content))),
        ("identity", bytes),
    ],
)
def test_a_packed_answer_is_read(gloo: LocalGloo, world: World, coding: str, pack: Any) -> None:
    """Though none was asked for."""
    body = b'{"access_token": "%s", "expires_in": 60}' % gloo.issue_token().encode()
    gloo.fault(TOKEN, status=200, body=pack(body), headers={"Content-Encoding": coding})
    client = world.client(max_retries=0)
    assert world.call(client.chat.completions.create, **ASK).choices
    assert gloo.exchanges[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("br", b"\x0b\x02\x80"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("bzip2", bz2.compress(b" " * 1000)),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9]),
        ("deflate", b"nonsense"),
        ("gzip, gzip, gzip, gzip", b""),
    ],
)
def test_a_packing_that_cannot_be_read_is_a_typed_error(
    gloo: LocalGloo, world: World, coding: str, content: bytes
) -> None:
    """Unknown, broken off, or too often."""
    gloo.fault(TOKEN, status=200, body=content, headers={"Content-Encoding": coding}, times=None)
    client = world.client(max_retries=0)
    with pytest.raises(TokenExchangeError, match="the answer is"):
        world.call(client.chat.completions.create, **ASK)


def test_a_hook_that_raises_for_a_401_of_the_api(gloo: LocalGloo, world: World) -> None:
    """`raise_for_status` in the user's own response hook: that reaches the caller, as on a plain
    client; the token is forgotten all the same, so that the next call goes out with another."""

    def hook(response: Any) -> None:
        response.raise_for_status()

    async def ahook(response: Any) -> None:
        response.raise_for_status()

    http = world.http(event_hooks={"response": [ahook if world.is_async else hook]})
    client = world.client(http_client=http, max_retries=0)
    assert world.call(client.chat.completions.create, **ASK).choices
    gloo.expire_tokens()

    def refused() -> None:
        # Some versions of the SDK raise their own connection error from the hook's.
        with pytest.raises((*STATUS_ERRORS, openai.APIConnectionError)) as raised:
            world.call(client.chat.completions.create, **ASK)
        assert "401" in f"{raised.value} {raised.value.__cause__}"

    refused()
    assert world.call(client.chat.completions.create, **ASK).choices
    assert len(gloo.exchanges) == 2
    gloo.fault(COMPLETIONS, status=401, times=None)
    for _ in range(5):
        refused()
    assert len(gloo.exchanges) == 3
