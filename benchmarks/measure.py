"""Figures that hold on a busy machine: taken in turns, as ratios, with their spread."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context

WARM_UP = 3
"""Rounds that are not counted: the first of a process cost up to twice as much as the others."""

PROCESSES = 10
"""That share a figure in a full run."""

Taken = dict[str, list[float]]
"""Seconds of CPU per call, round by round, of each of those that are compared."""

Block = Callable[[int], object]
"""Makes that many calls, one after the other or at once."""


@dataclass(frozen=True)
class Row:
    """One figure: what it is, what it should be, and what was measured."""

    section: str
    name: str
    value: float
    unit: str = "x"
    """`x` for a ratio, nothing for a count of what the name says."""
    target: float | None = None
    """The most it should be; None for what is only there to compare with."""
    low: float | None = None
    high: float | None = None
    """The quartiles of what was measured."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it is no more than it should be."""
        return None if self.target is None else round(self.value, 3) <= self.target


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Of at least one value."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)


def interleaved(
    blocks: Mapping[str, Block],
    *,
    rounds: int,
    calls: int,
    clock: Callable[[], float] = time.process_time,
) -> Taken:
    """Seconds of CPU per call of each block, round by round, in another order each time.

    Blocks are short and take turns: whatever slows the machine down for a while slows all of them
    down, and none always comes after the same other.
    """
    for block in blocks.values():
        block(calls)  # connections, tokens
    names = list(blocks)
    taken: Taken = {name: [] for name in names}
    gc.collect()
    gc.freeze()  # what is there by now is nobody's garbage
    for _ in range(WARM_UP + rounds):
        random.shuffle(names)
        for name in names:
            begun = clock()
            blocks[name](calls)
            taken[name].append((clock() - begun) / calls)
    gc.unfreeze()
    return {name: seconds[WARM_UP:] for name, seconds in taken.items()}


def in_processes(
    processes: int, measure: Callable[[str, int], Taken], origin: str, rounds: int
) -> Taken:
    """The rounds of several new processes, one after the other.

    Where a process has its memory and how it hashes moves a ratio by half a percent.
    """
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        parts = pool.starmap(measure, [(origin, rounds)] * processes, chunksize=1)
    return {name: [each for part in parts for each in part[name]] for name in parts[0]}


def ratio(taken: Mapping[str, list[float]], name: str, base: str) -> Spread:
    """How much more one takes than another: the spread of the rounds' ratios."""
    return Spread.of([a / b for a, b in zip(taken[name], taken[base], strict=True)])


def percentile(values: list[float], percent: float) -> float:
    """The value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
