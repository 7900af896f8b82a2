"""What comes between any two lines: signals, finalizers, leads that are lost; and what is too much.

Each runs in a process of its own (`process_faults`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread
import openai

from gloo_openai import GlooOpenAI
from gloo_openai.http_libraries import SDK_LIBRARY
from tests.traps import COMPLETIONS, TOKEN, bomb, coded

from .case import ANSWER, WORLDS
from .run import kind_of
from .stage import FOLLOWERS, Stage, ask

SOON = 15.0
"""Seconds within which the next callers are answered, on a busy machine."""
SIGNALS = 60
MOST_MEMORY = 24 << 20
"""Bytes that may be taken over an answer that unpacks to 128 MiB, beside all that a call takes."""


class Interruption(BaseException):
    """As a signal handler raises it."""


def interrupt(_signum: int, _frame: object) -> None:
    """The handler of a time limit."""
    raise Interruption


@contextlib.contextmanager
def signals(handler: Callable[[int, Any], object], every: float) -> Iterator[None]:
    """A handler that is called again and again."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, every, every)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def raising(stage: Stage) -> int:
    """A handler raises anywhere in a call; another thread then has a token soon."""
    stage.hold.set()
    # What the interrupted thread had opened is closed by the collector, which tells of it.
    sys.unraisablehook = lambda _: None
    with ThreadPoolExecutor(1) as pool, GlooOpenAI(auth=stage.auth, max_retries=0) as client:
        stage.ends.append(ask(client, stage.way))
        for _ in range(SIGNALS):
            stage.auth.invalidate()
            with contextlib.suppress(Interruption, openai.APIError):
                signal.signal(signal.SIGALRM, interrupt)
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.02))
                try:
                    ask(client, stage.way)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            started = time.monotonic()
            pool.submit(stage.auth.token).result(30)
            if time.monotonic() - started > SOON:
                stage.ends.append(TimeoutError("the next caller waited for a lead that was lost"))
    return len(stage.gloo.exchanges)


def handled(stage: Stage) -> int:
    """A handler invalidates, whatever its thread is about."""
    stage.hold.set()
    with signals(lambda _signum, _frame: stage.auth.invalidate(), 0.003):
        stage.ends += [stage.call() for _ in range(5)]
    return len(stage.gloo.exchanges)


def finalized(stage: Stage) -> int:
    """The collector runs a finalizer that invalidates, on whatever thread it is."""
    stage.hold.set()

    class Held:
        """Holds itself, and the auth of a client."""

        def __init__(self) -> None:
            self.held = self

        def __del__(self) -> None:
            stage.auth.invalidate()

    stopping = threading.Event()

    def litter() -> None:
        while not stopping.wait(0.002):
            Held()

    gc.set_threshold(20)
    thread = threading.Thread(target=litter, daemon=True)
    thread.start()
    stage.ends += [stage.call() for _ in range(5)]
    stopping.set()
    thread.join()
    return len(stage.gloo.exchanges)


def never_begun(stage: Stage) -> int:
    """A lead is lost between the decision and the exchange; others take it over."""
    stage.hold.set()

    def lose(frame: Any, _event: str, _arg: object) -> None:
        if frame.f_code.co_name == "led":
            raise Interruption

    sys.settrace(lose)
    with contextlib.suppress(Interruption):
        stage.auth.token()
    sys.settrace(None)
    followed(stage, SOON)
    return 1


def followed(stage: Stage, bound: float) -> None:
    """Others are answered within so many seconds."""
    started = time.monotonic()
    for thread in stage.apart(FOLLOWERS):
        thread.join(2 * bound)
    if len(stage.ends) < FOLLOWERS or time.monotonic() - started > bound:
        stage.ends.append(TimeoutError(f"{len(stage.ends)} of {FOLLOWERS} within {bound} s"))


def stopped(stage: Stage) -> int:
    """The loop of the leader is stopped within the exchange, and goes on no more."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(stage.acall())
    stage.ends.clear()

    def stop() -> None:
        stage.fault.wait(timeout=20)
        loop.call_soon_threadsafe(loop.stop)

    threading.Thread(target=stop, daemon=True).start()
    loop.run_forever()
    stage.hold.set()
    followed(stage, 45.0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    return 2


def without_threads(stage: Stage) -> int:
    """No thread can be started: what needs one is done by the caller."""
    stage.hold.set()
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("gloo-openai"):
            raise RuntimeError("can't start new thread")
        start(thread)

    setattr(threading.Thread, "start", refuse)  # noqa: B010 - mypy takes no assignment
    return ahead_of_time(stage)


def never_run(stage: Stage) -> int:
    """The thread that refreshes ahead was started, so they said, and never runs."""
    stage.hold.set()
    start = threading.Thread.start

    def lose(thread: threading.Thread) -> None:
        if thread.name != "gloo-openai-refresh":
            start(thread)

    setattr(threading.Thread, "start", lose)  # noqa: B010 - mypy takes no assignment
    return ahead_of_time(stage)


def ahead_of_time(stage: Stage) -> int:
    """Calls in the window of the refresh, and after it: nobody waits for what never comes."""
    for _ in range(2):
        stage.ends.append(stage.call())
        stage.clock.forward(3400)
        started = time.monotonic()
        stage.ends.append(stage.call())
        stage.clock.forward(200)
        stage.ends.append(stage.call())
        if time.monotonic() - started > SOON:
            stage.ends.append(TimeoutError("somebody waited for a refresh that never ran"))
    return len(stage.gloo.exchanges)


def neighbour(stage: Stage) -> int:
    """The leader's transport is broken; who waits for it asks on their own."""

    def fail(_request: Any) -> Any:
        stage.apart(FOLLOWERS)
        time.sleep(0.5)
        raise SDK_LIBRARY.ConnectError("no such proxy")

    async def afail(request: Any) -> Any:
        return await anyio.to_thread.run_sync(fail, request)

    stage.hold.set()
    is_async = stage.world != "sync"
    kind = SDK_LIBRARY.AsyncClient if is_async else SDK_LIBRARY.Client
    http = kind(transport=SDK_LIBRARY.MockTransport(afail if is_async else fail))
    end = stage.call(http_client=http, max_retries=0)
    if kind_of(end) not in {"TokenExchangeError", "APIConnectionError", ANSWER}:
        stage.ends.append(AssertionError(f"the broken transport ended with {end!r}"))
    deadline = time.monotonic() + 15
    while len(stage.ends) < FOLLOWERS * 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(stage.gloo.exchanges)


def packed_token(stage: Stage) -> int:
    """The token endpoint answers with 128 MiB, packed into a few bytes."""
    return packed(stage, TOKEN, 200)


def packed_error(stage: Stage) -> int:
    """So does the API, with an error."""
    return packed(stage, COMPLETIONS, 500)


def packed(stage: Stage, path: str, status: int) -> int:
    """Every way to pack it; the process stays small."""
    stage.hold.set()
    stage.ends.append(stage.call())  # what is imported for it does not count
    stage.gloo.clear_faults()
    ways = [("gzip",), ("deflate",), ("gzip", "gzip"), ("gzip", "deflate", "gzip")]
    for codings in ways:
        stage.gloo.fault(path, status=status, body=bomb(*codings, mib=128), headers=coded(*codings))
    tracemalloc.start()
    for _ in ways:
        stage.auth.invalidate()
        end = stage.call(max_retries=0)
        if kind_of(end) not in {"TokenExchangeError", "InternalServerError"}:
            stage.ends.append(AssertionError(f"it ended with {end!r}"))
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if taken > MOST_MEMORY:
        stage.ends.append(MemoryError(f"{taken >> 20} MiB were taken"))
    stage.auth.invalidate()
    stage.ends.append(stage.call())
    return len(ways) + 2


FAULTS: dict[str, tuple[Callable[[Stage], int], tuple[str, ...]]] = {
    "a signal handler raises anywhere": (raising, WORLDS[:1]),
    "a signal handler invalidates": (handled, WORLDS),
    "a finalizer invalidates": (finalized, WORLDS),
    "a lead that never began": (never_begun, WORLDS),
    "the leader's loop is stopped": (stopped, WORLDS[1:2]),
    "no thread can be started": (without_threads, WORLDS),
    "a refresh that never runs": (never_run, WORLDS),
    "a neighbour's transport is broken": (neighbour, WORLDS),
    "bombs at the token endpoint": (packed_token, WORLDS),
    "bombs as errors of the API": (packed_error, WORLDS),
}
