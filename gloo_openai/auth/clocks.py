"""Two clocks: one that nobody can set, and one that goes on while the machine sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

SLACK = 30.0
"""Seconds by which the two may come apart: clocks are slewed, and corrected by a little."""


def seen_from(ahead: float, steady: float, wall: float) -> float:
    """The time on the steady clock, had that not stood still since the wall clock was so far ahead.

    A wall clock that was set back changes nothing.
    """
    late = wall - ahead
    return late if late - steady > SLACK else steady


class Moment(NamedTuple):
    """A point in time on both clocks, in seconds."""

    steady: float
    wall: float

    @property
    def ahead(self) -> float:
        """By how much the wall clock is ahead of the steady one."""
        return self.wall - self.steady

    def seen_from(self, ahead: float) -> float:
        """The time on the steady clock, had that not stood still since then."""
        return seen_from(ahead, self.steady, self.wall)


class Clocks:
    """Reads both. A monotonic clock may stand still in a suspend; the wall clock may be set."""

    def __init__(
        self, steady: Callable[[], float], wall: Callable[[], float] | None = None
    ) -> None:
        self.steady = steady
        self.wall = wall or _unix_time

    def read(self) -> Moment:
        """Now, on both."""
        return Moment(self.steady(), self.wall())


def _unix_time() -> float:
    return time.time()
