"""Everything that goes wrong, in the one shape that OpenAI's clients read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import openai
from starlette.responses import JSONResponse

from .. import InvalidCredentialsError, TokenExchangeError
from ..answers import (
    details_of,
    error_within,
    hint,
    is_block,
    may_retry,
    of_nowhere,
    parse_body,
    status_of,
)
from ..http_libraries import SDK_LIBRARY
from ..shapes import as_object

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
GLOO_FIELDS = ("trace_id", "request_id", "retryable", "fault")
NO_RETRY = {"x-should-retry": "false"}
"""OpenAI's SDKs read this header before they decide by the status."""


class RefusedError(Exception):
    """An answer in OpenAI's shape, raised where the proxy would give it."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        known = {"message": message, "type": kind, "code": code, "param": None}
        self.body: dict[str, Any] = {"error": {**(extra or {}), **known}}

    def response(self) -> JSONResponse:
        """The refusal as an ASGI response."""
        return JSONResponse(self.body, self.status, self.headers)


def from_exception(error: openai.OpenAIError) -> RefusedError:
    """An error of the adapter's own, or of the SDK's: no token, no catalogue."""
    if isinstance(error, InvalidCredentialsError):
        return RefusedError(502, f"{error}", "gloo_credentials_rejected", headers=NO_RETRY)
    if isinstance(error, TokenExchangeError):
        return RefusedError(502, f"{error}", "gloo_token_unavailable")
    if isinstance(error, openai.APIStatusError):
        return RefusedError(error.status_code, f"{error}", error.code)
    return RefusedError(502, f"{error}", "gloo_unavailable")


def from_transport(error: Exception) -> RefusedError:
    """Gloo could not be reached, or went away before it answered."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, SDK_LIBRARY.TimeoutException):
        return RefusedError(504, f"Gloo did not answer in time ({reason}).", "upstream_timeout")
    return RefusedError(502, f"Gloo could not be reached ({reason}).", "upstream_unreachable")


def from_upstream(
    status: int,
    content: bytes,
    headers: Mapping[str, str],
    request: Mapping[str, Any],
    url: str,
) -> RefusedError:
    """An error body of Gloo's in OpenAI's shape, whatever its own was (protocol §6).

    Gloo's own fields stay beside OpenAI's; `request` and `url` are what was sent where, for a hint.
    """
    details = details_of(parse_body(content), headers)
    message = details.message or f"Gloo answered HTTP {status} without a readable message."
    advice = hint(status, details, request, url, refreshed=True)
    notes = [note for note in (message, advice, of_nowhere(status, "POST", url)) if note]
    extra = {name: getattr(details, name) for name in GLOO_FIELDS}
    blocked = "guardrail_blocked" if is_block(status, details, url) else None
    return RefusedError(
        status if status >= 400 else 502,  # a redirect would carry the proxy's key elsewhere
        " ".join(notes),
        details.code or blocked,
        headers={**headers, **(NO_RETRY if may_retry(status, details) is False else {})},
        extra={name: value for name, value in extra.items() if value is not None},
    )


def from_answer(
    content: bytes, headers: Mapping[str, str], request: Mapping[str, Any], url: str
) -> RefusedError | None:
    """The error that an answer of HTTP 200 is, as one that clients see; None if it is none."""
    body = as_object(parse_body(content))
    error = None if body.get("object") == "response" else error_within(body)
    if error is None:
        return None
    details = details_of(error, headers)
    return from_upstream(status_of(details), json.dumps(error).encode(), headers, request, url)
