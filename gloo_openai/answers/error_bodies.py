"""Gloo's error bodies, in all their shapes (protocol §6), read into one form; pure functions.

`error` is a string or an object, `code` a string or a number, `detail` a string, a list or an
object; and a gateway in between may answer with HTML or nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from ..errors import ErrorDetails, is_spent
from ..shapes import as_list, as_object

NEVER_RETRIED = {400, 401, 403, 422}
SPENDING_LIMIT = "SPENDING_LIMIT_EXCEEDED"
THINKING_FLOOR = 1024
"""`max_tokens` below which a reasoning model can spend everything on thinking (protocol §3)."""
STATUS_OF_CODE = {
    "1001": 400,
    "2001": 408,
    "2002": 503,
    "2006": 503,
    "3001": 500,
    "INVALID_REQUEST": 400,
    "PROVIDER_TIMEOUT": 408,
    "PROVIDER_UNAVAILABLE": 503,
    "service_unavailable_error": 503,
    "unauthorized_missing_authorization": 401,
    "unauthorized_invalid_token": 401,
    "forbidden": 403,
    "too_many_requests": 429,
    "rate_limit_exceeded": 429,
    "invalid_prompt": 400,
    SPENDING_LIMIT: 429,
}
"""Codes, names and types of errors (protocol §6)."""
FORBIDDEN = "forbidden"
GUARDED = re.compile(r"/guarded/|/ai/v2/responses/?$")
"""Paths behind Gloo's guardrails: the guarded family, and its Responses by an older path (§1)."""
BLOCKED = (
    "Gloo's guardrails did not let this request through, and asking the same again is blocked "
    "again: change what is asked. The direct family has no guardrails."
)
NO_PLAN = (
    "Your plan or key does not cover this: compare them in Gloo AI Studio. Search, Data Engine and "
    "recommendations need a plan, and not every model of the catalogue is open to everybody."
)
RESPONSES_ONLY = re.compile(r"\bresponses[ -]api\b|/responses\b", re.IGNORECASE)


def details_of(body: object, headers: Mapping[str, str]) -> ErrorDetails:
    """Read an error body of any shape; ids may also stand in the headers."""
    outer = as_object(body)
    # Shapes F and G keep the fields one level down, the others at the top.
    inner = as_object(outer.get("error")) or as_object(outer.get("detail")) or outer
    name, code = _text(inner.get("name")), _text(_first(inner.get("code"), outer.get("code")))
    named = {name, code, _text(inner.get("type")), _text(outer.get("error"))}
    retryable = _first(inner.get("retryable"), outer.get("retryable"))
    return ErrorDetails(
        message=_message(outer, inner),
        code=code or name or _oauth_code(outer),
        type=_text(inner.get("type")),
        fault=_text(_first(inner.get("fault"), outer.get("fault"))),
        retryable=retryable if isinstance(retryable, bool) else None,
        trace_id=_text(_first(inner.get("trace_id"), outer.get("trace_id")))
        or headers.get("x-sentry-trace-id")
        or headers.get("x-trace-id"),
        request_id=headers.get("x-request-id")
        or _text(_first(inner.get("request_id"), outer.get("request_id"))),
        spending_limit=is_spent(named),
    )


def parse_body(content: bytes) -> object:
    """A body as JSON, else as text; whatever its encoding."""
    text = content.decode("utf-8", "replace").strip()
    for form in (content, text):  # of bytes, json finds out the encoding
        with suppress(ValueError, RecursionError):
            return cast("object", json.loads(form))
    return text


def may_retry(status: int, details: ErrorDetails) -> bool | None:
    """Whether to try again; None: as the SDK decides by the status (protocol §6)."""
    if status in NEVER_RETRIED or details.spending_limit:
        return False
    return details.retryable


def is_block(status: int, details: ErrorDetails, path: str) -> bool:
    """Whether a refusal is a guardrail's: a 403 on a guarded path, if its code says no other.

    On any other path the refusal has to name a guardrail.
    """
    if status != 403 or details.code == FORBIDDEN:
        return False
    said = f"{details.code} {details.type} {details.message}".lower()
    return GUARDED.search(path) is not None or "guardrail" in said


def describe(status: int, body: object, details: ErrorDetails) -> str:
    """One readable line for an error, with its code and trace id."""
    text = details.message or _of_text(body)
    marks = [
        f"{name} {value}"
        for name, value in (("code", details.code), ("trace_id", details.trace_id))
        if value and value not in text
    ]
    return f"Error code: {status} - {text}" + (f" ({', '.join(marks)})" if marks else "")


def hint(
    status: int, details: ErrorDetails, request: Mapping[str, Any], path: str, *, refreshed: bool
) -> str | None:
    """What to do about an error whose cause is known, judged by the request that was sent.

    `request` is its JSON body, `refreshed` whether it was sent again with a new token.
    """
    name, limit = _token_limit(request)
    if details.code == "2006" and limit is not None and limit < THINKING_FLOOR:
        return (
            f"{name}={limit} was sent: a reasoning model can spend all of it on thinking, and an "
            f"empty answer comes back as this error. Send at least {THINKING_FLOOR}, or none; "
            "retrying does not help."
        )
    if status == 403:
        return _of_403(details, request, path)
    if status == 400:
        return _of_400(details, request)
    if status == 401 and refreshed:
        return (
            "The access token was refreshed and refused again: these credentials are known, but "
            "not accepted here. Check the base URL and what the key may do in Gloo AI Studio."
        )
    if status == 504 and not request.get("stream"):
        return (
            "A gateway gives up after about 100 s without a first byte: use stream=True for long "
            "answers."
        )
    return None


def _of_400(details: ErrorDetails, request: Mapping[str, Any]) -> str | None:
    if RESPONSES_ONLY.search(details.message or ""):
        return (
            "This model is not for chat completions: call it with "
            f"client.responses.create(model={request.get('model')!r}, input=…)."
        )
    if request.get("tools"):
        return (
            "tools were sent, and some models take none: client.models.retrieve(id).supports_tools "
            "says which."
        )
    return None


def _of_403(details: ErrorDetails, request: Mapping[str, Any], path: str) -> str | None:
    if "/grounded" in path:
        publisher = request.get("rag_publisher")
        sent = (
            "no rag_publisher was sent"
            if publisher is None
            else f"rag_publisher={publisher!r} was sent"
        )
        return f"{sent}: publisher names are case-sensitive, and must be open to your organization."
    if is_block(403, details, path):
        return BLOCKED
    return NO_PLAN if details.code == FORBIDDEN else None


def status_of(details: ErrorDetails) -> int:
    """The HTTP status that an error within an answer would have had."""
    if details.spending_limit:
        return 429
    code = details.code or ""
    if re.fullmatch("[45][0-9][0-9]", code):  # some servers give the status for a code
        return int(code)
    return STATUS_OF_CODE.get(code, STATUS_OF_CODE.get(details.type or "", 500))


def error_within(answer: object) -> object:
    """The error body that an answer, or an event of a stream, carries; or None (protocol §5, §6).

    It stands beside a `finish_reason` of `error`, or beside choices that say nothing, or it is all
    there is, in one of the shapes of protocol §6.
    """
    fields = as_object(answer)
    choices = as_list(fields.get("choices"))
    for choice in choices:
        own = as_object(choice).get("error")
        if as_object(choice).get("finish_reason") == "error" or (own and _says_nothing(choice)):
            error = fields.get("error") or own
            return {**fields, "error": error} if error else fields
    if choices:
        silent = fields.get("error") and all(_says_nothing(choice) for choice in choices)
        return fields if silent else None
    coded = "code" in fields and ("message" in fields or "type" in fields)
    return answer if coded or fields.get("error") or fields.get("detail") else None


def _says_nothing(choice: object) -> bool:
    """Whether a choice has neither words nor calls."""
    fields = as_object(choice)
    said = {**as_object(fields.get("message")), **as_object(fields.get("delta"))}
    said.pop("role", None)
    return not any(said.values())


def _oauth_code(outer: Mapping[str, Any]) -> str | None:
    """The code of shape H, which it calls `error` (RFC 6749 section 5.2)."""
    return _text(outer.get("error")) if "error_description" in outer else None


def _message(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> str | None:
    found = [
        text
        for value in (inner.get("message"), outer.get("message"), outer.get("detail"))
        if isinstance(value, str) and (text := value.strip())
    ]
    described = [outer.get(name) for name in ("error", "error_description")]
    words = ": ".join(text for text in described if isinstance(text, str) and text)
    if found:
        return f"{words}: {found[0]}" if words and words not in found[0] else found[0]
    refusals = "; ".join(_validation(row) for row in as_list(outer.get("detail")))
    return refusals or words or _text(inner.get("name")) or _text(inner.get("type"))


def _validation(row: object) -> str:
    """One refusal of shape C: `{"loc": ["body", "messages"], "msg": "Field required"}`."""
    fields = as_object(row)
    place = ".".join(str(part) for part in as_list(fields.get("loc")))
    return ": ".join(part for part in (place, _text(fields.get("msg")) or str(row)[:120]) if part)


def _of_text(body: object) -> str:
    if not isinstance(body, str):
        return f"a body of an unknown shape: {json.dumps(body, default=str)[:200]}"
    if not body:
        return "an empty body"
    title = re.search(r"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    if title or body.lstrip()[:1] == "<":
        words = re.sub(r"<[^>]*>", " ", title[1] if title else body)
        return f"an HTML page: {' '.join(words.split())[:200]}"
    return " ".join(body.split())[:200]


def _token_limit(request: Mapping[str, Any]) -> tuple[str, int | None]:
    for name in ("max_completion_tokens", "max_tokens"):
        value = request.get(name)
        if isinstance(value, int):
            return name, value
    return "max_tokens", None


def _first(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value)
