"""The OAuth2 client-credentials exchange: a POST and a few tries, on either library's client."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from .http_libraries import TRANSPORT_ERRORS
from .token_answers import Failure, TokenRequest, read_answer
from .tokens import AccessToken

TRIES = 3
TIMEOUT = 10.0
"""Seconds for each phase of one try: connect, write, read, and a place in the pool."""
DEADLINE = 25.0
"""Seconds after which no further try is begun and no further byte is waited for.

With the phases of the last try the whole stays within `tokens.BOUND`."""
LARGEST_ANSWER = 1 << 20

FORM = b"grant_type=client_credentials&scope=api%2Faccess"
"""RFC 6749 §4.4.2; protocol §2 for the scope."""


def wait_before_retry(failure: Failure, attempt: int, elapsed: float) -> float | None:
    """Seconds to wait before trying again, or None to give up.

    `attempt` counts from 0, `elapsed` is seconds since the first. `Retry-After` is respected
    within the deadline; without it the backoff is half a second, doubling, with jitter.
    """
    if not failure.retryable:
        return None
    backoff: float = 0.5 * 2**attempt * random.uniform(0.75, 1.0)
    wait = failure.retry_after if failure.retry_after is not None else backoff
    return wait if elapsed + wait < DEADLINE else None


def exchange(
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> AccessToken | Failure:
    """Fetch a token over a synchronous client of httpx or httpx2; `now` is the token's clock."""
    started = time.monotonic()
    for attempt in range(tries):
        asked_at = now()
        result = _try_once(client, ask, started + DEADLINE)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at)
        wait = wait_before_retry(result, attempt, time.monotonic() - started)
        if wait is None or attempt + 1 == tries:
            return result
        time.sleep(wait)
    raise AssertionError("tries must be at least 1")


async def aexchange(
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> AccessToken | Failure:
    """`exchange` over an asynchronous client."""
    started = time.monotonic()
    for attempt in range(tries):
        asked_at = now()
        result = await _atry_once(client, ask, started + DEADLINE)
        if not isinstance(result, Failure):
            return AccessToken.issued(result, asked_at)
        wait = wait_before_retry(result, attempt, time.monotonic() - started)
        if wait is None or attempt + 1 == tries:
            return result
        await anyio.sleep(wait)
    raise AssertionError("tries must be at least 1")


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
    return Failure(
        message=(
            f"No access token: the token endpoint {ask.url} could not be reached ({reason}). "
            "Check the network, the proxy and the base URL."
        ),
        request=type(client.build_request("POST", ask.url))("POST", ask.url),
        retryable=isinstance(error, (*TRANSPORT_ERRORS, OSError, anyio.EndOfStream)),
    )
