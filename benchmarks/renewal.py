"""Under steady load while tokens end every few seconds and exchanges are slow.

The adapter and a static key are under the same load at the same time, each in a process of its
own: the slowest requests are those that the machine held up, and it then holds up both.
`python -m benchmarks.renewal gloo http://127.0.0.1:PORT 0 60` is one of them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

from . import subjects
from .local import ROOT, Server
from .measure import Row, Spread, percentile
from .subjects import PLAIN

RATE = 200
"""Requests a second."""
TURN = 60
"""Seconds whose requests make one figure."""
SECONDS = 600
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
    running: dict[str, subprocess.Popen[str]] = {}
    for index, name in enumerate(CLIENTS):
        offset = index / len(CLIENTS) / RATE  # between each other's requests, not at the same time
        code = ["-m", "benchmarks.renewal", name, origin, str(offset), str(seconds)]
        running[name] = subprocess.Popen(
            [sys.executable, *code],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    for process in running.values():
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    start = time.time() + 0.1
    answers = {}
    for process in running.values():
        assert process.stdin is not None
        process.stdin.write(f"{start}\n")
        process.stdin.flush()
    for name, process in running.items():
        answers[name] = json.loads(process.communicate()[0])
    taken = {name: answer["latencies"] for name, answer in answers.items()}
    return taken, answers["gloo"]["failures"]


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


async def main(name: str, origin: str, offset: float, seconds: int) -> None:
    """One client's load, from the moment that standard input names; its latencies as JSON."""
    async with CLIENTS[name](origin) as client:
        for _ in range(10):  # the cold start is measured elsewhere; so are connections
            await asyncio.gather(*(client.chat.completions.create(**PLAIN) for _ in range(10)))
        gc.collect()
        gc.freeze()  # else collecting what was imported so far is the longest wait of all
        print("ready", flush=True)
        start = float(sys.stdin.readline())
        latencies, failures = await steadily(client, start + offset, seconds)
    print(json.dumps({"latencies": latencies, "failures": failures}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
