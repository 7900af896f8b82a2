"""The health checks of Gloo's quickstart, and those of V2: each is one function.

A check returns what it found. It raises `SkippedError` where it does not apply, and anything else
where it fails.
"""

from __future__ import annotations

import base64
import email.utils
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import openai

from .. import GlooOpenAI, RoutingError
from ..auth import origin
from ..http_libraries import SDK_LIBRARY, TIMEOUTS
from ..resources import CATALOGUE_PATH
from .explain import explain, next_step
from .patience import within

Verdict = Literal["pass", "fail", "skip"]
CLOCK_TOLERANCE = 60.0
"""Seconds; RFC 7519 §4.1.4 speaks of a few minutes at most, and NTP keeps milliseconds."""
LONGEST_ANSWER = 1024
"""Tokens: with fewer a reasoning model may have none left for the answer (protocol §6)."""


QUICK = 15.0
"""Seconds for what a server has at hand: its clock, its catalogue."""
SILENCE = "the server does not answer"
CLAIMS = ("iss", "client_id", "scope", "token_use")
"""What a token says that is worth a look; none of it is secret (protocol §2)."""


class SkippedError(Exception):
    """Why a check does not apply here, and what to do if it should."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.next_step = next_step


class FailedError(Exception):
    """What is wrong though Gloo answered, and what to do next."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    name: str
    verdict: Verdict
    detail: str
    next_step: str = ""
    seconds: float | None = None
    timed_out: bool = False
    left_out: bool = False
    """Whether it was not tried at all."""


@dataclass(frozen=True)
class Subject:
    """What is checked."""

    client: GlooOpenAI
    publisher: str | None = None
    timeout: float = 60.0
    """Seconds for each check."""

    @property
    def quick(self) -> float:
        """Seconds for what a server has at hand."""
        return min(self.timeout, QUICK)

    def ask(self, prompt: str, **parameters: Any) -> Any:
        """One small completion."""
        create: Any = self.client.chat.completions.create  # which overload, only the caller knows
        parameters.setdefault("max_tokens", LONGEST_ANSWER)
        return create(messages=[{"role": "user", "content": prompt}], **parameters)


def clock(subject: Subject) -> str:
    """The local clock against the `Date` of an answer (RFC 9110 §6.6.1)."""
    asked = time.time()
    url = origin(str(subject.client.base_url)) + CATALOGUE_PATH
    with SDK_LIBRARY.Client(timeout=subject.quick) as http, http.stream("GET", url) as response:
        said: str | None = response.headers.get("date")
    if said is None:
        raise SkippedError("the server sends no Date header")
    ahead = (asked + time.time()) / 2 - _timestamp(said)
    # The header has whole seconds.
    skew = max(0.0, abs(ahead - 0.5) - 0.5)
    words = f"{skew:.0f} s {'ahead of' if ahead > 0 else 'behind'} the server"
    if skew > CLOCK_TOLERANCE:
        raise FailedError(f"the clock is {words}", "Set the clock, or turn on NTP.")
    return "agrees with the server's" if skew < 2 else words


def token(subject: Subject) -> str:
    """An exchange of the credentials for a token."""
    subject.client.auth.invalidate()
    subject.client.auth.token()
    seconds = subject.client.auth.expires_in
    if seconds is None:
        return "a static key is used as it is: nothing is exchanged"
    return f"good for {seconds:.0f} s"


def claims(subject: Subject) -> str:
    """What the token says of itself, without the token."""
    payload = subject.client.auth.token().split(".")[1:2]
    try:
        found = json.loads(base64.urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4)))
        shown = {
            name: found[name]
            for name in ("iss", "client_id", "scope", "token_use")
            if name in found
        }
    except (ValueError, IndexError, TypeError):
        raise SkippedError("the bearer is no JWT, so it says nothing of itself") from None
    if "exp" in found:
        shown["exp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(found["exp"])))
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def catalogue(subject: Subject) -> str:
    """The public list of models."""
    quick = subject.client.with_options(timeout=subject.quick)
    found = within(subject.quick, lambda: list(quick.models.list()))
    families = {model.family for model in found if model.family}
    if not found:
        raise FailedError("it lists no model", "Compare the base URL with Gloo's.")
    return f"{len(found)} models of {len(families)} families"


def echo(subject: Subject) -> str:
    """The quickstart's exact echo."""
    wanted = f"PING-{secrets.token_hex(3)}"
    answer = subject.ask(f"Return EXACTLY this string and nothing else: {wanted}", temperature=0.0)
    if (got := _text(answer).strip()) != wanted:
        raise FailedError(
            f"{wanted} was asked for, {got[:60]!r} came", "Try again, or with another --model."
        )
    return f"{wanted} came back, from {answer.model or 'an unnamed model'}"


def three(subject: Subject) -> str:
    """The quickstart's three choices in one answer."""
    answer = subject.ask("Say ONE word that is exactly SUN.", n=3, temperature=0.0)
    words = [(choice.message.content or "").strip(" .\n") for choice in answer.choices]
    if len(words) != 3:
        raise SkippedError(
            f"n=3 brought {len(words)} choice(s): {answer.model} does not know n",
            "Ask several times instead.",
        )
    if {word.upper() for word in words} != {"SUN"}:
        raise FailedError(f"three times SUN was asked for, {words} came", "Try another --model.")
    return "three choices, each SUN"


def stream(subject: Subject) -> str:
    """A streamed answer."""
    started, first, pieces = time.monotonic(), 0.0, list[str]()
    with subject.ask("Reply with only: STREAM-OK", stream=True) as chunks:
        for chunk in chunks:
            text = chunk.choices[0].delta.content if chunk.choices else None
            if text:
                first = first or time.monotonic() - started
                pieces.append(text)
    if (got := "".join(pieces).strip()) != "STREAM-OK":
        raise FailedError(f"STREAM-OK was asked for, {got[:60]!r} came", "Try another --model.")
    return f"whole, in {len(pieces)} chunk(s), the first after {first:.2f} s"


def model_less(subject: Subject) -> str:
    """A call that leaves the choice of the model to Gloo."""
    answer = subject.ask("Reply with only: ROUTED-OK", auto_routing=True, model=openai.omit)
    if not _text(answer):
        raise FailedError("the answer is empty", "Try again; if it stays, ask Gloo.")
    routing = answer.routing
    found = (routing.model, routing.routing_mechanism, routing.routing_tier)
    return "Gloo chose " + (", ".join(part for part in found if part) or "but does not say what")


def grounded(subject: Subject) -> str:
    """A grounded answer, with its sources."""
    publisher = subject.publisher or openai.omit
    answer = subject.ask(
        "How do small groups grow? One sentence.",
        rag_publisher=publisher,
        sources_limit=1,
        include_citations=True,
    )
    if not answer.sources_returned:
        raise SkippedError("an answer came, but it rests on no source", "Name a --publisher.")
    return f"grounded, with {len(answer.citations)} citation(s)"


CHECKS: dict[str, Callable[[Subject], str]] = {
    "clock": clock,
    "token": token,
    "claims": claims,
    "catalogue": catalogue,
    "echo": echo,
    "n": three,
    "stream": stream,
    "model-less": model_less,
    "grounded": grounded,
}
WITHOUT_TOKEN = {"clock", "token", "catalogue"}


def run_checks(subject: Subject) -> Iterator[Line]:
    """Every check, in an order in which each builds on those before."""
    missing = ""
    for name, check in CHECKS.items():
        if missing and (missing == SILENCE or name not in WITHOUT_TOKEN):
            yield left_out(name, missing)
            continue
        line = _run(name, check, subject)
        if line.timed_out:
            missing = SILENCE
        elif name == "token" and line.verdict == "fail":
            missing = "there is no token"
        yield line


def left_out(name: str, reason: str) -> Line:
    """The line of a check that is not tried."""
    return Line(name, "skip", reason, "See the line that failed.", left_out=True)


def _run(name: str, check: Callable[[Subject], str], subject: Subject) -> Line:
    started = time.monotonic()
    verdict: Verdict
    timed_out = False
    try:
        verdict, detail, step = "pass", within(subject.timeout, partial(check, subject)), ""
    except SkippedError as error:
        verdict, detail, step = "skip", str(error), error.next_step
    except RoutingError as error:
        verdict, detail, step = "skip", explain(error)[0], "Use a base URL that ends in /ai/v2."
    except FailedError as error:
        verdict, detail, step = "fail", str(error), error.next_step
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the check found
        verdict, detail, step = "fail", explain(error)[0], next_step(error)
        timed_out = isinstance(error, (openai.APITimeoutError, TimeoutError, *TIMEOUTS))
    return Line(name, verdict, detail, step, round(time.monotonic() - started, 3), timed_out)


def _timestamp(date: str) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        raise SkippedError(f"the server's Date is none: {date[:40]!r}") from None


def _text(answer: Any) -> str:
    return (answer.choices[0].message.content if answer.choices else None) or ""
