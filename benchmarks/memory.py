"""Memory that a client holds, and whether it grows with the calls."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

from . import subjects
from .local import Server
from .measure import Row
from .subjects import MODELLESS, PLAIN

SECTION = "Memory"
CALLS = 100_000
CLIENTS = 50
FLAT = 10.0
"""Bytes a call: less than any object takes, so that nothing is kept for each."""


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    count = max(2, round(CLIENTS * size))
    ours = per_client(lambda: subjects.gloo(server.origin), count)
    theirs = per_client(lambda: subjects.static(server.origin), count)
    calls = max(10, round(CALLS * size))
    growth = growth_per_call(server, calls)
    note = f"{ours / 1024:.1f} KiB, OpenAI {theirs / 1024:.1f} KiB"
    return [
        Row(SECTION, "a client ÷ an OpenAI client", ours / theirs, "x", note=note),
        Row(SECTION, f"growth over {calls:,} calls", growth, "bytes a call", FLAT),
    ]


def per_client(make: Callable[[], Any], count: int) -> float:
    """Bytes that a client holds, after the first."""
    make().close()
    gc.collect()
    tracemalloc.start()
    clients = [make() for _ in range(count)]
    for client in clients:
        _ = client.chat.completions
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for client in clients:
        client.close()
    return held / count


def growth_per_call(server: Server, calls: int) -> float:
    """Bytes per call that are still held after so many, plain, streamed and model-less, with a
    token that ends now and then."""
    server.counts(lifetime=20.0)
    with subjects.gloo(server.origin) as client:

        def some(count: int) -> None:
            for index in range(count):
                kind: Any = MODELLESS if index % 2 else PLAIN
                if index % 50:
                    client.chat.completions.create(**kind)
                else:
                    for _ in client.chat.completions.create(stream=True, **kind):
                        pass

        some(min(200, calls))
        gc.collect()
        tracemalloc.start()
        some(min(200, calls))
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        some(calls)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    server.counts(lifetime=3600.0)
    return max(0.0, (after - before) / calls)
