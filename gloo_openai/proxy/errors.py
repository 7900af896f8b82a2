"""Everything that goes wrong, in the one shape that OpenAI's clients read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import openai
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .. import (
    ErrorDetails,
    InvalidCredentialsError,
    StreamCutOffError,
    TokenExchangeError,
    error_details,
)
from ..answers import (
    details_of,
    failure_of,
    hint,
    is_block,
    may_retry,
    of_nowhere,
    parse_body,
    status_of,
)
from ..http_libraries import CONNECT_ERRORS, TIMEOUTS
from ..shapes import as_object
from .entry import entry_of

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
FORCE_MODEL = (
    "GET /v1/models lists the models; for a tool that has a model name of its own, start the proxy "
    "with --force-model."
)
UNKNOWN_MODEL = re.compile(
    r"(unknown|invalid|no such|unsupported)\W+model\b"
    r"|\bmodel\b.{0,80}(not found|unknown|not exist|not supported|not available|invalid)",
    re.IGNORECASE,
)
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

    def response(self) -> Response:
        """The refusal as an ASGI response, which tells the log why."""
        return Refusal(self)


class Refusal(Response):
    """The answer that a `RefusedError` gives."""

    media_type = "application/json"

    def __init__(self, refused: RefusedError) -> None:
        self._reason = str(refused)
        # Others' words may have half a surrogate pair, which only JSON's own escapes can say.
        super().__init__(json.dumps(refused.body).encode(), refused.status, refused.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        entry = entry_of(scope)
        entry.remark = entry.remark or self._reason
        await super().__call__(scope, receive, send)


def from_exception(error: openai.OpenAIError) -> RefusedError:
    """An error of the adapter's own, or of the SDK's: no token, no catalogue."""
    if isinstance(error, InvalidCredentialsError):
        return RefusedError(502, f"{error}", "gloo_credentials_rejected", headers=NO_RETRY)
    if isinstance(error, TokenExchangeError):
        return RefusedError(502, f"{error}", "gloo_token_unavailable")
    if isinstance(error, openai.APIStatusError):
        details = error_details(error)
        headers = NO_RETRY if may_retry(error.status_code, details) is False else {}
        return RefusedError(
            error.status_code, f"{error}", error.code, headers=headers, extra=_extra(details)
        )
    if isinstance(error, StreamCutOffError):
        message = f"{error}".partition(" What had arrived")[0]
        return RefusedError(502, message, "upstream_cut")
    if isinstance(error, openai.APITimeoutError):
        return RefusedError(504, f"{error}", "upstream_timeout")
    return RefusedError(502, f"{error}", "gloo_unavailable")


def from_transport(error: Exception) -> RefusedError:
    """Gloo could not be reached, or went away before it answered."""
    reason = str(error) or "it closed the connection"
    if isinstance(error, CONNECT_ERRORS):
        return RefusedError(502, f"Gloo could not be reached ({reason}).", "upstream_unreachable")
    if isinstance(error, TIMEOUTS):
        message = "Gloo took the request and did not answer in time (--timeout)."
        return RefusedError(504, message, "upstream_timeout")
    message = f"The connection to Gloo broke off before the answer ({reason})."
    return RefusedError(502, message, "upstream_cut")


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
    unknown = FORCE_MODEL if _is_unknown_model(status, message) and request.get("model") else None
    notes = [note for note in (message, advice, unknown, of_nowhere(status, "POST", url)) if note]
    blocked = "guardrail_blocked" if is_block(status, details, url) else None
    return RefusedError(
        status if status >= 400 else 502,  # a redirect would carry the proxy's key elsewhere
        " ".join(notes),
        details.code or blocked,
        headers={**headers, **(NO_RETRY if may_retry(status, details) is False else {})},
        extra=_extra(details),
    )


def _is_unknown_model(status: int, message: str) -> bool:
    return status in (400, 404) and UNKNOWN_MODEL.search(message) is not None


def _extra(details: ErrorDetails) -> dict[str, Any]:
    """Gloo's own fields, which stay beside OpenAI's."""
    said = {name: getattr(details, name) for name in GLOO_FIELDS}
    return {name: value for name, value in said.items() if value is not None}


def from_answer(
    content: bytes, headers: Mapping[str, str], request: Mapping[str, Any], url: str
) -> RefusedError | None:
    """The error that an answer of HTTP 200 is, as one that clients see; None if it is none."""
    error = failure_of(as_object(parse_body(content)))
    if error is None:
        return None
    details = details_of(error, headers)
    return from_upstream(status_of(details), json.dumps(error).encode(), headers, request, url)
