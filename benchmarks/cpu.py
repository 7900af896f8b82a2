"""CPU per call in the client's process, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from . import subjects
from .local import Server
from .measure import Block, Row, interleaved, ratio
from .subjects import MODELLESS, PLAIN

SECTION = "CPU per call ÷ OpenAI with a static key"
PEERS = "The same, others"
TARGET = 1.02
MODELLESS_TARGET = 1.04
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


def compared(
    what: str, blocks: dict[str, Block], rounds: int, calls: int
) -> tuple[list[Row], dict[str, list[float]]]:
    """The adapter's two rows of one kind of call, and what was measured."""
    taken = interleaved(blocks, rounds=rounds, calls=calls)
    base = sorted(taken["static"])[len(taken["static"]) // 2] * 1e6
    rows = []
    for name, target, suffix in (
        ("gloo", TARGET, ""),
        ("modelless", MODELLESS_TARGET, ", model-less with tradition"),
    ):
        spread = ratio(taken, name, "static")
        note = f"the SDK's own: {base:.0f} µs"
        rows.append(
            Row(
                SECTION,
                what + suffix,
                spread.median,
                "x",
                target,
                spread.low,
                spread.high,
                note,
            )
        )
    return rows, taken


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    origin = server.origin
    rounds = max(2, round(300 * size))
    calls = CALLS
    gloo, static = subjects.gloo(origin), subjects.static(origin)
    other = dict(subjects.others(origin))
    blocks = {
        "static": creating(static, **PLAIN),
        "gloo": creating(gloo, **PLAIN),
        "modelless": creating(gloo, **MODELLESS),
    }
    found, _ = compared("plain", blocks, rounds, calls)
    streams = {
        "static": streaming(static, **PLAIN),
        "gloo": streaming(gloo, **PLAIN),
        "modelless": streaming(gloo, **MODELLESS),
    }
    found += compared("streamed, 100 chunks", streams, rounds, max(1, calls // 5))[0]
    found += asynchronous(origin, max(2, rounds // 3), 3 * CONCURRENCY)
    return found + beside(other, blocks, rounds, calls)


def asynchronous(origin: str, rounds: int, calls: int) -> list[Row]:
    """The rows of asyncio."""
    loop = asyncio.new_event_loop()
    agloo, astatic = subjects.agloo(origin), subjects.astatic(origin)
    blocks = {
        "static": awaiting(loop, astatic, **PLAIN),
        "gloo": awaiting(loop, agloo, **PLAIN),
        "modelless": awaiting(loop, agloo, **MODELLESS),
    }
    try:
        return compared(f"async, {CONCURRENCY} at once", blocks, rounds, calls)[0]
    finally:
        loop.run_until_complete(agloo.close())
        loop.run_until_complete(astatic.close())
        loop.close()


def beside(
    other: dict[str, Callable[[], object] | None],
    blocks: dict[str, Block],
    rounds: int,
    calls: int,
) -> list[Row]:
    """The rows of what people use in the adapter's place."""
    mine = {name: blocks[name] for name in ("static", "gloo")}
    theirs = {name: repeated(call) for name, call in other.items() if call is not None}
    taken = interleaved({**mine, **theirs}, rounds=max(2, rounds // 3), calls=calls)
    found = []
    for name in ("gloo", *other):
        label = "gloo-openai" if name == "gloo" else name
        if name not in taken:
            found.append(Row(PEERS, label, float("nan"), note="not installed"))
            continue
        spread = ratio(taken, name, "static")
        found.append(Row(PEERS, label, spread.median, "x", None, spread.low, spread.high))
    return found
