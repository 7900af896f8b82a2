"""The OAuth2 client-credentials exchange: a POST and a few tries, on either library's client."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from ..http_libraries import POOL_TIMEOUTS, TRANSPORT_ERRORS
from .token_endpoint import Failure, TokenRequest, read_answer
from .tokens import AccessToken

TRIES = 3
TIMEOUT = 10.0
"""Seconds for each phase of one try: a place in the pool, connect, write, read."""
DEADLINE = 25.0
"""Seconds after which no further try is begun and no further byte is waited for.

With the phases of the last try the whole stays within `tokens.BOUND`."""
POOL_PATIENCE = 600.0
"""Seconds for which a place in a full pool is waited for: as long as the SDK's own requests do."""
LARGEST_ANSWER = 1 << 20

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
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> AccessToken | Failure:
    """Fetch a token over a synchronous client of httpx or httpx2; `now` is the token's clock."""
    allowed = Tries(tries)
    while True:
        asked_at = now()
        result = _try_once(client, ask, allowed.deadline)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at)
        wait = allowed.wait_after(result)
        if wait is None:
            return result
        time.sleep(wait)


async def aexchange(
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> AccessToken | Failure:
    """`exchange` over an asynchronous client."""
    allowed = Tries(tries)
    while True:
        asked_at = now()
        result = await _atry_once(client, ask, allowed.deadline)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at)
        wait = allowed.wait_after(result)
        if wait is None:
            return result
        await anyio.sleep(wait)


def _try_once(client: Any, ask: TokenRequest, deadline: float) -> Mapping[str, Any] | Failure:
    try:
        response = client.send(
            _request(client, ask), stream=True, auth=None, follow_redirects=False
        )
        try:
            content = b""
            for part in response.iter_bytes():
                content = _collected(content, part, deadline)
        finally:
            response.close()
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, typed once
        return _unreachable(client, ask, error)
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
                content = b""
                async for part in response.aiter_bytes():
                    content = _collected(content, part, deadline)
            finally:
                await response.aclose()
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, typed once
        return _unreachable(client, ask, error)
    return read_answer(ask, response, content)


def _request(client: Any, ask: TokenRequest) -> Any:
    """The request in the client's class, without the headers, cookies and query of the client."""
    timed = client.build_request("POST", ask.url, timeout=TIMEOUT)
    return type(timed)(
        "POST", ask.url, content=FORM, headers=ask.headers(), extensions=timed.extensions
    )


def _collected(content: bytes, part: bytes, deadline: float) -> bytes:
    if time.monotonic() > deadline:
        raise TimeoutError("the answer trickled in too slowly")
    if len(content) + len(part) > LARGEST_ANSWER:
        raise ValueError("the answer is too large")
    return content + part


def _unreachable(client: Any, ask: TokenRequest, error: Exception) -> Failure:
    reason = ask.redacted(f"{type(error).__name__}: {error}".rstrip(": "))
    starved = isinstance(error, POOL_TIMEOUTS)
    advice = (
        "All connections of the HTTP client were busy: give http_client= more max_connections."
        if starved
        else "Check the network, the proxy and the base URL."
    )
    return Failure(
        message=(
            f"No access token: the token endpoint {ask.url} could not be reached ({reason}). "
            f"{advice}"
        ),
        request=type(client.build_request("POST", ask.url))("POST", ask.url),
        retryable=isinstance(error, (*TRANSPORT_ERRORS, OSError, anyio.EndOfStream)),
        starved=starved,
    )
