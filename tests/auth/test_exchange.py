"""The exchange itself: on whose connection, for how long, and what its failures are."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.auth.exchange import DEADLINE
from gloo_openai.auth.flights import BOUND
from gloo_openai.auth.token_endpoint import retry_after
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS, TOKEN, closed_port, trap
from ..worlds import World


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds; none of them passes."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(time, "sleep", seconds.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
    return seconds


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange's patience in tenths of a second, where it has tens of seconds."""
    monkeypatch.setattr("gloo_openai.auth.exchange.TIMEOUT", 0.3)
    monkeypatch.setattr("gloo_openai.auth.exchange.DEADLINE", 1.2)
    monkeypatch.setattr(random, "uniform", lambda _low, _high: 0.01)


def call(world: World, **options: Any) -> Any:
    """A plain call on a new client that makes no retries of its own."""
    client = world.client(max_retries=0, **options)
    return world.call(client.chat.completions.create, **ASK)


# What goes over the wire, and over which client


def test_the_exchange_is_a_form_with_basic_auth(gloo: LocalGloo, world: World) -> None:
    """RFC 6749 §2.3.1 and §4.4.2: exactly what the protocol asks for."""
    gloo.client_secret = "a:b/c+d e%f=é"
    assert call(world, client_secret=gloo.client_secret, client_id=gloo.client_id).choices
    (exchange,) = gloo.exchanges
    assert exchange.method == "POST"
    assert exchange.body == b"grant_type=client_credentials&scope=api%2Faccess"
    assert exchange.headers["accept"] == "application/json"


def test_the_exchange_uses_the_callers_own_http_client(world: World) -> None:
    """Its transport (here a mock) and its event hooks; nothing else is connected to."""
    seen: list[str] = []

    def handle(request: Any) -> Any:
        if request.url.path == TOKEN:
            return world.http_library.Response(
                200, json={"access_token": "token", "expires_in": 60}
            )
        assert request.headers["authorization"] == "Bearer token"
        return world.http_library.Response(200, json={"choices": []})

    def hook(request: Any) -> None:
        seen.append(request.url.path)

    async def ahook(request: Any) -> None:
        hook(request)

    http = world.http(
        transport=world.http_library.MockTransport(handle),
        event_hooks={"request": [ahook if world.is_async else hook]},
    )
    call(world, client_id="id", client_secret="secret", http_client=http)
    assert seen == [TOKEN, "/ai/v2/chat/completions"]


def test_the_exchange_goes_through_the_callers_proxy(gloo: LocalGloo, world: World) -> None:
    """A host that only the proxy can reach: both requests arrive there."""
    http = world.http(proxy=gloo.origin)
    base_url = "http://gloo.localhost:9"
    assert call(world, base_url=base_url, http_client=http).choices
    assert [request.headers["host"] for request in gloo.requests] == ["gloo.localhost:9"] * 2


def test_nothing_of_the_callers_client_gets_into_the_exchange(
    gloo: LocalGloo, world: World
) -> None:
    """Client-level auth, headers, cookies, query and base URL are for the API, not for tokens."""
    http = world.http(
        auth=("user", "password"),
        headers={"Authorization": "Bearer own", "Content-Type": "text/plain", "X-Own": "1"},
        cookies={"own": "1"},
        params={"own": "1"},
        base_url="http://elsewhere.invalid/",
    )
    assert call(world, http_client=http, default_headers={"X-Default": "1"}).choices
    (exchange,) = gloo.exchanges
    assert exchange.content_type == "application/x-www-form-urlencoded"
    assert exchange.headers["authorization"].startswith("Basic ")
    assert not {"x-own", "cookie", "x-default"}.intersection(exchange.headers)
    assert exchange.query == ""


def test_the_exchange_has_a_timeout_of_its_own(world: World, hurried: None) -> None:
    """Also on a client without one: a black hole costs seconds, not the night."""
    with trap() as hole:
        http = world.http(timeout=None)
        auth = GlooAuth("id", "secret", base_url=hole.origin)
        started = time.monotonic()
        with pytest.raises(TokenExchangeError, match="did not answer in time"):
            call(world, auth=auth, http_client=http, timeout=None)
    assert time.monotonic() - started < 8
    assert 2 <= hole.accepted <= 3


@contextmanager
def full_pool(gloo: LocalGloo, world: World) -> Iterator[tuple[Any, threading.Event]]:
    """A client without a token whose one connection is busy until the event is set."""
    http = world.http(limits=world.http_library.Limits(max_connections=1), timeout=30)
    client = world.client(http_client=http, max_retries=0)
    go_on = threading.Event()
    held = gloo.fault(COMPLETIONS, hold=go_on)
    with ThreadPoolExecutor(1) as threads:
        long_answer = threads.submit(world.call, client.chat.completions.create, **ASK)
        assert held.wait()
        client.auth.invalidate()
        try:
            yield client, go_on
        finally:
            go_on.set()
        assert long_answer.result().choices


def test_a_place_in_the_pool_is_waited_for_as_a_request_waits(
    gloo: LocalGloo, world: World, hurried: None
) -> None:
    """A pool that is full of long answers is no failure of the token endpoint."""
    with full_pool(gloo, world) as (client, go_on), ThreadPoolExecutor(1) as threads:
        queued = threads.submit(world.call, client.chat.completions.create, **ASK)
        with pytest.raises(FutureTimeout):
            queued.result(timeout=2.5)
        go_on.set()
        assert queued.result().choices
    assert len(gloo.exchanges) == 2


def test_a_pool_that_stays_full_is_an_error_that_says_so(
    gloo: LocalGloo, world: World, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After as long as the SDK's own requests would wait."""
    monkeypatch.setattr("gloo_openai.auth.exchange.POOL_PATIENCE", 0.5)
    with (
        full_pool(gloo, world) as (client, _go_on),
        pytest.raises(TokenExchangeError, match="max_connections"),
    ):
        world.call(client.chat.completions.create, **ASK)
    assert len(gloo.exchanges) == 1


def test_a_leader_is_given_up_after_the_longest_exchange_only() -> None:
    """An exchange that ends in time, however late, is nobody's loss."""
    assert DEADLINE < BOUND


def test_no_redirect_of_the_exchange_is_followed(gloo: LocalGloo, world: World) -> None:
    """A redirect elsewhere never sees the secret, whatever the client's own setting."""
    statuses = (301, 302, 303, 307, 308)
    with LocalGloo() as elsewhere:
        for status in statuses:
            gloo.fault(TOKEN, status=status, headers={"Location": elsewhere.origin + TOKEN})
            http = world.http(follow_redirects=True)
            with pytest.raises(TokenExchangeError, match="redirects"):
                call(world, http_client=http)
        assert not elsewhere.requests
    assert len(gloo.exchanges) == len(statuses)


# Tries


def test_what_may_pass_is_tried_again(gloo: LocalGloo, world: World, waits: list[float]) -> None:
    """Two failures, then a token: the caller notices nothing."""
    for first, second in ((408, 429), (500, 502), (503, 504)):
        gloo.reset()
        waits.clear()
        gloo.fault(TOKEN, status=first)
        gloo.fault(TOKEN, status=second)
        assert call(world).choices
        assert len(gloo.exchanges) == 3
        assert waits == [0.5, 1.0]


def test_a_broken_connection_is_tried_again(
    gloo: LocalGloo, world: World, waits: list[float]
) -> None:
    """Cut before the answer, cut within it, then a token."""
    gloo.fault(TOKEN, drop="before")
    gloo.fault(TOKEN, drop_after=20)
    assert call(world).choices
    assert len(gloo.exchanges) == 3


def test_retry_after_is_respected(gloo: LocalGloo, world: World, waits: list[float]) -> None:
    """The endpoint knows better than a backoff when it is worth asking again."""
    gloo.fault(TOKEN, status=429, headers={"Retry-After": "7"})
    gloo.fault(TOKEN, status=503, headers={"Retry-After": "0"})
    assert call(world).choices
    assert waits == [7.0, 0.0]


def test_milliseconds_are_the_more_exact_word(
    gloo: LocalGloo, world: World, waits: list[float]
) -> None:
    """As the SDK reads them."""
    gloo.fault(TOKEN, status=429, headers={"Retry-After": "7", "Retry-After-Ms": "250"})
    gloo.fault(TOKEN, status=429, headers={"Retry-After": "7", "Retry-After-Ms": "soon"})
    assert call(world).choices
    assert waits == [0.25, 7.0]


def test_a_long_retry_after_is_an_error_at_once(
    gloo: LocalGloo, world: World, waits: list[float]
) -> None:
    """Nobody's request sleeps for an hour."""
    for value in ("3600", "1e400", "Fri, 31 Dec 9999 23:59:59 GMT", "86400.5", "9" * 400):
        gloo.reset()
        gloo.fault(TOKEN, status=429, headers={"Retry-After": value}, times=None)
        with pytest.raises(TokenExchangeError, match="429"):
            call(world)
        assert len(gloo.exchanges) == 1, value
    assert waits == []


@pytest.mark.parametrize(
    "body",
    [
        {"error": "insufficient_quota"},
        {"error": {"type": "budget_exceeded", "message": "Come back next month"}},
        {"message": "Slow down", "code": "INSUFFICIENT_CREDIT"},
    ],
    ids=str,
)
def test_what_is_spent_is_not_asked_again(
    gloo: LocalGloo, world: World, waits: list[float], body: Any
) -> None:
    """Waiting does not cure it, as with a call's own 429."""
    gloo.fault(TOKEN, status=429, body=body, times=None)
    with pytest.raises(TokenExchangeError, match="429"):
        call(world)
    assert len(gloo.exchanges) == 1
    assert waits == []


@given(st.text() | st.floats().map(str) | st.datetimes().map(lambda at: f"{at:%a, %d %b %Y} GMT"))
def test_retry_after_is_never_negative_and_never_raises(value: str) -> None:
    """Whatever a header says."""
    seconds = retry_after({"retry-after": value})
    assert seconds is None or seconds >= 0


def test_a_refused_connection_is_one_typed_error(world: World, waits: list[float]) -> None:
    """Three tries, then the URL, the reason and what to do; the SDK does not multiply them."""
    origin = closed_port()
    client = world.client(client_id="id", client_secret="secret", base_url=origin, max_retries=5)
    with pytest.raises(TokenExchangeError, match=f"{origin}{TOKEN} could not be reached") as caught:
        world.call(client.chat.completions.create, **ASK)
    assert "ConnectError" in str(caught.value)
    assert waits == [0.5, 1.0]


# Rejected


@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_credentials_are_an_error_at_once(gloo: LocalGloo, world: World, status: int) -> None:
    """One try, no retries of the SDK either; the message names where they came from."""
    body = {"error": "invalid_client", "error_description": "invalid_client_secret"}
    gloo.fault(TOKEN, status=status, body=body, times=None)
    client = world.client(max_retries=5)
    with pytest.raises(InvalidCredentialsError) as caught:
        world.call(client.chat.completions.create, **ASK)
    text = str(caught.value)
    assert "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment" in text
    assert "invalid_client: invalid_client_secret" in text
    assert caught.value.status_code == status
    assert caught.value.body == body
    assert len(gloo.exchanges) == 1


def test_another_refusal_is_not_tried_again(gloo: LocalGloo, world: World) -> None:
    """It is the wrong URL, and stays so."""
    for status in (404, 405, 410, 422):
        gloo.reset()
        gloo.fault(TOKEN, status=status, times=None)
        with pytest.raises(TokenExchangeError, match=f"HTTP {status}"):
            call(world)
        assert len(gloo.exchanges) == 1


def test_a_rejection_that_cannot_be_printed_is_one(gloo: LocalGloo, world: World) -> None:
    """Half of a surrogate pair in JSON, or bytes that are no text."""
    for body in (b'{"error": "\\ud800"}', b"\xff\xfe", b'{"error": {"error": ["\\ud800"]}}'):
        gloo.fault(TOKEN, status=400, body=body)
        with pytest.raises(InvalidCredentialsError) as caught:
            call(world)
        assert str(caught.value).encode()


# Answers that are none

ODD_BODIES: dict[str, str | bytes | dict[str, Any] | list[Any]] = {
    "html": "<html><body>Sign in to the network</body></html>",
    "empty": b"",
    "truncated": b'{"access_token": "abc',
    "list": ["access_token"],
    "string": '"access_token"',
    "null": "null",
    "number": "12",
    "no token": {"token_type": "Bearer"},
    "empty token": {"access_token": ""},
    "null token": {"access_token": None},
    "number as token": {"access_token": 12},
    "token with a line break": {"access_token": "abc\r\nX-Injected: 1"},
    "token that is no ascii": {"access_token": "abcé"},
    "not utf-8": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "huge integer": b'{"access_token": ' + b"1" * 5000 + b"}",
    "oversized": b" " * (1 << 21),
}


def test_an_answer_without_a_token_is_one_typed_error(gloo: LocalGloo, world: World) -> None:
    """Asked once, since another try would bring the same; nothing is sent to the API."""
    for name, body in ODD_BODIES.items():
        gloo.reset()
        gloo.fault(TOKEN, status=200, body=body, times=None)
        with pytest.raises(TokenExchangeError, match="token endpoint"):
            call(world)
        assert len(gloo.exchanges) == 1, name
        assert not gloo.completions, name


def test_an_answer_in_a_broken_encoding_is_one_typed_error(gloo: LocalGloo, world: World) -> None:
    """Called gzip, and none."""
    headers = {"Content-Encoding": "gzip"}
    gloo.fault(TOKEN, status=200, body=b"{}", headers=headers, times=None)
    with pytest.raises(TokenExchangeError, match="called gzip and is none"):
        call(world)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [(HEAD, *[b" "] * 900), (HEAD[:17], *[b"X-Slow: 1\r\n"] * 900), (b"nonsense\r\n",)],
    ids=["trickling body", "trickling headers", "no http"],
)
def test_a_trickle_is_bounded_in_time(
    world: World, hurried: None, pieces: tuple[bytes, ...]
) -> None:
    """Every byte comes in time, and the whole never does."""
    with trap(*pieces, pause=0.05) as trickle:
        started = time.monotonic()
        with pytest.raises(TokenExchangeError):
            call(world, client_id="id", client_secret="secret", base_url=trickle.origin)
    assert time.monotonic() - started < 8


def raising_hook(world: World, *, reads: bool = False) -> Any:
    """A client with the response hook of httpx's documentation; one that reads first, maybe."""

    def hook(response: Any) -> None:
        if reads:
            response.read()
        response.raise_for_status()

    async def ahook(response: Any) -> None:
        if reads:
            await response.aread()
        response.raise_for_status()

    return world.http(event_hooks={"response": [ahook if world.is_async else hook]})


@pytest.mark.parametrize("reads", [False, True])
def test_a_hook_that_raises_for_status_changes_no_verdict(
    gloo: LocalGloo, world: World, reads: bool
) -> None:
    """The answer that it raises for is read as if it had not."""
    gloo.fault(TOKEN, status=400, body={"error": "invalid_client"}, times=None)
    with pytest.raises(InvalidCredentialsError, match="rejected") as caught:
        call(world, http_client=raising_hook(world, reads=reads))
    assert ("invalid_client" in str(caught.value)) is reads
    gloo.reset()
    gloo.fault(TOKEN, status=503, headers={"Retry-After": "0"}, times=2)
    assert call(world, http_client=raising_hook(world)).choices
    gloo.fault(TOKEN, status=302, headers={"Location": "https://elsewhere.invalid"})
    with pytest.raises(TokenExchangeError, match="redirects"):
        call(world, http_client=raising_hook(world))


def test_a_hook_that_raises_something_else_is_a_typed_error(gloo: LocalGloo, world: World) -> None:
    """The message says what it raised."""

    def hook(_response: Any) -> None:
        raise LookupError("of the hook")

    async def ahook(_response: Any) -> None:
        raise LookupError("of the hook")

    hooks = {"response": [ahook if world.is_async else hook]}
    with pytest.raises(TokenExchangeError, match="LookupError: of the hook"):
        call(world, http_client=world.http(event_hooks=hooks))
    assert not gloo.completions
