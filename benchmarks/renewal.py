"""Under steady load while tokens end every few seconds and exchanges are slow.

The adapter and a static key are under the same load at the same time, each in a process of its
own: the slowest requests are those that the machine held up, and it then holds up both.
"""

from __future__ import annotations

import asyncio
import gc
import time
from multiprocessing import get_context
from statistics import median
from typing import Any

from . import subjects
from .local import Server
from .measure import Row, Spread, percentile
from .subjects import PLAIN

RATE = 200
"""Requests a second."""
TURN = 60
"""Seconds whose requests make one figure."""
SECONDS = 600
READY_IN = 6.0
"""Seconds for both to import, connect and wait for a token."""
LIFETIME = 5.0
DELAY = 1.0
TARGET = 1.1
CLIENTS = {"gloo": subjects.agloo, "static": subjects.astatic}

Latencies = list[float]
"""In seconds, in the order in which the requests were due."""


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    seconds = max(2, round(SECONDS * size))
    server.counts(lifetime=LIFETIME, delay=DELAY)
    try:
        taken, failures = side_by_side(server.origin, seconds)
    finally:
        counts = server.counts(lifetime=3600.0, delay=0.0)
    section = f"{seconds} s at {RATE} requests a second, {LIFETIME:.0f} s tokens, 1 s exchanges"
    exchanges, refused = counts["exchanges"], counts["refused"]
    note = f"{len(taken['gloo'])} requests, {exchanges} exchanges, {refused} refused"
    found = [Row(section, "failures", failures, "", 0, note=note)]
    for percent, target in ((50, None), (99, None), (99.9, TARGET)):
        found.append(compared(section, percent, target, taken))
    slow = sum(1 for each in taken["gloo"] if each > DELAY / 2)
    found.append(Row(section, "requests that waited for an exchange", slow, ""))
    return found


def compared(
    section: str, percent: float, target: float | None, taken: dict[str, Latencies]
) -> Row:
    """A percentile of each turn, beside that of the other's same turn."""
    of_turn = {name: [percentile(turn, percent) for turn in turns(taken[name])] for name in taken}
    pairs = zip(of_turn["gloo"], of_turn["static"], strict=True)
    spread = Spread.of([ours / theirs for ours, theirs in pairs])
    mine, base = (median(of_turn[name]) * 1000 for name in ("gloo", "static"))
    note = f"{mine:.1f} ms, with a static key {base:.1f} ms"
    name = f"p{percent} ÷ that of a static key"
    return Row(section, name, spread.median, "x", target, spread.low, spread.high, note)


def turns(latencies: Latencies) -> list[Latencies]:
    """A minute's requests each."""
    size = RATE * TURN
    return [latencies[at : at + size] for at in range(0, len(latencies), size)]


def side_by_side(origin: str, seconds: int) -> tuple[dict[str, Latencies], int]:
    """The latencies of both clients, and how many of the adapter's requests failed."""
    start = time.time() + READY_IN
    # Each sends between the other's requests, not at the same time.
    loads = [
        (name, origin, start + index / len(CLIENTS) / RATE, seconds)
        for index, name in enumerate(CLIENTS)
    ]
    with get_context("spawn").Pool(len(CLIENTS)) as pool:
        answers = dict(zip(CLIENTS, pool.starmap(load, loads, chunksize=1), strict=True))
    return {name: latencies for name, (latencies, _) in answers.items()}, answers["gloo"][1]


def load(name: str, origin: str, start: float, seconds: int) -> tuple[Latencies, int]:
    """One client's load, in this process."""

    async def warm_then_steady() -> tuple[Latencies, int]:
        async with CLIENTS[name](origin) as client:
            for _ in range(10):  # the cold start is measured elsewhere; so are connections
                await asyncio.gather(*(client.chat.completions.create(**PLAIN) for _ in range(10)))
            gc.collect()
            gc.freeze()  # else collecting what was imported so far is the longest wait of all
            if time.time() > start:
                raise RuntimeError(f"{name} was not ready in {READY_IN} s")
            return await steadily(client, start, seconds)

    return asyncio.run(warm_then_steady())


async def steadily(client: Any, start: float, seconds: int) -> tuple[Latencies, int]:
    """The latencies of so many seconds of requests from `start` on, and how many failed.

    A request is due at its time, whatever became of those before it; its latency counts from there.
    """
    failures = 0
    latencies = [0.0] * (RATE * seconds)

    async def one(index: int, due: float) -> None:
        nonlocal failures
        try:
            await client.chat.completions.create(**PLAIN)
        except Exception:  # noqa: BLE001 - it is counted
            failures += 1
        latencies[index] = time.time() - due

    under_way: set[asyncio.Task[None]] = set()
    for index in range(len(latencies)):
        due = start + index / RATE
        await asyncio.sleep(max(0.0, due - time.time()))
        task = asyncio.create_task(one(index, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return latencies, failures
