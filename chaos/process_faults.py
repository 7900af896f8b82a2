"""What can happen to a process while an exchange is under way, each in a process of its own.

`python -m chaos.process_faults NAME WORLD WAY` is that process; it prints how it ended.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from gloo_openai.testing import LocalGloo

from .case import ANSWER, WORLDS, Result
from .leaks import Records, forms, leaks
from .run import kind_of
from .stage import FOLLOWERS, Stage, aask, ask
from .sudden_faults import FAULTS as SUDDEN

ROOT = Path(__file__).parents[1]
BOUND = 90.0
"""Seconds for a whole process on a busy machine: importing, and at the most one lost exchange."""
turn = threading.Semaphore(2)
"""A process is busy importing: more at once would only wait for each other."""


def forked(stage: Stage) -> int:
    """The child has its own exchange, and the parent's goes on."""
    threads = stage.apart()
    stage.fault.wait(timeout=20)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if kind_of(stage.call()) == ANSWER else 1)
    _, status = os.waitpid(pid, 0)
    if status:
        stage.ends.append(ChildProcessError(f"the child ended with {status}"))
    stage.hold.set()
    for thread in threads:
        thread.join()
    return 2


def cancelled(stage: Stage) -> int:
    """The leader is cancelled; those who wait for it are answered."""

    async def main() -> None:
        async with AsyncGlooOpenAI(auth=stage.auth) as client, anyio.create_task_group() as group:
            leader = anyio.CancelScope()

            async def lead() -> None:
                with leader:
                    await aask(client, stage.way)

            async def follow() -> None:
                stage.ends.append(await aask(client, stage.way))

            group.start_soon(lead)
            while not stage.fault.hits:
                await anyio.sleep(0.01)
            for _ in range(FOLLOWERS):
                group.start_soon(follow)
            await anyio.sleep(0.1)
            leader.cancel()

    stage.on_a_loop(main)
    return 2


def closed(stage: Stage) -> int:
    """The leader's client is closed; callers on another client are answered."""
    if stage.world == "sync":
        client = GlooOpenAI(auth=stage.auth, max_retries=0)
        leader = threading.Thread(target=leading_error, args=(client, stage), daemon=True)
        leader.start()
        stage.fault.wait(timeout=20)
        threads = stage.apart(FOLLOWERS)
        time.sleep(0.2)
        client.close()
        stage.hold.set()
        for thread in [leader, *threads]:
            thread.join()
        return len(stage.gloo.exchanges)

    async def main() -> None:
        closing = AsyncGlooOpenAI(auth=stage.auth, max_retries=0)

        async def lead() -> None:
            try:
                await aask(closing, stage.way)
            except Exception as error:  # noqa: BLE001 - looked at below
                keep_unless_typed(stage, error)

        async def follow() -> None:
            stage.ends.append(await stage.acall())

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            while not stage.fault.hits:
                await anyio.sleep(0.01)
            for _ in range(FOLLOWERS):
                group.start_soon(follow)
            await anyio.sleep(0.2)
            await closing.close()
            stage.hold.set()

    stage.on_a_loop(main)
    return len(stage.gloo.exchanges)


def leading_error(client: GlooOpenAI, stage: Stage) -> None:
    """A call whose client is closed meanwhile may be answered, or end in a typed error."""
    try:
        ask(client, stage.way)
    except Exception as error:  # noqa: BLE001 - looked at below
        keep_unless_typed(stage, error)


def keep_unless_typed(stage: Stage, error: Exception) -> None:
    """Only an error of the SDK's classes, or httpx's that the client is closed, is expected."""
    typed = {"TokenExchangeError", "APIConnectionError", "RuntimeError"}
    if kind_of(error) not in typed:
        stage.ends.append(error)


def interrupted(stage: Stage) -> int:
    """Ctrl-C while the main thread leads: it ends so, and the others are answered."""

    def interrupt() -> None:
        stage.fault.wait(timeout=20)
        stage.apart(FOLLOWERS)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    end = stage.call()
    if not isinstance(end, KeyboardInterrupt):
        stage.ends.append(AssertionError(f"the interrupted call ended with {end!r}"))
    deadline = time.monotonic() + 15
    while len(stage.ends) < FOLLOWERS and time.monotonic() < deadline:
        time.sleep(0.01)
    if len(stage.ends) < FOLLOWERS:
        stage.ends.append(TimeoutError(f"only {len(stage.ends)} of {FOLLOWERS} were answered"))
    return 2


def two_loops(stage: Stage) -> int:
    """Callers in several event loops at once share one exchange."""
    threads = stage.apart(FOLLOWERS)
    stage.fault.wait(timeout=20)
    time.sleep(0.5)
    stage.hold.set()
    for thread in threads:
        thread.join()
    return 1


def rotated(stage: Stage) -> int:
    """Secret and tokens are replaced while callers go on: they find what is good now."""
    environ = {**stage.gloo.environ, "GLOO_API_KEY": ""}
    os.environ.update(environ)
    stage.auth = GlooAuth(env_file=None)
    stage.hold.set()
    stage.ends.append(stage.call())
    os.environ["GLOO_CLIENT_SECRET"] = stage.gloo.client_secret = secrets.token_hex(8)
    stage.gloo.expire_tokens()
    for thread in stage.apart(FOLLOWERS):
        thread.join()
    return 3  # the old secret, the old one rejected, the new one


def exiting(stage: Stage) -> int:
    """The interpreter ends while a daemon thread leads and others wait: it just ends."""
    stage.apart(FOLLOWERS)
    stage.fault.wait(timeout=20)
    stage.ends.append("on the way out")
    return 1


ALL = WORLDS
FAULTS: dict[str, tuple[Callable[[Stage], int], tuple[str, ...]]] = {
    "fork during an exchange": (forked, ALL),
    "the leader is cancelled": (cancelled, ALL[1:]),
    "the leader's client is closed": (closed, ALL),
    "KeyboardInterrupt in the leader": (interrupted, ALL),
    "several event loops at once": (two_loops, ALL[1:]),
    "the secret is rotated": (rotated, ALL),
    "interpreter exit during an exchange": (exiting, ALL),
    **SUDDEN,
}
CASES = [(name, world) for name, (_, worlds) in FAULTS.items() for world in worlds]


def run(name: str, world: str, way: str) -> Result:
    """One fault in a process of its own, which is killed when it does not end in time."""
    command = [sys.executable, "-W", "ignore", "-m", "chaos.process_faults", name, world, way]
    problems: list[str] = []
    report: dict[str, Any] = {"outcome": "hung", "exchanges": 0, "problems": []}
    with turn:
        begun = time.monotonic()
        try:
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=BOUND, check=False
            )
        except subprocess.TimeoutExpired:
            problems.append(f"still running after {BOUND:.0f} s")
        else:
            if done.returncode or done.stderr:
                problems.append(f"exit status {done.returncode}: {done.stderr[-300:]}")
            if done.stdout:
                report = json.loads(done.stdout)
    problems += report["problems"]
    took = time.monotonic() - begun
    return Result(
        "process", name, world, way, ANSWER, report["outcome"], took, BOUND, report["exchanges"],
        tuple(problems),
    )  # fmt: skip


def main(name: str, world: str, way: str) -> None:
    """Set the stage, let it happen, and print what came of it."""
    records = Records()
    secret = f"s3cret-{secrets.token_hex(8)}"
    gloo = LocalGloo(client_secret=secret).start()
    stage = Stage(world, way, gloo)
    expected = FAULTS[name][0](stage)
    problems = [f"{kind_of(e)}: {e}" for e in stage.ends if isinstance(e, BaseException)]
    mine, tokens = forms(gloo.client_id, secret), set(gloo.tokens)
    for end in stage.ends:
        if isinstance(end, BaseException) and (found := leaks(end, mine, tokens)):
            problems.append(f"a secret in {found[0]}")
    if any(each in records.text() for each in mine | tokens):
        problems.append("a secret in what was logged")
    if len(gloo.exchanges) != expected:
        problems.append(f"{len(gloo.exchanges)} exchanges, expected {expected}")
    outcome = ", ".join(sorted({kind_of(end) for end in stage.ends}))
    report = {"outcome": outcome, "exchanges": len(gloo.exchanges), "problems": problems}
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
