"""What is remembered of refusals, so that they don't cost an exchange per call: rules, no state.

Remembered are exchanges that failed, and a bearer that was refused with 401 though it was new. Each
time that the next try fails as well, the pause before the one after it doubles.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from .clocks import Moment
from .token_endpoint import Failure
from .tokens import AccessToken

FIRST_PAUSE = 1.0
"""Seconds after the first failure: a short blip locks nobody out for long."""
LONGEST_PAUSE = 30.0
LONGEST_RETRY_AFTER = 3600.0
"""Seconds for which the token endpoint's own `Retry-After` is respected, at the most."""
FORGOTTEN_AFTER = 300.0
"""Seconds after its pause from which a failure counts as the first again."""
MOST = 32
"""Rows of each kind: who calls a thousand paths, or makes a thousand clients, fills no memory."""

ENDPOINT = "the token endpoint"
OWN_CLIENT = "a client that is opened for the exchange"
ANYWHERE = "*"

V = TypeVar("V")


def way_of(client: Any) -> object:
    """Which way to the token endpoint a client is, as a key that does not keep it alive."""
    return OWN_CLIENT if client is None else weakref.ref(client)


@dataclass(frozen=True)
class Pause:
    """Until when something is not tried again, and how often in a row it has failed."""

    count: int
    until: float
    ahead: float

    @classmethod
    def after(cls, last: Pause | None, now: Moment, asked: float = 0.0) -> Pause:
        """The pause after one more failure; `asked` is the least that the endpoint asked for."""
        count = last.count + 1 if last and last.left(now) > -FORGOTTEN_AFTER else 1
        seconds = min(FIRST_PAUSE * 2.0 ** min(count - 1, 10), LONGEST_PAUSE)
        seconds = min(max(seconds, asked), LONGEST_RETRY_AFTER)
        return cls(count, now.steady + seconds, now.ahead)

    def left(self, now: Moment) -> float:
        """Seconds that are left of it; negative when it is over."""
        return self.until - now.seen_from(self.ahead)


@dataclass(frozen=True)
class FailedExchange:
    """An exchange that failed, and when another is worth a try."""

    failure: Failure
    pause: Pause


@dataclass(frozen=True)
class RefusedBearer:
    """A bearer that the API refused though it was new, and when to try another."""

    token: AccessToken | None
    """None: an older one was refused, and the next is on trial."""
    pause: Pause


@dataclass(frozen=True)
class Memory:
    """All that is remembered; each change makes another."""

    failures: Mapping[object, FailedExchange] = field(default_factory=dict[object, FailedExchange])
    """By whose they are: the token endpoint's own word, or that of one way to it."""
    refusals: Mapping[str, RefusedBearer] = field(default_factory=dict[str, RefusedBearer])
    """By path, since what is not allowed on one path may be on another."""

    def failure(self, way: object, now: Moment) -> Failure | None:
        """Why it is too early for an exchange over this way, or None."""
        known = (self.failures.get(key) for key in (ENDPOINT, way))
        waiting = [each for each in known if each and each.pause.left(now) > 0]
        if not waiting:
            return None
        longest = max(waiting, key=lambda each: each.pause.until)
        return _remembered(longest.failure, longest.pause.left(now), now)

    def with_failure(self, failure: Failure, way: object, now: Moment) -> Memory:
        """One more exchange has failed. What other ways say is not their word."""
        if failure.passing:
            return self
        key = ENDPOINT if failure.of_endpoint else way
        last = self.failures.get(key)
        asked = 0.0 if failure.rejected else failure.retry_after or 0.0
        pause = Pause.after(last.pause if last else None, now, asked)
        return replace(self, failures=_newest(self.failures, {key: FailedExchange(failure, pause)}))

    def without_failures(self) -> Memory:
        """An exchange has worked."""
        return replace(self, failures={}) if self.failures else self

    def with_refusal(
        self, used: AccessToken, path: str, now: Moment, *, proven: bool
    ) -> tuple[float, Memory]:
        """A 401 for the current token: seconds until another is worth an exchange; 0 for now.

        The first costs an exchange, however young the token was. If the new one is refused as
        well, that is remembered; and also for other paths, unless one of them has accepted it.
        """
        paths = (path,) if proven else (path, ANYWHERE)
        known = [
            self.refusals[each]
            for each in paths
            if each in self.refusals and self.refusals[each].pause.left(now) > -FORGOTTEN_AFTER
        ]
        last = max(known, key=lambda each: each.pause.until, default=None)
        if last is None:
            row = RefusedBearer(None, Pause(0, now.steady, now.ahead))
        elif last.pause.left(now) > 0:
            return last.pause.left(now), self
        elif last.token is used:
            return 0.0, self
        else:
            row = RefusedBearer(used, Pause.after(last.pause, now))
        rows = _newest(self.refusals, dict.fromkeys(paths, row))
        return row.pause.left(now), replace(self, refusals=rows)

    def with_acceptance(self, path: str) -> Memory:
        """The current token was good there."""
        left = {key: row for key, row in self.refusals.items() if key not in (path, ANYWHERE)}
        return self if len(left) == len(self.refusals) else replace(self, refusals=left)


def when(seconds: float, now: Moment) -> str:
    """`12 s from now, at 21:05:10 UTC`: for the text of an error."""
    try:
        at = datetime.fromtimestamp(now.wall, timezone.utc) + timedelta(seconds=seconds)
    except (ValueError, OverflowError, OSError):  # the wall clock shows no time that there is
        return f"in {seconds:.0f} s"
    return f"in {max(seconds, 1):.0f} s, at {at:%H:%M:%S} UTC"


def _remembered(failure: Failure, left: float, now: Moment) -> Failure:
    return replace(
        failure,
        message=(
            f"{failure.message}\nThis answer is a remembered one, nothing was sent: the token "
            f"endpoint is asked again {when(left, now)}. auth.invalidate() has it asked at once."
        ),
        retry_after=left,
    )


def _newest(rows: Mapping[Any, V], added: Mapping[Any, V]) -> dict[Any, V]:
    kept = [(key, row) for key, row in rows.items() if key not in added]
    return dict([*kept, *added.items()][-MOST:])
