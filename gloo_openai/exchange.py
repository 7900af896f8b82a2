"""The OAuth2 client-credentials exchange: one POST, a few tries, one typed failure.

The rules are pure (`read_answer`, `wait_before_retry`); `exchange` and `aexchange` drive them
over a client of either HTTP library. A failure is returned, not raised: an exception that is
raised while another is handled keeps that one's frames, whose locals hold the credentials.
"""

from __future__ import annotations

import base64
import email.utils
import json
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import anyio

from .errors import InvalidCredentialsError, TokenExchangeError
from .http_libraries import TRANSPORT_ERRORS
from .settings import ClientCredentials, is_bearer

TRIES = 3
TIMEOUT = 10.0
"""Seconds for each phase of one try: connect, write, read, and a place in the pool."""
DEADLINE = 25.0
"""Seconds after which no further try is begun and no further byte is waited for."""
BOUND = DEADLINE + 4 * TIMEOUT
"""Seconds that an exchange takes at the very most."""
LARGEST_ANSWER = 1 << 20

FORM = b"grant_type=client_credentials&scope=api%2Faccess"
"""RFC 6749 §4.4.2; protocol §2 for the scope."""


@dataclass(frozen=True)
class TokenRequest:
    """What is asked of the token endpoint, and where its parts came from."""

    url: str
    credentials: ClientCredentials

    def headers(self) -> dict[str, str]:
        """HTTP Basic (RFC 6749 §2.3.1) with id and secret as they are, as Gloo's samples do."""
        pair = f"{self.credentials.client_id}:{self.credentials.client_secret}"
        # What is no UTF-8 came out of the environment and goes out as the bytes it was there.
        basic = base64.b64encode(pair.encode(errors="surrogateescape")).decode()
        return {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": "gloo-openai",
        }

    def redacted(self, text: str) -> str:
        """A text from elsewhere without the secret, should it be echoed there."""
        import html  # its table of entities takes a millisecond

        secret = self.credentials.client_secret
        basic = self.headers()["Authorization"].removeprefix("Basic ")
        quoted = quote(secret, safe="", errors="surrogateescape")
        for written in (secret, basic, json.dumps(secret)[1:-1], html.escape(secret), quoted):
            text = text.replace(written, "[redacted]")
        return text.encode(errors="replace").decode()  # a lone surrogate cannot be printed


@dataclass(frozen=True)
class Failure:
    """Why there is no token, in words for the user; `error()` gives each waiter its own copy."""

    message: str
    request: Any
    """The request without its Authorization header, in the class of the client's library."""
    response: Any = None
    """The answer without what was sent, if there was one."""
    body: object = None
    rejected: bool = False
    retryable: bool = False
    retry_after: float | None = None

    def error(self) -> InvalidCredentialsError | TokenExchangeError:
        """The exception for this failure, new each time: waiters don't share a traceback."""
        if self.rejected:
            return InvalidCredentialsError(self.message, response=self.response, body=self.body)
        return TokenExchangeError(message=self.message, request=self.request)


@dataclass(frozen=True)
class Answer:
    """The token endpoint's JSON, with a usable `access_token` in it."""

    fields: Mapping[str, Any] = field(repr=False)
    asked_at: float
    """When the try that succeeded was begun, in seconds on the caller's clock."""


def read_answer(ask: TokenRequest, response: Any, content: bytes) -> Mapping[str, Any] | Failure:
    """Judge one answer: its fields, or why they cannot be used.

    400, 401 and 403 mean that the credentials were rejected (protocol §2); 408, 429 and 5xx may
    pass; everything else is a token endpoint that is none.
    """
    status: int = response.status_code
    body = _json(content)
    fields: Mapping[str, Any] = cast("Any", body) if isinstance(body, dict) else {}
    if response.is_success and is_bearer(fields.get("access_token")):
        return fields
    request = type(response.request)("POST", ask.url)
    # What came with a 2xx may be a token, however it is spelled.
    shown = _measure(content) if response.is_success else _excerpt(ask.redacted(_text(content)))
    detail = ask.redacted(_detail(fields)) or shown
    bare = type(response)(status, content=detail.encode(), request=request)
    rejected = status in (400, 401, 403)
    return Failure(
        message=_rejection(ask, status, detail) if rejected else _oddity(ask, response, detail),
        request=request,
        response=bare,
        body=(_texts(ask, fields) or detail) if rejected else None,
        rejected=rejected,
        retryable=status in (408, 429) or status >= 500,
        retry_after=retry_after(response.headers),
    )


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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a `Retry-After` header: a number or a date (RFC 9110 §10.2.3)."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None if math.isnan(seconds) else max(0.0, seconds)


def exchange(
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> Answer | Failure:
    """Fetch a token over a synchronous client of httpx or httpx2."""
    started = time.monotonic()
    for attempt in range(tries):
        asked_at = now()
        result = _try_once(client, ask, started + DEADLINE)
        if not isinstance(result, Failure):
            return Answer(result, asked_at)
        wait = wait_before_retry(result, attempt, time.monotonic() - started)
        if wait is None or attempt + 1 == tries:
            return result
        time.sleep(wait)
    raise AssertionError("tries must be at least 1")


async def aexchange(
    client: Any, ask: TokenRequest, now: Callable[[], float], *, tries: int = TRIES
) -> Answer | Failure:
    """Fetch a token over an asynchronous client of httpx or httpx2."""
    started = time.monotonic()
    for attempt in range(tries):
        asked_at = now()
        result = await _atry_once(client, ask, started + DEADLINE)
        if not isinstance(result, Failure):
            return Answer(result, asked_at)
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


def _rejection(ask: TokenRequest, status: int, detail: str) -> str:
    return (
        f"The token endpoint {ask.url} rejected the client credentials (HTTP {status}: {detail}). "
        f"They came from {ask.credentials.source}. Compare them with those in Gloo AI Studio, "
        "under API Credentials; a secret is shown whole only when it is created."
    )


def _oddity(ask: TokenRequest, response: Any, detail: str) -> str:
    status: int = response.status_code
    if response.headers.get("location"):
        what = "redirects elsewhere, where credentials are not sent"
    elif response.is_success:
        what = "answered without a usable access_token"
    else:
        what = f"answered HTTP {status}"
    return f"No access token: the token endpoint {ask.url} {what}: {detail}"


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _detail(fields: Mapping[str, Any]) -> str:
    """`error` and `error_description` (RFC 6749 §5.2), or what stands in their place."""
    texts = (fields.get(name) for name in ("error", "error_description", "message", "detail"))
    return ": ".join(text for text in texts if isinstance(text, str) and text)


def _texts(ask: TokenRequest, fields: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return {ask.redacted(name): ask.redacted(value) for name, value in texts.items()}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _measure(content: bytes) -> str:
    return f"a body of {len(content)} bytes" if content else "an empty body"


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return "an empty body"
    return text if len(text) <= 120 else f"{text[:120]}…"
