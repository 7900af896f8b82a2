"""An exchange under way, for those who wait for its outcome on any thread or event loop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from .token_endpoint import Failure
from .tokens import AccessToken

BOUND = 30.0
"""Seconds that an exchange takes at the very most, unless the pool is full; after them its leader
counts as lost, and another caller leads beside it."""
IDLE_BOUND = 2.0
"""Seconds after which a leader counts as lost that has not begun, or has ended and told nobody."""

Outcome = AccessToken | Failure | None
"""How an exchange ended; None: its leader was cancelled, somebody else must lead."""


class Flight:
    """One exchange under way; who else needs its outcome waits for it, on any thread or loop.

    `way` says over which client it goes, `epoch` what it is good for: see `TokenCache.clear`.
    """

    def __init__(self, way: object, epoch: object, thread: int | None) -> None:
        self._future: Future[Outcome] = Future()
        self.way = way
        self.epoch = epoch
        self._thread = thread
        self._decided = time.monotonic()
        self._overdue_at = self._decided + IDLE_BOUND

    @contextmanager
    def led(self) -> Generator[None]:
        """The exchange is being made: by this thread, or in this task."""
        reset = _led_here.set(self)
        try:
            self._thread = threading.get_ident()
            self._overdue_at = time.monotonic() + BOUND
            yield
        finally:
            self._overdue_at = time.monotonic() + IDLE_BOUND
            _led_here.reset(reset)

    def needs_caller(self, *, blocking: bool) -> bool:
        """Whether it cannot go on while its caller waits: a hook asks from within the exchange, or
        the thread that would block is the one that makes it."""
        return _led_here.get() is self or (blocking and self._thread == threading.get_ident())

    @property
    def remaining(self) -> float:
        """Seconds after which the leader counts as lost (its event loop was stopped, say)."""
        return self._overdue_at - time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the exchange was decided on."""
        return time.monotonic() - self._decided

    def wait(self, patience: float = math.inf) -> Outcome:
        """Block this thread until the exchange ends, or until it is time to look again."""
        try:
            return self._future.result(timeout=self.patience(patience))
        except (TimeoutError, FutureTimeoutError):  # two classes before Python 3.11
            return None

    def patience(self, most: float) -> float:
        """Seconds to wait before looking again: its leader may be lost at any time."""
        return max(min(most, self.remaining, IDLE_BOUND), 0)

    def when_done(self, callback: Callable[[], object]) -> None:
        """Call back once, from whichever thread settles the exchange."""
        self._future.add_done_callback(lambda _: callback())

    @property
    def outcome(self) -> Outcome:
        """How it ended; None while it has not."""
        return self._future.result() if self._future.done() else None

    def settle(self, outcome: Outcome) -> None:
        """End the exchange and wake everybody who waits."""
        with suppress(InvalidStateError):  # interrupted when it had just been settled
            self._future.set_result(outcome)


_led_here: ContextVar[Flight | None] = ContextVar("gloo_openai_flight", default=None)


@dataclass(frozen=True)
class Decision:
    """What a caller for whom there is no fresh token does.

    `wait`: somebody else's exchange is under way. `lead`: this caller makes it. `refresh`: the old
    token still works, this caller has the next one fetched, and decides again.
    """

    action: Literal["wait", "lead", "refresh"]
    flight: Flight
    patience: float = math.inf
    """Seconds to wait for the exchange."""
