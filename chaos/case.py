"""One fault and what should come of it, as a row of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from gloo_openai.testing import LocalGloo
from tests.traps import Clock, trap

ANSWER = "answer"
WORLDS = ("sync", "asyncio", "trio")
WAYS = ("plain", "stream")


@dataclass
class Scene:
    """What a fault can be made of: a server, another one, two clocks, the client's options."""

    gloo: LocalGloo
    elsewhere: LocalGloo
    stack: ExitStack
    clock: Clock = field(default_factory=Clock)
    wall: Clock = field(default_factory=lambda: Clock(1.8e9))
    options: dict[str, Any] = field(default_factory=dict)

    def trap(self, *pieces: bytes, pause: float = 0.2) -> str:
        """The origin of a server that writes these, slowly, and never ends."""
        return self.stack.enter_context(trap(*pieces, pause=pause)).origin


Prepare = Callable[[Scene], object]


@dataclass(frozen=True)
class Case:
    """One fault, for every world and both ways of asking unless it says otherwise."""

    name: str
    fault: Prepare
    outcome: str | Mapping[str, str] = ANSWER
    """The class of the exception, or `answer`; may differ by way of asking."""
    exchanges: int | tuple[int, int] = 1
    """How many there should be in all; at least and at most, where timing has a say."""
    bound: float = 8.0
    """Seconds, on a busy machine, within which it is over."""
    calls: int = 1
    """One after the other; all have the same outcome."""
    together: int = 1
    """At once."""
    warm: bool = False
    """Whether an answered call comes before the fault."""
    requests: int | None = None
    """Completions that reach the server, if that is part of the promise."""
    ways: tuple[str, ...] = WAYS
    by_key: bool = False
    """Whether it is the SDK's own client that asks, with `api_key=auth.token`."""

    def expected(self, way: str) -> str:
        """The outcome for one way of asking."""
        return self.outcome if isinstance(self.outcome, str) else self.outcome[way]

    def exchanges_allowed(self) -> tuple[int, int]:
        """At least, at most."""
        both = self.exchanges
        return both if isinstance(both, tuple) else (both, both)


@dataclass(frozen=True)
class Result:
    """How one case ended in one world and way."""

    group: str
    name: str
    world: str
    way: str
    expected: str
    outcome: str
    seconds: float
    bound: float
    exchanges: int
    problems: tuple[str, ...] = ()
    """Why it does not hold; empty if it does."""

    @property
    def holds(self) -> bool:
        """Whether everything was as expected."""
        return not self.problems
