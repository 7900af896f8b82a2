"""What can be wrong with the token endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.traps import TOKEN, TRICKLES, bomb, closed_port, coded

from .case import Case, Prepare, Scene

REJECTED = "InvalidCredentialsError"
NONE = "TokenExchangeError"
PATIENT = 45.0
"""Three tries of ten seconds each, and the waits between them."""

MANY = 30.0
"""Seconds for many calls, one after the other, on a busy machine."""


def token(times: int | None = None, **fault: Any) -> Prepare:
    """A fault of the token endpoint: always, or so many times."""
    return lambda scene: scene.gloo.fault(TOKEN, times=times, **fault)


def answers(**fields: Any) -> Prepare:
    """A token endpoint that answers with a good token and these fields."""

    def prepare(scene: Scene) -> None:
        body = {"access_token": scene.gloo.issue_token(3600), "token_type": "Bearer", **fields}
        token(status=200, body=body)(scene)

    return prepare


def at(origin: Callable[[Scene], str]) -> Prepare:
    """A token endpoint on another host."""

    def prepare(scene: Scene) -> None:
        scene.options["token_url"] = f"{origin(scene)}{TOKEN}"

    return prepare


def trickling(kind: str) -> Prepare:
    """A token endpoint whose answer never ends."""
    return at(lambda scene: scene.trap(*TRICKLES[kind]))


def packed(*codings: str) -> Prepare:
    """A token endpoint whose answer is 64 MiB of nothing, packed."""

    def prepare(scene: Scene) -> None:
        token(status=200, body=bomb(*codings), headers=coded(*codings))(scene)

    return prepare


def silent_tls(scene: Scene) -> str:
    """Accepted, and no word of a handshake."""
    return scene.trap().replace("http:", "https:")


def redirect(scene: Scene) -> None:
    """To another server, which must see nothing."""
    token(status=307, headers={"Location": f"{scene.elsewhere.origin}{TOKEN}"})(scene)


def down_after(seconds: float) -> Prepare:
    """A token endpoint that is down so long after the token was issued."""

    def prepare(scene: Scene) -> None:
        scene.clock.forward(seconds)
        token(status=503)(scene)

    return prepare


SOON = {"Retry-After": "1"}
NOW = {"Retry-After": "0"}
LATE = {"Retry-After": "3600"}
CASES = [
    Case("refused", at(lambda _scene: closed_port()), NONE, 0),
    Case("black hole", at(lambda scene: scene.trap()), NONE, 0, PATIENT),
    Case("TLS that is never answered", at(silent_tls), NONE, 0, PATIENT, ways=("plain",)),
    *(
        Case(f"{kind} that never end", trickling(kind), NONE, 0, PATIENT, ways=("plain",))
        for kind in TRICKLES
    ),
    *(
        Case(f"a bomb, {' in '.join(codings)}", packed(*codings), NONE)
        for codings in (("gzip",), ("deflate",), ("gzip", "gzip"), ("gzip", "deflate", "gzip"))
    ),
    Case("slow, 2 s", token(delay=2.0)),
    *(Case(f"{status}", token(status=status), REJECTED) for status in (400, 401, 403)),
    *(
        case
        for status in (408, 429, 500, 503)
        for case in (
            Case(f"{status} once", token(1, status=status), exchanges=2),
            Case(f"{status} always", token(status=status), NONE, 3),
        )
    ),
    Case("429 once, Retry-After: 1", token(1, status=429, headers=SOON), exchanges=2),
    Case("429 always, Retry-After: 1", token(status=429, headers=SOON), NONE, 3),
    Case(
        "429, Retry-After: 3600, 50 calls", token(status=429, headers=LATE), NONE, 1, MANY, calls=50
    ),
    *(
        Case(f"429, Retry-After: {value}", token(status=429, headers={"Retry-After": value}), NONE)
        for value in ("1e9", "inf", "Fri, 31 Dec 9999 23:59:59 GMT")
    ),
    Case("401, 20 calls", token(status=401), REJECTED, (1, 5), MANY, calls=20),
    Case("503, 20 calls", token(status=503, headers=NOW), NONE, (3, 15), MANY, calls=20),
    Case("404", token(status=404), NONE),
    Case("HTML", token(status=200, body="<html>Welcome to the hotel's network</html>"), NONE),
    Case("empty", token(status=200), NONE),
    Case("truncated once", token(1, drop_after=20), exchanges=2),
    Case("truncated always", token(drop_after=20), NONE, 3),
    Case("reset once", token(1, drop="before"), exchanges=2),
    Case("reset always", token(drop="before"), NONE, 3),
    *(
        Case(f"access_token: {value!r}", token(status=200, body={"access_token": value}), NONE)
        for value in (None, 7, True, ["token"], {"token": 1}, "", "two\nlines")
    ),
    Case("a list", token(status=200, body=["token"]), NONE),
    Case("no expires_in", answers(), calls=2),
    *(
        Case(f"expires_in: {value!r}", answers(expires_in=value), calls=2)
        for value in (0, -60, 1e18, "3600", float("nan"), float("inf"), None, True, [3600], "soon")
    ),
    Case("a redirect to elsewhere", redirect, NONE),
    Case(
        "a token that the API refuses",
        token(status=200, body={"access_token": "refused-by-the-api", "expires_in": 3600}),
        "AuthenticationError",
        2,
        requests=2,
    ),
    Case(
        "down when a token is refreshed ahead",
        down_after(3400),
        warm=True,
        calls=3,
        exchanges=2,
    ),
    Case(
        "down when a token has ended",
        down_after(3700),
        NONE,
        warm=True,
        exchanges=4,
    ),
]
