"""CPU per call in the client's process, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from . import subjects
from .local import Server
from .measure import PROCESSES, Block, Row, Taken, in_processes, interleaved, ratio
from .subjects import MODELLESS, PLAIN, RESPONSE

SECTION = "CPU per call ÷ OpenAI with a static key"
PEERS = "The same, others"
CONCURRENCY = 100
CALLS = 20
"""In one block, of plain calls."""


def repeated(call: Callable[[], object]) -> Block:
    """A block of calls, one after the other."""

    def block(count: int) -> None:
        for _ in range(count):
            call()

    return block


def creating(client: Any, **call: Any) -> Block:
    """Plain calls."""
    return repeated(lambda: client.chat.completions.create(**call))


def responding(client: Any) -> Block:
    """Plain Responses calls."""
    return repeated(lambda: client.responses.create(**RESPONSE))


def streaming(client: Any, **call: Any) -> Block:
    """Streamed calls, read to their end."""

    def one() -> None:
        for _ in client.chat.completions.create(stream=True, **call):
            pass

    return repeated(one)


def awaiting(loop: asyncio.AbstractEventLoop, client: Any, **call: Any) -> Block:
    """Calls of which a hundred are under way at any time."""

    async def worker(count: int) -> None:
        for _ in range(count):
            await client.chat.completions.create(**call)

    async def all_of_them(count: int) -> None:
        workers = min(CONCURRENCY, count)
        shares = [len(range(index, count, workers)) for index in range(workers)]
        await asyncio.gather(*(worker(share) for share in shares))

    return lambda count: loop.run_until_complete(all_of_them(count))


def contenders(block: Callable[..., Block], gloo: Any, static: Any) -> dict[str, Block]:
    """What is compared for each kind of call."""
    return {
        "static": block(static, **PLAIN),
        "gloo": block(gloo, **PLAIN),
        "modelless": block(gloo, **MODELLESS),
    }


def plain(origin: str, rounds: int) -> Taken:
    """One after the other."""
    gloo, static = subjects.gloo(origin), subjects.static(origin)
    blocks = contenders(creating, gloo, static)
    return interleaved(blocks, rounds=rounds, calls=CALLS)


def responses(origin: str, rounds: int) -> Taken:
    """Responses calls, one after the other."""
    gloo, static = subjects.gloo(origin), subjects.static(origin)
    blocks = {"static": responding(static), "gloo": responding(gloo)}
    return interleaved(blocks, rounds=rounds, calls=CALLS)


def streamed(origin: str, rounds: int) -> Taken:
    """One after the other, a hundred chunks each."""
    gloo, static = subjects.gloo(origin), subjects.static(origin)
    blocks = contenders(streaming, gloo, static)
    return interleaved(blocks, rounds=rounds, calls=CALLS // 5)


def asynchronous(origin: str, rounds: int) -> Taken:
    """On asyncio, a hundred at once."""
    loop = asyncio.new_event_loop()
    gloo, static = subjects.agloo(origin), subjects.astatic(origin)
    blocks = contenders(partial(awaiting, loop), gloo, static)
    try:
        return interleaved(blocks, rounds=rounds, calls=3 * CONCURRENCY)
    finally:
        loop.run_until_complete(gloo.close())
        loop.run_until_complete(static.close())
        loop.close()


Targets = tuple[float, float | None]
KINDS: dict[str, tuple[Callable[[str, int], Taken], int, Targets]] = {
    "plain": (plain, 300, (1.0, 0.98)),
    "a Response": (responses, 300, (1.02, None)),
    "streamed, 100 chunks": (streamed, 300, (0.6, 0.6)),
    f"async, {CONCURRENCY} at once": (asynchronous, 100, (1.0, 1.0)),
}
"""What is measured, how many rounds a full run has, and the targets: of the call, and model-less
with tradition, which only chat completions are."""


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    found = []
    processes = max(1, round(PROCESSES * size))
    for what, (measure, rounds, targets) in KINDS.items():
        share = max(2, round(rounds * size / processes))
        found += compared(what, in_processes(processes, measure, server.origin, share), targets)
    return found + beside(server.origin, max(2, round(100 * size)))


def compared(what: str, taken: Taken, targets: Targets) -> list[Row]:
    """The adapter's two rows of one kind of call."""
    base = sorted(taken["static"])[len(taken["static"]) // 2] * 1e6
    note = f"the SDK's own: {base:.0f} µs"
    found = []
    for name, target, suffix in (
        ("gloo", targets[0], ""),
        ("modelless", targets[1], ", model-less with tradition"),
    ):
        if name not in taken:
            continue
        of = ratio(taken, name, "static")
        found.append(Row(SECTION, what + suffix, of.median, "x", target, of.low, of.high, note))
    return found


def beside(origin: str, rounds: int) -> list[Row]:
    """The rows of what people use in the adapter's place, all in this process."""
    other = dict(subjects.others(origin))
    blocks = {
        "static": creating(subjects.static(origin), **PLAIN),
        "gloo": creating(subjects.gloo(origin), **PLAIN),
        **{name: repeated(call) for name, call in other.items() if call is not None},
    }
    taken = interleaved(blocks, rounds=rounds, calls=CALLS)
    found = []
    for name in ("gloo", *other):
        label = "gloo-openai" if name == "gloo" else name
        if name not in taken:
            found.append(Row(PEERS, label, float("nan"), note="not installed"))
            continue
        spread = ratio(taken, name, "static")
        found.append(Row(PEERS, label, spread.median, "x", None, spread.low, spread.high))
    return found
