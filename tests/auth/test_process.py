"""The life of a process: forks, loops that come and go, callers that give up."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI, TokenExchangeError
from gloo_openai.testing import LocalGloo

from ..traps import ASK, TOKEN, Clock
from ..worlds import World


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


def forked(run: Any) -> int:
    """Run in a forked child; its exit status, 0 if all went well, 99 if it had to be killed."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if run() else 2
        finally:
            os._exit(status)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 99


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_during_an_exchange_leaves_both_working(gloo: LocalGloo) -> None:
    """The child does not wait for a leader that it does not have; the parent's goes on."""
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    auth = GlooAuth()
    with ThreadPoolExecutor(2) as pool:
        parents = [pool.submit(auth.token) for _ in range(2)]
        assert fault.wait()
        assert forked(auth.token) == 0
        hold.set()
        assert parents[0].result(10) == parents[1].result(10)
    assert len(gloo.exchanges) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_keeps_the_token(gloo: LocalGloo) -> None:
    """A worker that is forked from a warm parent needs no exchange, nor takes the parent's."""
    auth = GlooAuth()
    token = auth.token()
    assert forked(lambda: auth.token() == token) == 0
    assert forked(lambda: (auth.invalidate(), auth.token() != token)[1]) == 0
    assert auth.token() == token
    assert len(gloo.exchanges) == 2


def test_a_cancelled_leader_hands_the_lead_on(gloo: LocalGloo, world: World) -> None:
    """Those who waited for it are answered, by one more exchange."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    client = world.client()

    async def run() -> list[Any]:
        answers: list[Any] = []

        async def follow() -> None:
            answers.append(await client.chat.completions.create(**ASK))

        with anyio.fail_after(10):
            async with (
                anyio.create_task_group() as followers,
                anyio.create_task_group() as leader,
            ):
                leader.start_soon(lead)
                while not fault.hits:
                    await anyio.sleep(0.01)
                for _ in range(10):
                    followers.start_soon(follow)
                await anyio.sleep(0.1)
                leader.cancel_scope.cancel()
        return answers

    async def lead() -> None:
        await client.chat.completions.create(**ASK)

    answers = world.call(run)
    hold.set()
    assert len(answers) == 10
    assert len(gloo.exchanges) == 2


def test_a_cancelled_follower_takes_nobody_with_it(gloo: LocalGloo, world: World) -> None:
    """Who gives up waiting neither ends the exchange nor begins another."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    client = world.client()

    async def run() -> Any:
        answers: list[Any] = []

        async def lead() -> None:
            answers.append(await client.chat.completions.create(**ASK))

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            while not fault.hits:
                await anyio.sleep(0.01)
            with anyio.move_on_after(0.05):
                await client.chat.completions.create(**ASK)
            hold.set()
        return answers

    assert len(world.call(run)) == 1
    assert len(gloo.exchanges) == 1


def test_an_interrupted_leader_hands_the_lead_on(gloo: LocalGloo, world: World) -> None:
    """Ctrl-C in the thread, or task, that exchanges: it goes through, and the rest go on."""
    if world.is_async:
        pytest.skip("this is about threads")
    leading, interrupt = threading.Event(), threading.Event()
    auth = GlooAuth()

    def handle(_request: Any) -> Any:
        leading.set()
        interrupt.wait(10)
        raise KeyboardInterrupt

    http = world.http(transport=world.http_library.MockTransport(handle))
    interrupted = world.client(auth=auth, http_client=http)
    other = world.client(auth=auth)
    ends: list[BaseException] = []

    def lead() -> None:
        try:
            interrupted.chat.completions.create(**ASK)
        except BaseException as error:  # noqa: BLE001 - it is what this is about
            ends.append(error)

    leader = threading.Thread(target=lead)
    leader.start()
    assert leading.wait(10)
    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(other.chat.completions.create, **ASK) for _ in range(10)]
        time.sleep(0.1)
        interrupt.set()
        assert all(call.result(10).choices for call in calls)
    leader.join(10)
    assert [type(end) for end in ends] == [KeyboardInterrupt]
    assert len(gloo.exchanges) == 1


def test_a_client_that_is_closed_meanwhile_is_not_the_failure_of_others(
    gloo: LocalGloo, world: World
) -> None:
    """It led the exchange for all: it gets an error, they get a token."""
    if world.is_async:
        pytest.skip("this is about threads")
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    auth = GlooAuth()
    closing, other = world.client(auth=auth, max_retries=0), world.client(auth=auth, max_retries=0)
    with ThreadPoolExecutor(5) as pool:
        leader = pool.submit(closing.chat.completions.create, **ASK)
        assert fault.wait()
        calls = [pool.submit(other.chat.completions.create, **ASK) for _ in range(4)]
        time.sleep(0.1)
        closing.close()
        hold.set()
        ends = [leader.exception(20), *(call.exception(20) for call in calls)]
    assert ends[1:] == [None] * 4
    assert ends[0] is None or isinstance(ends[0], TokenExchangeError)


def test_loops_one_after_the_other_share_one_token(gloo: LocalGloo) -> None:
    """`asyncio.run` several times, as scripts and task queues do."""
    auth = GlooAuth()

    async def main() -> None:
        async with AsyncGlooOpenAI(auth=auth) as client:
            calls = [client.chat.completions.create(**ASK) for _ in range(3)]
            assert len(await asyncio.gather(*calls)) == 3

    for _ in range(3):
        asyncio.run(main())
    assert len(gloo.exchanges) == 1


def test_a_loop_that_ends_while_it_leads_hands_the_lead_on(gloo: LocalGloo) -> None:
    """`asyncio.run` cancels what is left; a thread that waits for it takes over."""
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    auth = GlooAuth()

    async def main() -> None:
        tasks.append(asyncio.create_task(auth.atoken()))
        while not fault.hits:
            await asyncio.sleep(0.01)
        waiting.append(pool.submit(auth.token))
        await asyncio.sleep(0.1)

    tasks: list[Any] = []
    waiting: list[Any] = []
    with ThreadPoolExecutor(1) as pool:
        asyncio.run(main())
        assert waiting[0].result(10) == gloo.tokens[0]
    assert tasks[0].cancelled()
    hold.set()
    assert len(gloo.exchanges) == 2


def test_loops_that_end_before_their_refresh_does(gloo: LocalGloo) -> None:
    """`asyncio.run` for each call: the old token serves, and the next loop has its own try."""
    clock = Clock()
    auth = GlooAuth(clock=clock)
    hold = threading.Event()

    async def main(until: Callable[[], object] = lambda: True) -> None:
        async with AsyncGlooOpenAI(auth=auth, max_retries=0) as client:
            assert (await client.chat.completions.create(**ASK)).choices
            while not until():
                await asyncio.sleep(0.01)

    asyncio.run(main())
    clock.forward(3400)
    fault = gloo.fault(TOKEN, hold=hold)
    asyncio.run(main(until=lambda: fault.hits))
    for _ in range(2):
        asyncio.run(main())
    assert len(gloo.exchanges) == 2
    clock.forward(31)
    hold.set()
    with within(20):
        asyncio.run(main(until=lambda: auth.expires_in == 3600))
    assert len(gloo.exchanges) == 3


def test_a_client_that_is_closed_during_its_refresh(gloo: LocalGloo, world: World) -> None:
    """The exchange that it began ends with it; others go on with the old token, and then ask."""
    clock = Clock()
    auth = GlooAuth(clock=clock)
    closing, other = world.client(auth=auth, max_retries=0), world.client(auth=auth, max_retries=0)
    world.call(closing.chat.completions.create, **ASK)
    clock.forward(3400)
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    world.call(closing.chat.completions.create, **ASK)
    assert fault.wait()
    world.call(closing.close)
    hold.set()
    world.call(other.chat.completions.create, **ASK)
    clock.forward(201)
    world.call(other.chat.completions.create, **ASK)
    assert len(gloo.exchanges) in (2, 3)


def test_a_sync_call_inside_a_running_loop_does_not_deadlock(gloo: LocalGloo) -> None:
    """The loop's own task leads, and cannot go on while the call blocks: it leads by itself."""
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    auth = GlooAuth()

    async def main() -> None:
        task = asyncio.create_task(auth.atoken())
        while not fault.hits:
            await asyncio.sleep(0.01)
        with GlooOpenAI(auth=auth) as client:
            assert client.chat.completions.create(**ASK).choices
        hold.set()
        assert await task

    with within(10):
        asyncio.run(main())
    assert len(gloo.exchanges) == 2


def test_a_call_from_within_an_exchange_does_not_deadlock(gloo: LocalGloo, world: World) -> None:
    """An event hook that asks for a token while the same thread is fetching one."""
    if world.is_async:
        pytest.skip("this is about threads")
    auth = GlooAuth()
    tokens: list[str] = []

    def hook(request: Any) -> None:
        if request.url.path == TOKEN and not tokens:
            tokens.append("asking")
            tokens.append(auth.token())

    http = world.http(event_hooks={"request": [hook]})
    client = world.client(auth=auth, http_client=http)
    with within(10):
        assert client.chat.completions.create(**ASK).choices
    assert tokens[1] == gloo.tokens[0]


def test_copies_share_the_token_and_the_connection(gloo: LocalGloo, world: World) -> None:
    """`copy`, `copy.copy`, `copy.deepcopy`, `with_options`: class, token, pool and defaults."""
    client = world.client(tradition="catholic")
    copies = [
        client.copy(),
        copy.copy(client),
        copy.deepcopy(client),
        copy.deepcopy({"client": client})["client"],
        client.with_options(timeout=9),
    ]
    for each in copies:
        assert type(each) is type(client)
        assert world.call(each.chat.completions.create, **ASK).choices
    assert {request.json["tradition"] for request in gloo.completions} == {"catholic"}
    assert len(gloo.exchanges) == 1
    assert gloo.connections == 1


def test_a_derived_client_reads_no_file_again(gloo: LocalGloo, world: World, tmp_path: Any) -> None:
    """A .env that appears later, or was switched off, does not change what is derived."""
    client = world.client(env_file=None)
    (tmp_path / ".env").write_text("GLOO_MODEL=from-the-file\nGLOO_API_KEY=from-the-file\n")
    body = {"messages": ASK["messages"]}
    for each in (client, client.with_options(timeout=9), copy.deepcopy(client)):
        with pytest.raises(ValueError, match="Nothing says how the model is chosen"):
            world.call(each.chat.completions.create, **body)


def test_a_token_is_fetched_while_the_interpreter_has_few_threads(gloo: LocalGloo) -> None:
    """Waiting tasks park in no thread pool: the application's own `to_thread` goes on."""
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with AsyncGlooOpenAI() as client:
            calls = [
                asyncio.ensure_future(client.chat.completions.create(**ASK)) for _ in range(20)
            ]
            while not fault.hits:
                await asyncio.sleep(0.01)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), 5) == 1
            hold.set()
            assert len(await asyncio.gather(*calls)) == 20

    asyncio.run(main())
    assert len(gloo.exchanges) == 1
