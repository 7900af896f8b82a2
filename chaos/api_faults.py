"""What can be wrong with the API itself, and with the clock."""

from __future__ import annotations

from typing import Any

from tests.traps import COMPLETIONS

from .case import Case, Prepare, Scene

CUT = {"plain": "APIConnectionError", "stream": "StreamCutOffError"}
TRIES = 3
"""One and the SDK's two retries."""


def api(times: int | None = None, **fault: Any) -> Prepare:
    """A fault of chat completions: always, or so many times."""
    return lambda scene: scene.gloo.fault(COMPLETIONS, times=times, **fault)


def expired(scene: Scene) -> None:
    """Every token issued so far is refused from now on."""
    scene.gloo.expire_tokens()


def straggling(scene: Scene) -> None:
    """Refused tokens, of which the API tells one request after the other."""
    expired(scene)
    for late in range(40):
        scene.gloo.fault(COMPLETIONS, delay=0.3 + 0.01 * late)


def passed(seconds: float) -> Prepare:
    """The clock jumps."""
    return lambda scene: scene.clock.forward(seconds)


SOON = {"Retry-After": "1"}
CASES = [
    Case("401 once", expired, warm=True, exchanges=2, requests=3),
    Case("401 always", api(status=401), "AuthenticationError", 2, requests=2),
    Case("401 to a burst of 100", expired, warm=True, together=100, exchanges=2, bound=40.0),
    Case("401 to 40 stragglers", straggling, warm=True, together=40, exchanges=2, bound=30.0),
    Case("reset before the answer, once", api(1, drop="before"), requests=2),
    Case(
        "reset before the answer, always", api(drop="before"), "APIConnectionError", requests=TRIES
    ),
    Case("reset in the middle of the body", api(drop_after=150), CUT),
    Case("reset after the body", api(drop_after=1 << 20)),
    *(
        case
        for status, error in (
            (500, "InternalServerError"),
            (503, "InternalServerError"),
            (504, "InternalServerError"),
            (429, "RateLimitError"),
        )
        for case in (
            Case(f"{status} once", api(1, status=status), requests=2),
            Case(f"{status} always", api(status=status), error, requests=TRIES),
        )
    ),
    Case("429 once, Retry-After: 1", api(1, status=429, headers=SOON), requests=2),
    Case("slow, 2 s", api(delay=2.0)),
    Case(
        "HTML",
        api(status=200, body="<html>Sign in</html>"),
        {
            "plain": "APIResponseValidationError",
            "stream": "StreamCutOffError",
        },
    ),
    Case("the clock jumps an hour ahead", passed(3601), warm=True, exchanges=2),
    Case("the clock jumps an hour back", passed(-3600), warm=True, exchanges=1),
    Case("the clock jumps a year ahead", passed(3e7), warm=True, exchanges=2),
]
