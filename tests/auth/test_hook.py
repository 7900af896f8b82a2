"""The hook on real requests: cold starts, and what becomes of a 401."""

from __future__ import annotations

import asyncio
import io
import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import openai
import pytest
from pydantic import BaseModel

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI, TokenExchangeError
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS, TOKEN, assert_answered
from ..worlds import World


class Verse(BaseModel):
    """A shape for `parse`."""

    book: str
    chapter: int


def bearers(gloo: LocalGloo) -> list[str | None]:
    """The bearer of each completion that arrived."""
    return [request.bearer for request in gloo.completions]


class CountingAuth(GlooAuth):
    """Lets go of a held exchange once so many requests need its token."""

    def __init__(self, callers: int, hold: threading.Event) -> None:
        super().__init__()
        self._callers = callers
        self._hold = hold
        self._count = itertools.count(1)

    def flow(self, request: Any, client: Any) -> Any:
        self._came()
        return super().flow(request, client)

    def aflow(self, request: Any, client: Any) -> Any:
        self._came()
        return super().aflow(request, client)

    def _came(self) -> None:
        if next(self._count) == self._callers:
            # The last one still has to begin to wait.
            threading.Timer(0.5, self._hold.set).start()


# Cold start


def test_a_hundred_cold_callers_cause_one_exchange(gloo: LocalGloo, world: World) -> None:
    """Threads or tasks: whoever comes first fetches the token for all."""
    gloo.fault(TOKEN, delay=0.05)
    client = world.client()
    results = world.together(100, client.chat.completions.create, **ASK)
    assert_answered(results)
    assert len(gloo.exchanges) == 1
    assert set(bearers(gloo)) == set(gloo.tokens)


def test_threads_and_two_event_loops_share_one_exchange(gloo: LocalGloo) -> None:
    """One `GlooAuth` serves a sync client and async clients on two loops at once."""
    hold = threading.Event()
    gloo.fault(TOKEN, hold=hold)
    auth = CountingAuth(30, hold)
    with GlooOpenAI(auth=auth) as client, ThreadPoolExecutor(12) as pool:

        async def many() -> list[Any]:
            async with AsyncGlooOpenAI(auth=auth) as aclient:
                return await asyncio.gather(
                    *(aclient.chat.completions.create(**ASK) for _ in range(10))
                )

        calls = [pool.submit(client.chat.completions.create, **ASK) for _ in range(10)]
        loops = [pool.submit(asyncio.run, many()) for _ in range(2)]
        answers = [call.result(20) for call in calls]
        answers += [answer for loop in loops for answer in loop.result(20)]
    assert len(answers) == 30
    assert len(gloo.exchanges) == 1


def test_a_failed_exchange_is_shared_and_each_caller_has_its_own_error(
    gloo: LocalGloo, world: World
) -> None:
    """Fifty waiting callers: one series of three tries, fifty distinct exceptions."""
    hold = threading.Event()
    gloo.fault(TOKEN, status=503, hold=hold, headers={"Retry-After": "0"})
    gloo.fault(TOKEN, status=503, headers={"Retry-After": "0"}, times=None)
    client = world.client(auth=CountingAuth(50, hold))
    errors = world.together(50, client.chat.completions.create, **ASK)
    assert {type(error) for error in errors} == {TokenExchangeError}
    assert len({id(error) for error in errors}) == 50
    assert len(gloo.exchanges) == 3
    assert not gloo.completions


def test_the_event_loop_goes_on_while_a_token_is_fetched(gloo: LocalGloo, world: World) -> None:
    """Neither the leader nor those who wait for it block a loop."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    client = world.client()

    async def tick() -> None:
        async def ask() -> None:
            await client.chat.completions.create(**ASK)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(ask)
                while not fault.hits:
                    await anyio.sleep(0.01)
                for _ in range(10):
                    await anyio.sleep(0.01)
                hold.set()

    world.call(tick)
    assert len(gloo.exchanges) == 1


# 401


@pytest.fixture(params=["create", "stream", "raw", "streaming", "parse", "manager", "post"])
def way(request: pytest.FixtureRequest) -> str:
    """The ways in which a completion can be asked for."""
    return str(request.param)


def ask(world: World, client: Any, way: str) -> object:
    """Ask in one of the ways and read the answer to its end."""
    completions = client.chat.completions
    match way:
        case "create":
            return world.call(completions.create, **ASK)
        case "stream":
            return world.stream(completions.create, **ASK)
        case "raw":
            return world.call(completions.with_raw_response.create, **ASK).parse()
        case "parse":
            return world.call(completions.parse, response_format=Verse, **ASK)
        case "post":
            body = dict(ASK, model=None, auto_routing=True)
            return world.call(client.post, COMPLETIONS, body=body, cast_to=object)
        case "streaming":
            manager = completions.with_streaming_response.create(**ASK)
        case _:
            manager = completions.stream(**ASK)
    return world.call(aread if world.is_async else read, manager)


def read(manager: Any) -> list[Any]:
    """Enter a response manager and read it to its end."""
    with manager as response:
        lines = response.iter_lines() if hasattr(response, "iter_lines") else response
        return list(lines)


async def aread(manager: Any) -> list[Any]:
    """`read`, awaited."""
    async with manager as response:
        lines = response.iter_lines() if hasattr(response, "iter_lines") else response
        return [line async for line in lines]


def test_a_401_is_replayed_once_with_a_new_token(gloo: LocalGloo, world: World, way: str) -> None:
    """Also with `max_retries=0`, whichever method asks: two sends, one more exchange."""
    client = world.client(max_retries=0)
    world.call(client.chat.completions.create, **ASK)
    gloo.expire_tokens()
    gloo.requests.clear()
    assert ask(world, client, way)
    assert len(gloo.completions) == 2
    assert len(gloo.exchanges) == 1
    assert gloo.completions[0].body == gloo.completions[1].body
    assert bearers(gloo) == gloo.tokens


def test_a_second_401_reaches_the_caller(gloo: LocalGloo, world: World, way: str) -> None:
    """Exactly two sends, then the SDK's own `AuthenticationError`."""
    body = {"error": "Unauthorized", "code": "unauthorized"}
    gloo.fault(COMPLETIONS, status=401, body=body, times=None)
    client = world.client(max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        ask(world, client, way)
    assert caught.value.status_code == 401
    assert len(gloo.completions) == 2
    assert len(gloo.exchanges) == 2


def test_fifty_simultaneous_401s_cause_one_exchange(gloo: LocalGloo, world: World) -> None:
    """All were sent with the same old token; one new one serves them all."""
    client = world.client(max_retries=0)
    world.call(client.chat.completions.create, **ASK)
    gloo.expire_tokens()
    gloo.requests.clear()
    gate = threading.Event()
    held = gloo.fault(COMPLETIONS, hold=gate, times=50)
    threading.Thread(target=lambda: (held.wait(50, 20), gate.set())).start()
    results = world.together(50, client.chat.completions.create, **ASK)
    assert_answered(results)
    assert len(gloo.exchanges) == 1
    assert len(gloo.completions) == 100


def test_forty_straggling_401s_cause_one_exchange(gloo: LocalGloo, world: World) -> None:
    """A 401 that comes in late does not throw away the token that was fetched meanwhile."""
    client = world.client(max_retries=0)
    world.call(client.chat.completions.create, **ASK)
    gloo.expire_tokens()
    gloo.requests.clear()
    gates = [threading.Event() for _ in range(40)]
    held = [gloo.fault(COMPLETIONS, hold=gate) for gate in gates]

    def one_by_one() -> None:
        assert held[-1].wait(timeout=20)
        for gate in gates:
            gate.set()
            time.sleep(0.005)

    threading.Thread(target=one_by_one).start()
    results = world.together(40, client.chat.completions.create, **ASK)
    assert_answered(results)
    assert len(gloo.exchanges) == 1
    assert len(gloo.completions) == 80


def test_a_pool_of_one_connection_does_not_deadlock(gloo: LocalGloo, world: World) -> None:
    """The 401's connection goes back to the pool before the exchange needs one.

    A deadlock would take the exchange's ten seconds. The SDK may try again: with threads on one
    connection httpcore 1.0.9 at times closes it under a request that has just been sent.
    """
    http = world.http(limits=world.http_library.Limits(max_connections=1), timeout=3)
    client = world.client(http_client=http, max_retries=2, timeout=3)
    world.call(client.chat.completions.create, **ASK)
    gloo.expire_tokens()
    started = time.monotonic()
    results = world.together(5, client.chat.completions.create, **ASK)
    assert_answered(results)
    assert len(world.stream(client.chat.completions.create, **ASK)) > 1
    assert len(gloo.exchanges) == 2
    assert time.monotonic() - started < 9


@pytest.mark.parametrize("left", [0, 3])
def test_a_401_whose_body_is_cut_is_replayed_too(gloo: LocalGloo, world: World, left: int) -> None:
    """The status is known; what was to follow does not matter."""
    client = world.client(max_retries=0)
    gloo.fault(COMPLETIONS, status=401, body={"error": "Unauthorized"}, drop_after=left)
    assert world.call(client.chat.completions.create, **ASK).choices
    assert len(gloo.completions) == 2
    assert len(gloo.exchanges) == 2


# Uploads


class Tape(io.RawIOBase):
    """A file that cannot be rewound."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)

    def seekable(self) -> bool:
        return False


class OnlyRead:
    """The least that httpx takes for a file."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        return self._data.read(size)


def upload(world: World, gloo: LocalGloo, file: object) -> Any:
    """Post a file to an endpoint that refuses the first token; the answer."""
    gloo.fault("/files", status=401, body={"error": "Unauthorized"})
    gloo.fault("/files", status=200, body={"id": "file-1"}, times=None)
    client = world.client(max_retries=0)
    return world.call(
        client.post,
        "/files",
        cast_to=object,
        body={"purpose": "batch"},
        files={"file": ("verses.txt", file)},
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )


def sent(gloo: LocalGloo) -> list[bool]:
    """For each upload that arrived, whether the whole file did."""
    return [b"In the beginning" in seen.body for seen in gloo.requests if "/files" in seen.path]


@pytest.mark.parametrize("kind", [bytes, io.BytesIO])
def test_an_upload_that_can_be_sent_twice_is(gloo: LocalGloo, world: World, kind: type) -> None:
    """Bytes and seekable files arrive whole both times."""
    assert upload(world, gloo, kind(b"In the beginning")) == {"id": "file-1"}
    assert sent(gloo) == [True, True]


@pytest.mark.parametrize("kind", [Tape, OnlyRead])
def test_an_upload_that_cannot_be_rewound_is_sent_once(
    gloo: LocalGloo, world: World, kind: type
) -> None:
    """Half an upload would be worse than the 401, which reaches the caller."""
    with pytest.raises(openai.AuthenticationError):
        upload(world, gloo, kind(b"In the beginning"))
    assert sent(gloo) == [True]


def test_a_generated_body_is_sent_once_and_the_next_call_works(
    gloo: LocalGloo, world: World
) -> None:
    """What a generator gave is gone; but the refused token is forgotten all the same."""
    auth = GlooAuth()
    http = world.http(auth=auth)

    def pieces() -> Iterator[bytes]:
        yield b"In the "
        yield b"beginning"

    async def apieces() -> Any:
        for piece in pieces():
            yield piece

    gloo.fault("/files", status=401)
    gloo.fault("/files", status=200, times=None)
    url = f"{gloo.base_url}/files"
    content = apieces if world.is_async else pieces
    assert world.call(http.post, url, content=content()).status_code == 401
    assert sent(gloo) == [True]
    assert world.call(http.post, url, content=content()).status_code == 200
    assert len(gloo.exchanges) == 2


# GlooAuth alone


def test_the_hook_works_on_any_http_client(gloo: LocalGloo, world: World) -> None:
    """`httpx.Client(auth=GlooAuth())`, of either library, sync or async; with a 401 between."""
    auth = GlooAuth()
    http = world.http(auth=auth)
    body = {"messages": ASK["messages"], "auto_routing": True}
    url = f"{gloo.base_url}{COMPLETIONS}"
    assert world.call(http.post, url, json=body).status_code == 200
    gloo.expire_tokens()
    assert world.call(http.post, url, json=body).status_code == 200
    assert len(gloo.exchanges) == 2


def test_the_hook_works_on_the_libraries_functions(gloo: LocalGloo, world: World) -> None:
    """`httpx.get(url, auth=GlooAuth())`."""
    if world.is_async:
        pytest.skip("this is about threads")
    assert (
        world.http_library.get(f"{gloo.origin}/platform/v2/models", auth=GlooAuth()).status_code
        == 200
    )
    assert gloo.requests[-1].bearer == gloo.tokens[0]


def test_token_and_atoken_share_the_cache(gloo: LocalGloo, world: World) -> None:
    """A bearer as a string, `expires_in` of it, and `invalidate`."""
    auth = GlooAuth()
    assert auth.expires_in is None
    token = world.call(auth.atoken) if world.is_async else auth.token()
    assert [token] == gloo.tokens
    assert auth.token() == world.call(auth.atoken if world.is_async else auth.token) == token
    assert auth.expires_in is not None
    assert 3500 < auth.expires_in <= 3600
    auth.invalidate()
    assert auth.expires_in is None
    assert auth.token() != token
    assert len(gloo.exchanges) == 2


def test_token_is_a_key_for_the_plain_sdk(gloo: LocalGloo, world: World) -> None:
    """`OpenAI(api_key=auth.token)` and `AsyncOpenAI(api_key=auth.atoken)`."""
    auth = GlooAuth()
    key = auth.atoken if world.is_async else auth.token
    client = world.openai(api_key=key, base_url=gloo.base_url)
    model = "gloo-anthropic-claude-sonnet-4.5"
    for _ in range(2):
        assert world.call(client.chat.completions.create, **{**ASK, "model": model}).choices
    assert len(gloo.exchanges) == 1
