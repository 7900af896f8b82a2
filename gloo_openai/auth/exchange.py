"""The OAuth2 client-credentials exchange: a POST and a few tries, on either library's client."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio

from ..http_libraries import (
    CONNECT_ERRORS,
    POOL_TIMEOUTS,
    STATUS_ERRORS,
    TIMEOUTS,
    TRANSPORT_ERRORS,
    library_of,
)
from .background import run_within
from .bodies import collected, decoded
from .clocks import Clocks
from .token_endpoint import Failure, TokenRequest, read_answer
from .tokens import AccessToken

TRIES = 3
TIMEOUT = 10.0
"""Seconds for each phase of one try: a place in the pool, connect, write, read."""
DEADLINE = 25.0
"""Seconds after which an exchange is over, whatever it waits for; but for a place in the pool."""
POOL_PATIENCE = 600.0
"""Seconds for which a place in a full pool is waited for: as long as the SDK's own requests do."""

FORM = b"grant_type=client_credentials&scope=api%2Faccess"
"""RFC 6749 §4.4.2; protocol §2 for the scope."""


class Tries:
    """How many tries an exchange has, and until when.

    `Retry-After` is respected within the deadline; without it the backoff is half a second,
    doubling, with jitter. Waiting for a place in the pool is no try: a request would wait as well.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made = 0
        self._begun = self._started = time.monotonic()

    @property
    def deadline(self) -> float:
        """When the current try has to end, on the monotonic clock."""
        return self._started + DEADLINE

    def wait_after(self, failure: Failure) -> float | None:
        """Seconds to wait before trying again, or None to give up."""
        now = time.monotonic()
        if failure.starved and now - self._begun < POOL_PATIENCE:
            self._started = now
            return 0.0
        self._made += 1
        if not failure.retryable or self._made == self._most:
            return None
        backoff: float = 0.25 * 2**self._made * random.uniform(0.75, 1.0)
        wait = failure.retry_after if failure.retry_after is not None else backoff
        return wait if now + wait < self.deadline else None


def exchange(
    client: Any, ask: TokenRequest, clocks: Clocks, *, tries: int = TRIES
) -> AccessToken | Failure:
    """Fetch a token over a synchronous client of httpx or httpx2; the clocks are the token's."""
    allowed = Tries(tries)
    while True:
        asked_at = clocks.read()
        work = partial(_try_once, client, ask, allowed.deadline)
        result = run_within(work, allowed.deadline) or _overdue(client, ask)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at.steady, asked_at.ahead)
        wait = allowed.wait_after(result)
        if wait is None:
            return result
        time.sleep(wait)


async def aexchange(
    client: Any, ask: TokenRequest, clocks: Clocks, *, tries: int = TRIES
) -> AccessToken | Failure:
    """`exchange` over an asynchronous client."""
    allowed = Tries(tries)
    while True:
        asked_at = clocks.read()
        result = await _atry_once(client, ask, allowed.deadline)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at.steady, asked_at.ahead)
        wait = allowed.wait_after(result)
        if wait is None:
            return result
        await anyio.sleep(wait)


def unreachable(ask: TokenRequest, error: Exception, client: Any = None) -> Failure:
    """No answer at all: whatever was raised on the way, typed once."""
    reason = ask.redacted(f"{type(error).__name__}: {error}".rstrip(": "))
    starved = isinstance(error, POOL_TIMEOUTS)
    advice = (
        "All connections of the HTTP client were busy: give http_client= more max_connections."
        if starved
        else "Check the network, the proxy and the base URL."
    )
    return Failure(
        message=(
            f"No access token: the token endpoint {ask.url} {_how_it_went(error)} ({reason}). "
            f"{advice}"
        ),
        request=library_of(client).Request("POST", ask.url),
        retryable=isinstance(error, (*TRANSPORT_ERRORS, OSError, anyio.EndOfStream)),
        starved=starved,
        passing=starved,
    )


def _how_it_went(error: Exception) -> str:
    """Whoever was reached and said nothing is not called unreachable."""
    waited = isinstance(error, (TimeoutError, *TIMEOUTS))
    if waited and not isinstance(error, (*CONNECT_ERRORS, *POOL_TIMEOUTS)):
        return "took the request and did not answer in time"
    return "could not be reached"


def _try_once(client: Any, ask: TokenRequest, deadline: float) -> Mapping[str, Any] | Failure:
    try:
        response = client.send(
            _request(client, ask), stream=True, auth=None, follow_redirects=False
        )
        try:
            content = _read_before(response)
            if content is None:
                raw = bytearray()
                for part in response.iter_raw():
                    collected(raw, part, deadline)
                content = decoded(bytes(raw), response.headers)
        finally:
            response.close()
    except STATUS_ERRORS as error:
        return _of_a_hook(client, ask, error)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, typed once
        return unreachable(ask, error, client)
    return read_answer(ask, response, content)


async def _atry_once(
    client: Any, ask: TokenRequest, deadline: float
) -> Mapping[str, Any] | Failure:
    try:
        with anyio.fail_after(deadline - time.monotonic()):
            response = await client.send(
                _request(client, ask), stream=True, auth=None, follow_redirects=False
            )
            try:
                content = _read_before(response)
                if content is None:
                    raw = bytearray()
                    async for part in response.aiter_raw():
                        collected(raw, part, deadline)
                    content = decoded(bytes(raw), response.headers)
            finally:
                await response.aclose()
    except STATUS_ERRORS as error:
        return _of_a_hook(client, ask, error)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, typed once
        return unreachable(ask, error, client)
    return read_answer(ask, response, content)


def _request(client: Any, ask: TokenRequest) -> Any:
    """The request in the client's class, without the headers, cookies and query of the client."""
    library = library_of(client)
    timeouts = {"timeout": library.Timeout(TIMEOUT).as_dict()}
    return library.Request(
        "POST", ask.url, content=FORM, headers=ask.headers(), extensions=timeouts
    )


def _read_before(response: Any) -> bytes | None:
    """The body, if a hook of the client's has read it already."""
    return bytes(response.content) if response.is_stream_consumed else None


def _of_a_hook(client: Any, ask: TokenRequest, error: Any) -> Mapping[str, Any] | Failure:
    """The answer that a response hook was given and raised for, as httpx's documentation shows."""
    response = error.response
    if str(error.request.url) != ask.url or response.is_success:
        return unreachable(ask, error, client)
    return read_answer(ask, response, _read_before(response) or b"")


def _overdue(client: Any, ask: TokenRequest) -> Failure:
    return unreachable(ask, TimeoutError(f"no whole answer within {DEADLINE:g} s"), client)
