"""Run one case of the table in one world and one way of asking."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import anyio
import openai

from gloo_openai import AUTO, AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from gloo_openai.testing import LocalGloo

from .case import ANSWER, Case, Result, Scene
from .leaks import forms, leaks

ASK: Any = {"model": AUTO, "messages": [{"role": "user", "content": "How can I be joyful?"}]}
NAMED = {**ASK, "model": "gloo-anthropic-claude-sonnet-4.5"}
"""What the SDK's own client can ask for."""

seen: set[str] = set()
"""Every secret of every case, to be looked for in the logs."""


def run(group: str, case: Case, world: str, way: str) -> Result:
    """Set the scene, make the calls, and compare what came of it with the table."""
    secret = f"s3cret-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        gloo = stack.enter_context(LocalGloo(client_secret=secret))
        elsewhere = stack.enter_context(LocalGloo())
        scene = Scene(gloo, elsewhere, stack)
        if not case.warm:
            case.fault(scene)
        # The server's own clock goes on as it is: only the client's jumps.
        auth = GlooAuth(
            gloo.client_id,
            secret,
            base_url=gloo.origin,
            token_url=scene.options.pop("token_url", None),
            env_file=None,
            clock=lambda: scene.clock() + time.monotonic() - started,
            wall_clock=lambda: scene.wall() + time.monotonic() - started,
        )
        started = time.monotonic()
        ends = (
            sync_calls(case, scene, auth, way)
            if world == "sync"
            else [*on_a_loop(world, case, scene, auth, way)]
        )
        took = time.monotonic() - started
        tokens, mine = set(gloo.tokens), forms(gloo.client_id, secret)
        seen.update(mine | tokens)
        end = Ending(ends, took, len(gloo.exchanges), len(gloo.completions), mine, tokens)
        end.strayed = len(elsewhere.requests)
    return judged(group, case, world, way, end=end)


@dataclass
class Ending:
    """What came of one case, before it is compared with the table."""

    ends: list[object]
    took: float
    exchanges: int
    completions: int
    secrets: set[str]
    tokens: set[str]
    strayed: int = 0


def judged(group: str, case: Case, world: str, way: str, *, end: Ending) -> Result:
    """A result, with every way in which it is not what the table says."""
    kinds = sorted({kind_of(each) for each in end.ends})
    outcome, expected = ", ".join(kinds), case.expected(way)
    least, most = case.exchanges_allowed()
    problems = []
    if kinds != [expected]:
        first = next(each for each in end.ends if kind_of(each) != expected)
        problems.append(f"{outcome}, expected {expected}: {str(first)[:200]}")
    if not least <= end.exchanges <= most:
        problems.append(f"{end.exchanges} exchanges, expected {least} to {most}")
    if case.requests is not None and end.completions != case.requests:
        problems.append(f"{end.completions} completions, expected {case.requests}")
    if end.took > case.bound:
        problems.append(f"took {end.took:.1f} s, at most {case.bound:g}")
    if end.strayed:
        problems.append(f"{end.strayed} requests went elsewhere")
    for each in end.ends:
        if isinstance(each, BaseException):
            if found := leaks(each, end.secrets, end.tokens):
                problems.append(f"a secret in {found[0]}")
            if lost := lost_in_pickles(each):
                problems.append(lost)
        if problems:
            break
    return Result(
        group, case.name, world, way, expected, outcome, end.took, case.bound, end.exchanges,
        tuple(problems),
    )  # fmt: skip


def lost_in_pickles(error: BaseException) -> str:
    """What is not the same of an error that comes from another process; empty if nothing."""
    arrived = pickle.loads(pickle.dumps(error))
    same = (type(arrived), str(arrived)) == (type(error), str(error))
    return "" if same else f"arrives from another process as {arrived!r:.100}"


def kind_of(end: object) -> str:
    """`answer`, or the name of an exception's class."""
    return type(end).__name__ if isinstance(end, BaseException) else ANSWER


def client_of(case: Case, scene: Scene, auth: GlooAuth, *, is_async: bool) -> Any:
    """The client that a case is about: ours, or the SDK's own with `auth.token` for a key."""
    options: dict[str, Any] = {"timeout": 60, **scene.options}
    if case.by_key:
        kind: Any = openai.AsyncOpenAI if is_async else openai.OpenAI
        key = auth.atoken if is_async else auth.token
        return kind(api_key=key, base_url=auth.base_url, **options)
    return (AsyncGlooOpenAI if is_async else GlooOpenAI)(auth=auth, **options)


def sync_calls(case: Case, scene: Scene, auth: GlooAuth, way: str) -> list[object]:
    """The calls of a case, on threads where they are made together."""
    call = NAMED if case.by_key else ASK
    with client_of(case, scene, auth, is_async=False) as client:

        def one() -> object:
            try:
                answer: Any = client.chat.completions.create(stream=way == "stream", **call)
                return [chunk.id for chunk in answer] if way == "stream" else answer.id
            except Exception as error:  # noqa: BLE001 - it is the outcome
                return error

        if case.warm:
            client.chat.completions.create(**call)
            case.fault(scene)
        if case.together > 1:
            with ThreadPoolExecutor(case.together) as pool:
                return [each.result() for each in [pool.submit(one) for _ in range(case.together)]]
        return [one() for _ in range(case.calls)]


def on_a_loop(world: str, case: Case, scene: Scene, auth: GlooAuth, way: str) -> list[object]:
    """The calls of a case, as tasks where they are made together."""
    if world == "asyncio":
        return asyncio.run(async_calls(case, scene, auth, way))
    import trio

    return list(trio.run(async_calls, case, scene, auth, way))


async def async_calls(case: Case, scene: Scene, auth: GlooAuth, way: str) -> list[object]:
    """`sync_calls`, awaited."""
    ends: list[object] = []
    call = NAMED if case.by_key else ASK
    async with client_of(case, scene, auth, is_async=True) as client:

        async def one() -> None:
            try:
                answer: Any = await client.chat.completions.create(stream=way == "stream", **call)
                ends.append([c.id async for c in answer] if way == "stream" else answer.id)
            except Exception as error:  # noqa: BLE001 - it is the outcome
                ends.append(error)

        if case.warm:
            await client.chat.completions.create(**call)
            case.fault(scene)
        if case.together > 1:
            async with anyio.create_task_group() as group:
                for _ in range(case.together):
                    group.start_soon(one)
        else:
            for _ in range(case.calls):
                await one()
    return ends
