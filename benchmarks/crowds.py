"""Many callers at once, without a token: exchanges, and what the event loop notices."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import subjects
from .local import Server
from .measure import Row, Spread
from .subjects import PLAIN

SECTION = "Crowds, cold"
THREADS = 100
TASKS = 1000
GAP_TARGET = 1.1


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    threads, tasks = (max(4, round(n * min(1, size * 4))) for n in (THREADS, TASKS))
    rounds = max(2, round(15 * size))
    server.counts(delay=0.05)  # time for everybody to arrive
    with subjects.gloo(server.origin) as client, ThreadPoolExecutor(threads) as pool:
        barrier = threading.Barrier(threads)

        def ask() -> None:
            barrier.wait()
            client.chat.completions.create(**PLAIN)

        for call in [pool.submit(ask) for _ in range(threads)]:
            call.result()
    of_threads = server.counts(delay=0.0)["exchanges"]
    pairs = []
    exchanges = []
    for index in range(rounds):
        gaps: dict[str, float] = {}
        for kind in ("gloo", "static") if index % 2 else ("static", "gloo"):
            make = subjects.agloo if kind == "gloo" else subjects.astatic
            gaps[kind] = asyncio.run(longest_gap(make(server.origin), tasks))
        exchanges.append(server.counts()["exchanges"])
        pairs.append((gaps["gloo"], gaps["static"]))
    gap = Spread.of([ours / theirs for ours, theirs in pairs])
    median = sorted(theirs for _, theirs in pairs)[len(pairs) // 2]
    return [
        Row(SECTION, f"{threads} threads: exchanges", of_threads, "", 1),
        Row(SECTION, f"{tasks:,} tasks: exchanges", max(exchanges), "", 1),
        Row(
            SECTION,
            f"{tasks:,} tasks: longest gap of the event loop ÷ the plain client's",
            gap.median,
            "x",
            GAP_TARGET,
            gap.low,
            gap.high,
            f"the plain client's: {median * 1000:.0f} ms",
        ),
    ]


async def ask_once(client: Any) -> None:
    """A plain call."""
    await client.chat.completions.create(**PLAIN)


async def longest_gap(
    client: Any, tasks: int, ask: Callable[[Any], Awaitable[None]] = ask_once
) -> float:
    """Seconds that the loop was away for at the longest, while the tasks asked."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0)
    async with client:
        await asyncio.gather(*(ask(client) for _ in range(tasks)))
    watcher.cancel()
    return longest
