"""No wait is without a bound: slow servers, leaders that are lost, signals, guests of a loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import pytest
import trio

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI, TokenExchangeError
from gloo_openai.testing import LocalGloo

from ..traps import ASK, TOKEN, TRICKLES, Clock, trap
from ..worlds import World

EXCHANGE_THREAD = "gloo-openai-exchange"
ROOT = Path(__file__).parents[2]
AUTH_ROOM = "/gloo_openai/auth/"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange's patience in tenths of a second, where it has tens of seconds."""
    monkeypatch.setattr("gloo_openai.auth.exchange.TIMEOUT", 0.5)
    monkeypatch.setattr("gloo_openai.auth.exchange.DEADLINE", 1.2)
    monkeypatch.setattr(random, "uniform", lambda _low, _high: 0.01)


def exchange_threads() -> list[threading.Thread]:
    """Threads that are in an exchange."""
    return [thread for thread in threading.enumerate() if thread.name == EXCHANGE_THREAD]


def all_end(seconds: float = 10.0) -> bool:
    """Whether every thread of an exchange ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while exchange_threads() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not exchange_threads()


# Servers that take their time


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("kind", TRICKLES)
def test_what_trickles_in_is_left(world: World, kind: str) -> None:
    """Each read is answered in time, and the whole never: one error, and no thread stays behind."""
    with trap(*TRICKLES[kind], pause=0.05) as trickle:
        client = world.client(
            client_id="id", client_secret="secret", base_url=trickle.origin, max_retries=0
        )
        started = time.monotonic()
        with pytest.raises(TokenExchangeError):
            world.call(client.chat.completions.create, **ASK)
        assert time.monotonic() - started < 6
        assert all_end()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("pieces", [(), tuple([b"HTTP/1.1 200 OK\r\n"] + [b"X: 1\r\n"] * 900)])
def test_a_proxy_that_takes_its_time_over_connect_is_left(
    world: World, pieces: tuple[bytes, ...]
) -> None:
    """Silent, or with headers that trickle."""
    with trap(*pieces, pause=0.05) as proxy:
        client = world.client(
            client_id="id",
            client_secret="secret",
            base_url="https://gloo.example",
            http_client=world.http(proxy=proxy.origin),
            max_retries=0,
        )
        started = time.monotonic()
        with pytest.raises(TokenExchangeError):
            world.call(client.chat.completions.create, **ASK)
        assert time.monotonic() - started < 6
        assert all_end()


@pytest.mark.usefixtures("hurried")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_handshake_that_stalls_is_left(world: World) -> None:
    """TLS that is never answered.

    The library leaves the socket of a cancelled handshake to the collector, which warns of it.
    """
    with trap() as hole:
        url = hole.origin.replace("http:", "https:")
        client = world.client(client_id="id", client_secret="secret", base_url=url, max_retries=0)
        started = time.monotonic()
        with pytest.raises(TokenExchangeError):
            world.call(client.chat.completions.create, **ASK)
        assert time.monotonic() - started < 6
    gc.collect()


@pytest.mark.usefixtures("hurried")
def test_a_transport_without_timeouts_is_left(world: World) -> None:
    """Of a kind that nobody knows, which ignores what the request says of timeouts."""
    left = threading.Event()

    def handle(_request: Any) -> Any:
        try:
            while True:
                time.sleep(0.01)
        finally:
            left.set()

    async def ahandle(_request: Any) -> Any:
        try:
            await anyio.sleep(60)
        finally:
            left.set()

    transport = world.http_library.MockTransport(ahandle if world.is_async else handle)
    client = world.client(
        client_id="id",
        client_secret="secret",
        http_client=world.http(transport=transport),
        max_retries=0,
    )
    started = time.monotonic()
    with pytest.raises(TokenExchangeError, match="TimeoutError"):
        world.call(client.chat.completions.create, **ASK)
    assert time.monotonic() - started < 6
    assert left.wait(5)


# A lead that is lost


class Interruption(BaseException):
    """As a signal handler raises it, between any two lines."""


@contextlib.contextmanager
def at_line(number: int, act: Callable[[], object]) -> Iterator[list[str]]:
    """Do something in this thread before so many lines of the auth room were run, once."""
    done: list[str] = []
    count = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        if AUTH_ROOM not in frame.f_code.co_filename:
            return None
        if event == "line" and not done:
            count += 1
            if count > number:
                done.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
                act()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield done
    finally:
        sys.settrace(before)


def interrupt() -> None:
    """What the handler of Ctrl-C, or of a time limit, does."""
    raise Interruption


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lead_that_is_lost_between_any_two_lines_is_taken_over(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes next has a token soon, wherever the leader was interrupted.

    What the interrupted thread had opened is closed by the collector, which warns of it.
    """
    monkeypatch.setattr("gloo_openai.auth.flights.IDLE_BOUND", 0.2)
    number, slowest = 0, 0.0
    with ThreadPoolExecutor(1) as pool:
        while True:
            auth = GlooAuth()
            with contextlib.suppress(Interruption), at_line(number, interrupt) as done:
                auth.token()
            if not done:
                break
            started = time.monotonic()
            assert pool.submit(auth.token).result(60), done
            slowest = max(slowest, time.monotonic() - started)
            number += 1
    assert number > 50
    assert slowest < 5


def test_a_lead_that_is_lost_is_taken_over_within_seconds(gloo: LocalGloo, world: World) -> None:
    """Decided on, and never begun: others don't wait for as long as an exchange may take."""
    auth = GlooAuth()

    def begin(frame: FrameType, _event: str, _arg: object) -> None:
        if frame.f_code.co_name == "led":
            raise Interruption

    sys.settrace(begin)
    try:
        with pytest.raises(Interruption):
            auth.token()
    finally:
        sys.settrace(None)
    client = world.client(auth=auth)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(world.call, client.chat.completions.create, **ASK)
        assert answer.result(20).choices
    assert time.monotonic() - started < 5
    assert len(gloo.exchanges) == 1


def test_a_refresh_thread_that_never_runs_is_not_waited_for(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started, so they said; when the token ends its callers ask for themselves."""
    clock = Clock()
    auth = GlooAuth(clock=clock)
    auth.token()
    clock.forward(3400)
    start = threading.Thread.start

    def lose(thread: threading.Thread) -> None:
        if thread.name != "gloo-openai-refresh":
            start(thread)

    monkeypatch.setattr(threading.Thread, "start", lose)
    assert auth.token() == gloo.tokens[0]
    clock.forward(200)
    started = time.monotonic()
    assert auth.token() == gloo.tokens[1]
    assert time.monotonic() - started < 5


# Signals and finalizers


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """What takes longer is a deadlock: the main thread is interrupted."""

    def expired(_signum: int, _frame: object) -> None:
        raise AssertionError(f"still under way after {seconds} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


ACTS: dict[str, Callable[[GlooAuth], object]] = {
    "invalidate": lambda auth: auth.invalidate(),
    "token": lambda auth: auth.token(),
    "expires_in": lambda auth: auth.expires_in,
    "repr": repr,
}


@pytest.mark.parametrize("name", ACTS)
def test_a_handler_may_come_between_any_two_lines(gloo: LocalGloo, name: str) -> None:
    """It invalidates, asks for a token or looks at the auth of the very thread that it interrupts.

    What was invalidated while a token was fetched is fetched again by the next caller.
    """
    number = 0
    with within(120):
        while True:
            auth = GlooAuth()
            with at_line(number, lambda: ACTS[name](auth)) as done:  # noqa: B023 - called here
                auth.token()
            if not done:
                break
            assert auth.token() in gloo.tokens
            number += 7
    assert number > 50


def test_a_handler_may_wait_for_an_exchange_of_another_thread(gloo: LocalGloo) -> None:
    """Nothing that the other needs is held by the thread that it interrupts."""
    with ThreadPoolExecutor(1) as pool, within(120):
        for number in range(0, 60, 3):
            auth = GlooAuth()
            hold = threading.Event()
            fault = gloo.fault(TOKEN, hold=hold)
            other = pool.submit(auth.token)
            assert fault.wait()

            def ask(auth: GlooAuth = auth, hold: threading.Event = hold) -> None:
                hold.set()
                auth.token()

            with at_line(number, ask):
                hold_later = threading.Timer(0.3, hold.set)
                hold_later.start()
                started = time.monotonic()
                auth.token()
            assert time.monotonic() - started < 5
            assert other.result(10) == auth.token()
            hold_later.join()


def test_a_handler_may_wait_for_another_thread_that_looks_for_credentials(gloo: LocalGloo) -> None:
    """After `invalidate()`, that is; whoever is interrupted there holds nothing."""
    with ThreadPoolExecutor(1) as pool, within(120):
        number = 0
        while True:
            auth = GlooAuth()
            auth.token()
            auth.invalidate()

            def ask(auth: GlooAuth = auth) -> None:
                auth.invalidate()
                assert pool.submit(auth.token).result(10)

            with at_line(number, ask) as done:
                auth.token()
            if not done:
                break
            number += 3
    assert number > 50


class TimeIsUpError(Exception):
    """A time limit of the user's, which is no failure of an exchange."""


def test_what_a_handler_raises_is_nobody_elses(gloo: LocalGloo) -> None:
    """The interrupted call ends with it; who waits leads, and nothing is remembered."""
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    auth = GlooAuth()

    def expired(_signum: int, _frame: object) -> None:
        raise TimeIsUpError

    before = signal.signal(signal.SIGALRM, expired)
    with ThreadPoolExecutor(3) as pool:

        def follow() -> list[str]:
            assert fault.wait()
            followers = [pool.submit(auth.token) for _ in range(2)]
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            return [follower.result(10) for follower in followers]

        following = pool.submit(follow)
        try:
            with pytest.raises(TimeIsUpError):
                auth.token()
        finally:
            signal.signal(signal.SIGALRM, before)
        tokens = following.result(20)
        assert tokens == [auth.token()] * 2
    assert len(gloo.exchanges) == 2
    hold.set()


def test_signals_at_any_time(gloo: LocalGloo) -> None:
    """A handler that invalidates, every two milliseconds, while two threads ask for tokens."""
    auth = GlooAuth()
    before = signal.signal(signal.SIGALRM, lambda _signum, _frame: auth.invalidate())
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(lambda: [auth.token() for _ in range(40)])
            assert all(auth.token() for _ in range(40))
            assert all(other.result(60))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Guests of another loop


def as_guest(main: Callable[[], Any]) -> Any:
    """Run a trio program as a guest of an asyncio loop."""

    async def host() -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        trio.lowlevel.start_guest_run(
            main,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=done.set_result,
        )
        return (await asyncio.wait_for(done, 20)).unwrap()

    return asyncio.run(host())


def test_trio_as_a_guest_of_asyncio(gloo: LocalGloo) -> None:
    """In the cold start, in the refresh window, and for those who wait for another's exchange."""
    clock = Clock()
    auth = GlooAuth(clock=clock)

    async def main() -> int:
        async with AsyncGlooOpenAI(auth=auth) as client:
            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(client.auth.atoken)
            clock.forward(3400)
            for _ in range(3):
                assert (await client.chat.completions.create(**ASK)).choices
            with trio.fail_after(10):
                while auth.expires_in != 3600:
                    await trio.sleep(0.01)
        return len(gloo.exchanges)

    assert as_guest(main) == 2


TRIO_ASYNCIO = """
import trio_asyncio  # before anyio's asyncio half, which keeps the functions that this replaces
import trio
from gloo_openai import AsyncGlooOpenAI, GlooAuth
from tests.traps import ASK, Clock

clock = Clock()
auth = GlooAuth(clock=clock)

async def ask():
    assert await auth.atoken()
    if auth.expires_in > 3000:
        async with AsyncGlooOpenAI(auth=auth) as client:
            assert (await client.chat.completions.create(**ASK)).choices

async def all_at_once():
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
            nursery.start_soon(trio_asyncio.aio_as_trio(ask))

async def main():
    async with trio_asyncio.open_loop():
        with trio.fail_after(30):
            await all_at_once()
            clock.forward(3400)
            await all_at_once()
            while auth.expires_in != 3600:
                await trio.sleep(0.01)

trio.run(main)
"""


def test_trio_asyncio_in_either_flavour(gloo: LocalGloo) -> None:
    """Tasks of both kinds in one loop, which wait for each other's exchange; then the refresh."""
    pytest.importorskip("trio_asyncio", reason="it is there for the Pythons that it supports")
    command = [sys.executable, "-W", "ignore", "-c", TRIO_ASYNCIO]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(gloo.exchanges) == 2


def test_a_sync_client_serves_an_async_caller(gloo: LocalGloo, world: World) -> None:
    """`GlooAuth(http_client=httpx.Client())` and `atoken()`: it exchanges beside the loop."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    with world.http_library.Client() as http, GlooOpenAI() as other:
        auth = GlooAuth(http_client=http)
        assert world.call(auth.atoken) == gloo.tokens[0]
        auth.invalidate()
        tokens = world.together(10, auth.atoken)
        assert set(tokens) == {gloo.tokens[1]}
        assert other.auth.token() == gloo.tokens[2]
