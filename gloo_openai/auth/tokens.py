"""The life of one access token, and who fetches the next: rules and shared state, no I/O.

A token has two windows. From `refresh_at` one caller has the next token fetched, beside the calls
that go on with this one; from `stale_at`, a little before it expires, callers wait for the next.
Times are seconds on a monotonic clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from .token_endpoint import Failure

REFRESH_AHEAD = 300.0
"""Seconds before expiry from which one caller refreshes: the earliest of Gloo's own samples."""
LEEWAY = 5.0
"""Seconds before expiry from which a token is too old to be sent."""
DEFAULT_LIFETIME = 3600.0
LONGEST_LIFETIME = 86_400.0
BOUND = 65.0
"""Seconds that an exchange takes at the very most, unless the pool is full; after them its leader
counts as lost, and another caller leads beside it."""
PAUSE = 30.0
"""Seconds between two tries to refresh ahead, when the first failed."""
QUICK = 0.25
"""Seconds for which the caller that refreshes ahead waits, if the last exchange took no longer.

What runs on one machine, tests above all, then goes one step after the other."""


@dataclass(frozen=True)
class AccessToken:
    """A bearer and when it ends, in seconds on the cache's clock."""

    value: str = field(repr=False)
    refresh_at: float
    stale_at: float
    expires_at: float
    lifetime: float

    @classmethod
    def issued(cls, answer: Mapping[str, Any], now: float) -> AccessToken:
        """Read the token endpoint's answer (RFC 6749 §5.1); `now` is when it was asked for.

        Both windows are clamped to the lifetime: a fixed one would mean an exchange on every
        request where lifetimes are short.
        """
        life = lifetime(answer)
        return cls(
            value=answer["access_token"],
            refresh_at=now + life - min(REFRESH_AHEAD, 0.4 * life),
            stale_at=now + life - min(LEEWAY, 0.05 * life),
            expires_at=now + life,
            lifetime=life,
        )


def lifetime(answer: Mapping[str, Any]) -> float:
    """Seconds that a token lives: `expires_in`, else the JWT's `exp - iat`, else an hour.

    `exp - iat` and not `exp` alone, so that a wrong local clock does not matter. Values that
    cannot be a lifetime (0, negative, NaN, not a number) count as missing.
    """
    claims = _jwt_claims(answer["access_token"])
    issued, expires = (_number(claims.get(name)) for name in ("iat", "exp"))
    of_jwt = expires - issued if issued is not None and expires is not None else None
    for seconds in (_number(answer.get("expires_in")), of_jwt):
        if seconds is not None and seconds > 0:
            return min(seconds, LONGEST_LIFETIME)
    return DEFAULT_LIFETIME


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _jwt_claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT (RFC 7519 §3), unverified; empty if it is none."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims: object = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return cast("Mapping[str, Any]", claims) if isinstance(claims, dict) else {}


Outcome = AccessToken | Failure | None
"""How an exchange ended; None: its leader was cancelled, somebody else must lead."""


class Flight:
    """One exchange under way; who else needs its outcome waits for it, on any thread or loop."""

    def __init__(self, thread: int | None) -> None:
        self._future: Future[Outcome] = Future()
        self.thread = thread
        """The thread that the exchange needs; None while that is not settled."""
        self._begun = time.monotonic()

    @property
    def needs_this_thread(self) -> bool:
        """Whether it cannot go on while the calling thread blocks."""
        return self.thread == threading.get_ident()

    @property
    def remaining(self) -> float:
        """Seconds after which the leader counts as lost (its event loop was stopped, say)."""
        return BOUND - self.elapsed

    @property
    def elapsed(self) -> float:
        """Seconds since the exchange was begun."""
        return time.monotonic() - self._begun

    def wait(self, patience: float = math.inf) -> Outcome:
        """Block this thread until the exchange ends, or for so many seconds."""
        try:
            return self._future.result(timeout=max(min(patience, self.remaining), 0))
        except (TimeoutError, FutureTimeoutError):  # two classes before Python 3.11
            return None

    def when_done(self, callback: Callable[[], object]) -> None:
        """Call back once, from whichever thread settles the exchange."""
        self._future.add_done_callback(lambda _: callback())

    @property
    def outcome(self) -> Outcome:
        """How it ended; None while it has not."""
        return self._future.result() if self._future.done() else None

    def settle(self, outcome: Outcome) -> None:
        """End the exchange and wake everybody who waits."""
        self._future.set_result(outcome)


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


class TokenCache:
    """The current token and the exchange under way. The lock is held for decisions only."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._token: AccessToken | None = None
        self._flight: Flight | None = None
        self._paused_until = -math.inf
        self._took = math.inf
        self._lock = threading.Lock()
        _caches.add(self)

    def decide(self, *, blocking: bool) -> AccessToken | Decision:
        """What a caller that needs a token does now: use one, wait for one, or fetch one.

        `blocking` says whether waiting would block the calling thread.
        """
        token = self._token
        if token is not None and self._clock() < token.refresh_at:
            return token
        with self._lock:
            token = self._usable()
            flight = self._flight if self._flight and self._flight.remaining > 0 else None
            if token is None:
                if flight and not (blocking and flight.needs_this_thread):
                    return Decision("wait", flight)
                self._flight = Flight(threading.get_ident())
                return Decision("lead", self._flight)
            now = self._clock()
            if flight or now < token.refresh_at or now < self._paused_until:
                return token
            # A caller that would block starts a thread for it.
            self._flight = Flight(None if blocking else threading.get_ident())
            patience = QUICK if self._took <= QUICK else 0.0
            return Decision("refresh", self._flight, patience)

    def settle(self, flight: Flight, outcome: Outcome) -> None:
        """Publish how an exchange ended: the token is kept, the lead is free again."""
        with self._lock:
            if isinstance(outcome, AccessToken):
                self._token = outcome
                self._took = flight.elapsed
            elif self._token is not None:
                self._paused_until = self._clock() + min(PAUSE, 0.05 * self._token.lifetime)
            if self._flight is flight:
                self._flight = None
        flight.settle(outcome)

    def forget(self, used: AccessToken) -> None:
        """Drop exactly the token that was refused; a newer one stays."""
        with self._lock:
            if self._token is used:
                self._token = None

    def clear(self) -> None:
        """Drop whatever token there is."""
        with self._lock:
            self._token = None

    def now(self) -> float:
        """Seconds on the cache's clock."""
        return self._clock()

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token expires; None without one."""
        token = self._token
        return None if token is None else max(0.0, token.expires_at - self._clock())

    def _usable(self) -> AccessToken | None:
        token = self._token
        return token if token is not None and self._clock() < token.stale_at else None

    def reset_after_fork(self) -> None:
        """In a forked child nobody will release the lock or finish the exchange."""
        self._lock = threading.Lock()
        self._flight = None


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _reset_caches() -> None:
    for cache in list(_caches):
        cache.reset_after_fork()


with suppress(AttributeError):  # Windows does not fork
    os.register_at_fork(after_in_child=_reset_caches)
