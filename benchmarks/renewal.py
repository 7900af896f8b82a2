"""Under steady load while tokens end every few seconds and exchanges are slow."""

from __future__ import annotations

import asyncio
import gc
import time
from statistics import median
from typing import Any

from . import subjects
from .local import Server
from .measure import Row, Spread, percentile
from .subjects import PLAIN

RATE = 200
"""Requests a second."""
SECONDS = 20
"""Of one turn, then it is the other client's; a few tokens' lives."""
TURNS = 15
LIFETIME = 5.0
DELAY = 1.0
TARGET = 1.1


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    turns = max(1, round(TURNS * size))
    server.counts(lifetime=LIFETIME, delay=DELAY)
    try:
        ours, theirs, failures = asyncio.run(load(server, turns))
    finally:
        gc.unfreeze()
        counts = server.counts(lifetime=3600.0, delay=0.0)
    section = (
        f"{turns * SECONDS} s at {RATE} requests a second, {LIFETIME:.0f} s tokens, 1 s exchanges"
    )
    requests, exchanges, refused = sum(map(len, ours)), counts["exchanges"], counts["refused"]
    note = f"{requests} requests, {exchanges} exchanges, {refused} refused"
    found = [Row(section, "failures", failures, "", 0, note=note)]
    for percent, target in ((50, None), (99, None), (99.9, TARGET)):
        found.append(compared(section, percent, target, ours, theirs))
    slow = sum(1 for turn in ours for each in turn if each > DELAY / 2)
    found.append(Row(section, "requests that waited for an exchange", slow, ""))
    return found


Turns = list[list[float]]
"""Latencies in seconds, turn by turn."""


def compared(section: str, percent: float, target: float | None, ours: Turns, theirs: Turns) -> Row:
    """A percentile of each turn beside that of the other's turn before it."""
    mine = [percentile(turn, percent) for turn in ours]
    base = [percentile(turn, percent) for turn in theirs]
    spread = Spread.of([a / b for a, b in zip(mine, base, strict=True)])
    note = f"{median(mine) * 1000:.1f} ms, with a static key {median(base) * 1000:.1f} ms"
    name = f"p{percent} ÷ that of a static key"
    return Row(section, name, spread.median, "x", target, spread.low, spread.high, note)


async def load(server: Server, turns: int) -> tuple[Turns, Turns, int]:
    """Latencies of the adapter and of a static key, and how many requests failed.

    They take turns, each alone on the machine.
    """
    ours: Turns = []
    theirs: Turns = []
    failures = 0
    async with subjects.agloo(server.origin) as gloo, subjects.astatic(server.origin) as static:
        for client in (gloo, static):
            await steadily(client, 1)
        gc.collect()
        gc.freeze()  # else collecting what was imported so far is the longest wait of all
        for _ in range(turns):
            for client, latencies in ((static, theirs), (gloo, ours)):
                turn, failed = await steadily(client, SECONDS)
                latencies.append(turn)
                failures += failed
    return ours, theirs, failures


async def steadily(client: Any, seconds: int) -> tuple[list[float], int]:
    """The latencies of so many seconds of requests, and how many failed.

    A request is due at its time, whatever became of those before it; its latency counts from there.
    """
    failures = 0
    latencies: list[float] = []

    async def one(due: float) -> None:
        nonlocal failures
        try:
            await client.chat.completions.create(**PLAIN)
        except Exception:  # noqa: BLE001 - it is counted
            failures += 1
        latencies.append(time.perf_counter() - due)

    # The cold start is measured elsewhere; so are connections.
    await asyncio.gather(*(one(0.0) for _ in range(10)))
    latencies.clear()
    start = time.perf_counter()
    under_way: set[asyncio.Task[None]] = set()
    for index in range(RATE * seconds):
        due = start + index / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(one(due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return latencies, failures
