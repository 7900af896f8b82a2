"""What can be wrong with the API itself, and with the clock."""

from __future__ import annotations

import json
from typing import Any

from tests.traps import COMPLETIONS, TOKEN, bomb, coded

from .case import ANSWER, Case, Prepare, Scene

JSON, EVENTS = "application/json", "text/event-stream"
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
    """The clock jumps, as if that much time had passed."""

    def prepare(scene: Scene) -> None:
        scene.clock.forward(seconds)
        scene.wall.forward(seconds)

    return prepare


def asleep(seconds: float) -> Prepare:
    """A suspend: the monotonic clock has stood still, and the tokens have ended."""

    def prepare(scene: Scene) -> None:
        scene.wall.forward(seconds)
        if seconds > 0:
            expired(scene)

    return prepare


def set_wrongly(seconds: float) -> Prepare:
    """The wall clock is set, and nothing has passed."""
    return lambda scene: scene.wall.forward(seconds)


def answered(body: str | bytes | dict[str, Any], kind: str = JSON, times: int | None = None) -> Any:
    """An answer of HTTP 200 with this body."""
    return api(times, status=200, body=body, headers={"Content-Type": kind})


def packed(*codings: str) -> Prepare:
    """An error whose body is 64 MiB of nothing, packed."""

    def prepare(scene: Scene) -> None:
        api(status=500, body=bomb(*codings), headers=coded(*codings))(scene)

    return prepare


def refused_and(fault: Prepare) -> Prepare:
    """Refused tokens, and that."""

    def prepare(scene: Scene) -> None:
        expired(scene)
        fault(scene)

    return prepare


def frame(*, end: str = "\n\n", first: str = "", between: str = "", last: bool = True) -> str:
    """An answer as a stream of events, with whatever stands around them."""
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": "Grüße"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "model": "gloo-m"},
    ]
    events = [f"data: {json.dumps({'id': 'a', **chunk})}{end}" for chunk in chunks]
    text = first + between.join(events)
    return text if last else text.removesuffix(end)


FRAMES = {
    "a byte order mark": frame(first="\ufeff"),
    "CRLF": frame(end="\r\n\r\n"),
    "CR": frame(end="\r\r"),
    "no last line end": frame(last=False),
    "a comment first": frame(first=": hello\n\n"),
    "pings between": frame(between="event: ping\ndata: {}\n\n"),
    "no [DONE]": frame(),
    "a mark, CRLF and no last line end": frame(first="\ufeff", end="\r\n\r\n", last=False),
}
TOO_LONG = {"code": 1001, "name": "INVALID_REQUEST", "message": "It is too long"}
FAILED = {"index": 0, "finish_reason": "error", "message": {"role": "assistant", "content": "He"}}
SILENT = {"index": 0, "finish_reason": None, "message": {"role": "assistant", "content": ""}}
WHOLE = {
    "id": "a",
    "choices": [{**FAILED, "finish_reason": "stop"}],
}
DEEP = "[" * 100_000
HALF = {"plain": "APIResponseValidationError", "stream": "StreamCutOffError"}
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
    Case("a suspend of a night", asleep(30_000), warm=True, exchanges=2, requests=2),
    Case("a suspend, and a callable key", asleep(30_000), warm=True, exchanges=2, by_key=True),
    Case("the wall clock is set a year ahead", set_wrongly(3e7), warm=True, exchanges=2),
    Case("the wall clock is set a year back", set_wrongly(-3e7), warm=True, exchanges=1),
    Case("401 always, 20 calls", api(status=401), "AuthenticationError", (2, 6), 30.0, calls=20),
    Case(
        "401, and the token endpoint is down",
        refused_and(lambda scene: scene.gloo.fault(TOKEN, status=503, times=None)),
        "TokenExchangeError",
        warm=True,
        exchanges=4,
    ),
    *(
        Case(f"200 with {what}", answered(body), error, requests=1)
        for what, body, error in (
            ("an error", {"error": TOO_LONG}, "BadRequestError"),
            ("an error beside no choices", {"error": TOO_LONG, "choices": []}, "BadRequestError"),
            (
                "an error in a choice",
                {"choices": [{**SILENT, "error": TOO_LONG}]},
                "BadRequestError",
            ),
            ("a detail", {"detail": {"code": 1001, "message": "no"}}, "BadRequestError"),
        )
    ),
    Case("200 with finish_reason error", answered({"choices": [FAILED]}), "InternalServerError"),
    Case(
        "200 with a rate limit, once",
        answered({"error": "Slow down", "code": "too_many_requests"}, times=1),
        {"plain": ANSWER, "stream": "RateLimitError"},
    ),
    Case("200 with half a JSON, once", answered('{"id": "ge', times=1), HALF | {"plain": ANSWER}),
    Case("200 with half a JSON, always", answered('{"id": "ge'), HALF),
    Case("200 with 100,000 brackets", answered(DEEP), HALF),
    Case(
        "an event of 100,000 brackets",
        answered(f"data: {DEEP}\n\n", EVENTS),
        "APIResponseValidationError",
    ),
    Case("one JSON, whatever was asked for", answered(WHOLE), requests=1),
    *(
        Case(f"a stream with {name}", answered(body, EVENTS), requests=1)
        for name, body in FRAMES.items()
    ),
    Case("a stream that is called JSON", answered(frame()), requests=1),
    *(
        Case(f"500 and a bomb, {' in '.join(codings)}", packed(*codings), "InternalServerError")
        for codings in (("gzip",), ("deflate",), ("gzip", "gzip"))
    ),
]
