"""The current token, the exchanges under way and what is remembered: shared state, no I/O."""

from __future__ import annotations

import math
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar, cast

from . import tokens
from .clocks import Clocks, Moment, seen_from
from .flights import Decision, Flight, Outcome
from .memory import Memory
from .token_endpoint import Failure
from .tokens import AccessToken

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class State:
    """All that is known at one moment. It is replaced as a whole: nobody sees half of a change."""

    epoch: object
    token: AccessToken | None = None
    proven: bool = False
    """Whether the API has taken this token."""
    took: float = math.inf
    """Seconds that its exchange took."""
    paused_until: float = -math.inf
    """No exchange ahead of time before that."""
    flights: tuple[Flight, ...] = ()
    memory: Memory = field(default_factory=Memory)
    _next: dict[str, State] = field(init=False, repr=False, default_factory=dict[str, "State"])

    def followed_by(self, after: State) -> bool:
        """Whether that is the state after this one; there is one only, and the first to say so
        says which: `dict.setdefault` is atomic."""
        return self._next.setdefault("state", after) is after

    def latest(self) -> State:
        """The last of those that have followed."""
        state = self
        while state._next:
            state = state._next["state"]
        return state

    def usable(self, now: Moment) -> AccessToken | None:
        """The token, unless it is stale by the clock that nobody can set."""
        return self.token if self.token and now.steady < self.token.stale_at else None

    def judged(
        self, way: object, now: Moment, *, blocking: bool, alone: bool
    ) -> tuple[AccessToken | Failure | Decision, State]:
        """What a caller does who needs a token now, and the state after that."""
        token = self.usable(now)
        seen = now.seen_from(token.ahead) if token else math.inf
        if token and seen < token.refresh_at:
            return token, self
        current = replace(self, flights=tuple(each for each in self.flights if each.remaining > 0))
        failure = self.memory.failure(way, now)
        resting = failure is not None or now.steady < self.paused_until
        if token and seen < token.stale_at:
            if current.flights or resting:
                return token, self
            # A caller that would block starts a thread for it.
            thread = None if blocking else threading.get_ident()
            patience = tokens.QUICK if self.took <= tokens.QUICK else 0.0
            return current.begun("refresh", way, thread, patience)
        for flight in current.flights:
            others = alone and flight.way != way
            if not others and not flight.needs_caller(blocking=blocking):
                return Decision("wait", flight), self
        given = token if resting else None  # stale by a clock that may be wrong: better than none
        if given or failure:
            return cast("AccessToken | Failure", given or failure), self
        return current.begun("lead", way, threading.get_ident())

    def begun(
        self,
        action: Literal["lead", "refresh"],
        way: object,
        thread: int | None,
        patience: float = math.inf,
    ) -> tuple[Decision, State]:
        """One more exchange is under way."""
        flight = Flight(way, self.epoch, thread)
        decision = Decision(action, flight, patience)
        return decision, replace(self, flights=(*self.flights, flight))

    def landed(self, flight: Flight, outcome: Outcome, now: Moment) -> State:
        """The state after an exchange has ended."""
        flights = tuple(each for each in self.flights if each is not flight)
        if flight.epoch is not self.epoch:
            return self
        if isinstance(outcome, AccessToken):
            if flight not in self.flights and self.token:
                return self  # its leader was given up, and another has a token since
            return replace(
                self,
                token=outcome,
                proven=False,
                took=flight.elapsed,
                flights=flights,
                memory=self.memory.without_failures(),
            )
        memory, paused_until, token = self.memory, self.paused_until, self.usable(now)
        if token:
            paused_until = now.steady + min(tokens.PAUSE, 0.05 * token.lifetime)
        # Beside a token that works the pause is enough, unless the endpoint named another.
        if outcome and not (token and outcome.retryable and not outcome.retry_after):
            memory = memory.with_failure(outcome, flight.way, now)
        return replace(self, flights=flights, memory=memory, paused_until=paused_until)

    def refused(self, used: AccessToken, path: str, now: Moment) -> tuple[float, State]:
        """Seconds until another token is worth a try, and the state after a 401 for this one.

        Forgotten is exactly the token that was refused: a newer one stays.
        """
        if self.token is not used:
            return 0.0, self
        wait, memory = self.memory.with_refusal(used, path, now, proven=self.proven)
        if wait > 0:
            return wait, replace(self, memory=memory)
        return 0.0, replace(self, token=None, proven=False, memory=memory)

    def accepted(self, used: AccessToken, path: str) -> State:
        """The state after the API has taken this token."""
        if self.token is not used:
            return self
        memory = self.memory.with_acceptance(path)
        unchanged = self.proven and memory is self.memory
        return self if unchanged else replace(self, proven=True, memory=memory)


class TokenCache:
    """Holds the state; what becomes of it is all in `State`, and pure.

    There is no lock, so that none is ever held: a signal handler, or a `__del__`, may come between
    any two lines, and a process may fork there.
    """

    def __init__(
        self, clock: Callable[[], float], wall_clock: Callable[[], float] | None = None
    ) -> None:
        self.clocks = Clocks(clock, wall_clock)
        self._epoch = object()
        self._state = State(self._epoch)
        _caches.add(self)

    def fresh(self) -> AccessToken | None:
        """The token, if there is nothing to decide."""
        state = self._state.latest()
        token = state.token
        if token is not None and state.epoch is self._epoch:
            clocks = self.clocks
            if seen_from(token.ahead, clocks.steady(), clocks.wall()) < token.refresh_at:
                return token
        return None

    def decide(
        self, way: object, *, blocking: bool, alone: bool = False
    ) -> AccessToken | Failure | Decision:
        """What a caller that needs a token does now: use one, wait for one, fetch one, or give up.

        `way` is that to the token endpoint, `blocking` says whether waiting would block the calling
        thread, `alone` that it does not wait for exchanges that go another way.
        """
        return self._change(
            lambda state: state.judged(way, self.clocks.read(), blocking=blocking, alone=alone)
        )

    def settle(self, flight: Flight, outcome: Outcome) -> None:
        """Publish how an exchange ended: the token is kept, the lead is free again."""
        now = self.clocks.read()
        self._change(lambda state: (None, state.landed(flight, outcome, now)))
        flight.settle(outcome)

    def refused(self, used: AccessToken, path: str) -> float:
        """A 401 for this token: seconds until another is worth a try; 0 for at once."""
        now = self.clocks.read()
        return self._change(lambda state: state.refused(used, path, now))

    def accepted(self, used: AccessToken, path: str) -> None:
        """An answer to this token that is no refusal of it."""
        self._change(lambda state: (None, state.accepted(used, path)))

    @property
    def on_trial(self) -> bool:
        """Whether the API has not taken this token yet, or not everywhere."""
        state = self._state.latest()
        return not state.proven or bool(state.memory.refusals)

    def clear(self) -> None:
        """Forget the token and every refusal; an exchange that is under way does not count.

        One assignment and no lock: it may be called from wherever a thread is interrupted.
        """
        self._epoch = object()

    def is_current(self, flight: Flight) -> bool:
        """Whether nothing was cleared since that exchange was begun."""
        return flight.epoch is self._epoch

    @property
    def fallback(self) -> AccessToken | None:
        """A token that is stale by the wall clock only, which may be wrong."""
        return self._current.usable(self.clocks.read())

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token expires; None without one."""
        token = self._current.token
        if token is None:
            return None
        return max(0.0, token.expires_at - self.clocks.read().seen_from(token.ahead))

    @property
    def _current(self) -> State:
        state, epoch = self._state.latest(), self._epoch
        return state if state.epoch is epoch else State(epoch)

    def _change(self, rule: Callable[[State], tuple[T, State]]) -> T:
        """Replace the state by what a pure rule makes of it, again if somebody was faster."""
        while True:
            held, epoch = self._state.latest(), self._epoch
            before = held if held.epoch is epoch else State(epoch)
            result, after = rule(before)
            if after is before:
                return result
            if held.followed_by(after):
                self._state = after
                return result

    def reset_after_fork(self) -> None:
        """In a forked child nobody will finish the exchange."""
        self._state = replace(self._state.latest(), flights=())


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _reset_caches() -> None:
    for cache in list(_caches):
        cache.reset_after_fork()


with suppress(AttributeError):  # Windows does not fork
    os.register_at_fork(after_in_child=_reset_caches)
