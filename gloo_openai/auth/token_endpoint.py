"""What is asked of the token endpoint, and what its answer means; pure functions.

A failure is returned, not raised: an exception that is raised while another is handled keeps that
one's frames, whose locals hold the credentials.
"""

from __future__ import annotations

import base64
import email.utils
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from ..errors import InvalidCredentialsError, TokenExchangeError, is_spent
from ..shapes import as_object
from .credentials import ClientCredentials, is_bearer


@dataclass(frozen=True)
class TokenRequest:
    """What is asked of the token endpoint, and where its parts came from."""

    url: str
    credentials: ClientCredentials

    def settled(self) -> TokenRequest:
        """Itself: its credentials are known."""
        return self

    async def asettled(self) -> TokenRequest:
        """Itself, as `settled`."""
        return self

    def headers(self) -> dict[str, str]:
        """HTTP Basic (RFC 6749 §2.3.1) with id and secret as they are, as Gloo's samples do."""
        secret = self.credentials.client_secret.get_secret_value()
        pair = f"{self.credentials.client_id}:{secret}"
        # What is no UTF-8 came out of the environment and goes out as the bytes it was there.
        basic = base64.b64encode(pair.encode(errors="surrogateescape")).decode()
        return {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "gloo-openai",
        }

    def redacted(self, text: str) -> str:
        """A text from elsewhere without the secret, should it be echoed there."""
        import html  # its table of entities takes a millisecond

        secret = self.credentials.client_secret.get_secret_value()
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
    starved: bool = False
    """No connection of the client's pool was free, so nothing was sent."""
    passing: bool = False
    """Nothing was sent, and it says nothing of the next try: it is not remembered."""
    retry_after: float | None = None
    of_endpoint: bool = False
    """The token endpoint's own word, whoever asks; else the way there may have been at fault."""

    def error(self) -> InvalidCredentialsError | TokenExchangeError:
        """The exception for this failure, new each time: waiters don't share a traceback."""
        if self.rejected:
            return InvalidCredentialsError(self.message, response=self.response, body=self.body)
        return TokenExchangeError(message=self.message, request=self.request)


def read_answer(ask: TokenRequest, response: Any, content: bytes) -> Mapping[str, Any] | Failure:
    """Judge one answer: its fields, or why they cannot be used.

    400, 401 and 403 mean that the credentials were rejected (protocol §2); 408, 429 and 5xx may
    pass, unless a quota is used up; everything else is a token endpoint that is none.
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
        retryable=(status in (408, 429) or status >= 500) and not is_spent(_names(fields)),
        retry_after=retry_after(response.headers),
        # A proxy or a portal in between may answer as well, but not in JSON objects.
        of_endpoint=isinstance(body, dict) and status != 407,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a `Retry-After` header: a number or a date (RFC 9110 §10.2.3).

    `Retry-After-Ms`, which some gateways send beside it, is the more exact one, as in the SDK.
    """
    value = headers.get("retry-after", "")
    found = (_seconds(headers.get("retry-after-ms", ""), 1e-3), _seconds(value), _until(value))
    return next((max(0.0, seconds) for seconds in found if not math.isnan(seconds)), None)


def _seconds(value: str, unit: float = 1.0) -> float:
    try:
        return float(value) * unit
    except ValueError:
        return math.nan


def _until(date: str) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan


def _rejection(ask: TokenRequest, status: int, detail: str) -> str:
    return (
        f"The token endpoint {ask.url} rejected the client credentials (HTTP {status}: {detail}). "
        f"They came from {ask.credentials.source}. Compare them with those in Gloo AI Studio, "
        "under API Credentials; a secret is shown whole only when it is created."
        f"{ask.credentials.remarks}"
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


def _names(fields: Mapping[str, Any]) -> list[str]:
    """What an error is called: its code, name or type, in its own object or beside it."""
    inner = as_object(fields.get("error"))
    found = [
        each.get(name) for each in (fields, inner) for name in ("error", "code", "name", "type")
    ]
    return [each for each in found if isinstance(each, str)]


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
