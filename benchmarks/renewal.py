"""Under steady load while tokens end every few seconds and exchanges are slow."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

from . import subjects
from .local import Server
from .measure import Row, percentile
from .subjects import PLAIN

RATE = 200
"""Requests a second."""
SECONDS = 60
TURN = 20
"""Seconds until it is the other client's turn."""
LIFETIME = 5.0
DELAY = 1.0
TARGET = 1.1


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    seconds = max(1, round(SECONDS * size))
    server.counts(lifetime=LIFETIME, delay=DELAY)
    gc.collect()
    gc.freeze()  # collecting what other parts have loaded would take a fifth of a second
    try:
        ours, theirs, failures = asyncio.run(load(server, seconds))
    finally:
        gc.unfreeze()
        counts = server.counts(lifetime=3600.0, delay=0.0)
    section = f"{seconds} s at {RATE} requests a second, {LIFETIME:.0f} s tokens, 1 s exchanges"
    note = f"{len(ours)} requests, {counts['exchanges']} exchanges, {counts['refused']} refused"
    found = [Row(section, "failures", failures, "", 0, note=note)]
    for percent, target in ((50, None), (99, None), (99.9, TARGET)):
        mine, base = percentile(ours, percent), percentile(theirs, percent)
        note = f"{mine * 1000:.1f} ms, with a static key {base * 1000:.1f} ms"
        name = f"p{percent} ÷ that of a static key"
        found.append(Row(section, name, mine / base, "x", target, note=note))
    slow = sum(1 for each in ours if each > DELAY / 2)
    found.append(Row(section, "requests that waited for an exchange", slow, ""))
    return found


async def load(server: Server, seconds: int) -> tuple[list[float], list[float], int]:
    """Latencies of the adapter and of a static key, and how many requests failed.

    They take turns, some tokens' lives long, each alone on the machine.
    """
    ours: list[float] = []
    theirs: list[float] = []
    failures = 0
    async with subjects.agloo(server.origin) as gloo, subjects.astatic(server.origin) as static:
        left = seconds
        while left > 0:
            turn, left = min(TURN, left), left - TURN
            failures += await steadily(static, turn, theirs)
            failures += await steadily(gloo, turn, ours)
    return ours, theirs, failures


async def steadily(client: Any, seconds: int, latencies: list[float]) -> int:
    """Note the latencies of so many seconds of requests; how many failed.

    A request is due at its time, whatever became of those before it; its latency counts from there.
    """
    failures = 0

    async def one(due: float) -> float:
        nonlocal failures
        try:
            await client.chat.completions.create(**PLAIN)
        except Exception:  # noqa: BLE001 - it is counted
            failures += 1
        return time.perf_counter() - due

    # The cold start is measured elsewhere; so are connections.
    await asyncio.gather(*(one(0.0) for _ in range(10)))
    start = time.perf_counter()
    tasks: list[asyncio.Task[float]] = []
    for index in range(RATE * seconds):
        due = start + index / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    latencies += await asyncio.gather(*tasks)
    return failures
