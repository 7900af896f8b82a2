"""Faults to inject: another answer, none, a late one, a slow one, half of one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Body = str | bytes | dict[str, Any] | list[Any]


@dataclass(eq=False)
class Fault:
    """One fault, as `LocalGloo.fault` describes it; `hits` counts the requests it met."""

    path: str
    status: int | None = None
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    hold: threading.Event | None = None
    drop: Literal["before"] | None = None
    drop_after: int | None = None
    drip: float | None = None
    drip_bytes: int = 64
    times: int | None = 1
    hits: int = 0
    _met: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def __post_init__(self) -> None:
        if self.status is None and (self.body or self.headers):
            raise ValueError("a fault with a body or headers needs a status")
        if self.drop not in {None, "before"}:
            raise ValueError("drop is 'before' or None; drop_after cuts within the body")

    def matches(self, path: str) -> bool:
        """Whether it applies to this path: the same, a suffix of it, or `*` for any."""
        return self.path == "*" or path.endswith(self.path)

    def take(self) -> bool:
        """Count one request; False when this fault has met all of its `times`."""
        with self._met:
            if self.times is not None and self.hits >= self.times:
                return False
            self.hits += 1
            self._met.notify_all()
            return True

    def wait(self, hits: int = 1, timeout: float = 5.0) -> bool:
        """Wait until it has met that many requests, at most `timeout` seconds; False if not."""
        with self._met:
            return self._met.wait_for(lambda: self.hits >= hits, timeout)

    def spoil(self, pieces: Iterable[bytes], stopping: threading.Event) -> Iterator[bytes]:
        """The pieces of a response body, dripped and cut short as this fault says."""
        if self.drip is not None:
            pieces = _dripped(pieces, self.drip, self.drip_bytes, stopping)
        return iter(pieces) if self.drop_after is None else _cut(pieces, self.drop_after)


class Faults:
    """The faults that are still to come. Safe to use from many threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault behind the others."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()

    def next_for(self, path: str) -> Fault | None:
        """The fault that a request to this path meets, if any: the oldest that is not used up."""
        with self._lock:
            matching = [fault for fault in self._faults if fault.matches(path)]
        return next((fault for fault in matching if fault.take()), None)


def pause(seconds: float, stopping: threading.Event) -> None:
    """Wait, unless the server stops meanwhile: then the connection is cut."""
    if stopping.wait(seconds):
        raise ConnectionAbortedError("the local Gloo stopped")


def wait_for(hold: threading.Event, stopping: threading.Event) -> None:
    """Wait until the test lets go, unless the server stops meanwhile."""
    while not hold.wait(0.01):
        pause(0, stopping)


def _dripped(
    pieces: Iterable[bytes], seconds: float, size: int, stopping: threading.Event
) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]
            pause(seconds, stopping)


def _cut(pieces: Iterable[bytes], left: int) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) >= left:
            yield piece[:left]
            break
        yield piece
        left -= len(piece)
    # What ends here is the connection, not only the body.
    raise ConnectionAbortedError("cut by a fault")
