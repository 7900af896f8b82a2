"""What Gloo refuses, and the body it says so with."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from .seen import SeenRequest

Json = dict[str, Any]

TRADITIONS = ("evangelical", "catholic", "mainline", "not_faith_specific")

# Field, JSON types, pydantic's name for the mistake, and its words (Gloo's API is built on it).
_TYPES: tuple[tuple[str, tuple[type, ...], str, str], ...] = (
    ("stream", (bool,), "bool_type", "Input should be a valid boolean"),
    ("temperature", (int, float), "float_type", "Input should be a valid number"),
    ("max_tokens", (int,), "int_type", "Input should be a valid integer"),
    ("tools", (list,), "list_type", "Input should be a valid list"),
)
_V2_TYPES = (
    ("model", (str,), "string_type", "Input should be a valid string"),
    ("model_family", (str,), "string_type", "Input should be a valid string"),
    ("auto_routing", (bool,), "bool_type", "Input should be a valid boolean"),
    ("tradition", (str,), "string_type", "Input should be a valid string"),
)
_GROUNDED_TYPES = (
    ("rag_publisher", (str,), "string_type", "Input should be a valid string"),
    ("sources_limit", (int,), "int_type", "Input should be a valid integer"),
    ("include_citations", (bool,), "bool_type", "Input should be a valid boolean"),
)


class Refusal(Exception):
    """An answer other than 200, raised where Gloo would give it."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found() -> Refusal:
    """404 for a path that Gloo does not have."""
    return Refusal(404, {"detail": "Not Found"})


def method_not_allowed(allowed: str) -> Refusal:
    """405 for a path that Gloo has under another method."""
    return Refusal(405, {"detail": "Method Not Allowed"}, {"Allow": allowed})


def missing_authorization() -> Refusal:
    """401 for a request without a bearer token."""
    code = "unauthorized_missing_authorization"
    return Refusal(401, {"error": "Missing Authorization", "code": code})


def bad_token() -> Refusal:
    """401 for a token that is unknown or has expired."""
    return Refusal(401, {"error": "Invalid Token", "code": "unauthorized_invalid_token"})


def forbidden() -> Refusal:
    """403 for what exists but is not this client's."""
    body = {"error": "Forbidden - insufficient permissions", "code": "forbidden"}
    return Refusal(403, body)


def invalid(*errors: Json) -> Refusal:
    """422 with the list of fields that are wrong."""
    return Refusal(422, {"detail": list(errors)})


def invalid_request(message: str, status: int = 400) -> Refusal:
    """400 as an AI error, code 1001: the fields are right, the request as a whole is not."""
    fields = {"name": "INVALID_REQUEST", "message": message, "category": "client"}
    return _ai_error(status, "invalid_request_error", 1001, fault="client", **fields)


def empty_completion() -> Refusal:
    """503 that calls itself retryable, for a reasoning model that spent all its tokens."""
    return _ai_error(503, "service_unavailable_error", 2006, fault="provider", retryable=True)


def _ai_error(status: int, type_: str, code: int, **fields: Any) -> Refusal:
    ids = {"trace_id": uuid.uuid4().hex, "request_id": f"req_{secrets.token_hex(8)}"}
    error = {"type": type_, "code": code, "retryable": False, **fields, **ids}
    return Refusal(status, {"error": error})


def field_error(field: str, type_: str, msg: str, given: object) -> Json:
    """One entry of a 422."""
    return {"type": type_, "loc": ["body", field], "msg": msg, "input": given}


def json_object(request: SeenRequest) -> Json:
    """The body, which has to be a JSON object sent as one."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = request.json
    if content_type != "application/json" or not isinstance(body, dict):
        msg = "Input should be a valid dictionary or object to extract fields from"
        given = request.body.decode(errors="replace")
        entry = {"type": "model_attributes_type", "loc": ["body"], "msg": msg, "input": given}
        raise invalid(entry)
    return body


def check_completion(body: Json, *, v2: bool, grounded: bool) -> None:
    """Refuse a completion request whose fields are wrong, all of them in one 422.

    Extra fields are ignored, so Gloo's own mean nothing to V1, nor grounding to a plain V2 call.
    """
    types = _TYPES + (_V2_TYPES if v2 else ()) + (_GROUNDED_TYPES if grounded else ())
    errors = [*_message_errors(body), *_type_errors(body, types)]
    if not errors:
        errors = list(_value_errors(body, v2=v2, grounded=grounded))
    if errors:
        raise invalid(*errors)


def _message_errors(body: Json) -> Iterator[Json]:
    if "messages" not in body:
        yield field_error("messages", "missing", "Field required", body)
        return
    messages = body["messages"]
    if not isinstance(messages, list):
        yield field_error("messages", "list_type", "Input should be a valid list", messages)
    elif not messages:
        msg = "List should have at least 1 item after validation, not 0"
        yield field_error("messages", "too_short", msg, messages)
    elif not all(isinstance(m, dict) and isinstance(m.get("role"), str) for m in messages):
        msg = "Input should be a list of objects with a role"
        yield field_error("messages", "model_attributes_type", msg, messages)
    elif messages[-1]["role"] not in {"user", "tool"}:
        msg = "Value error, the last message must be from the user or a tool"
        yield field_error("messages", "value_error", msg, messages)


def _type_errors(
    body: Json, types: tuple[tuple[str, tuple[type, ...], str, str], ...]
) -> Iterator[Json]:
    for field, allowed, type_, msg in types:
        value = body.get(field)
        # bool is an int to Python, but not to JSON.
        right = isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))
        if value is not None and not right:
            yield field_error(field, type_, msg, value)


def _value_errors(body: Json, *, v2: bool, grounded: bool) -> Iterator[Json]:
    yield from _range_errors(body, "temperature", 0, 2)
    yield from _range_errors(body, "max_tokens", 1, None)
    tradition = body.get("tradition")
    if v2 and tradition is not None:
        if tradition not in TRADITIONS:
            msg = "Input should be " + " or ".join(repr(name) for name in TRADITIONS)
            yield field_error("tradition", "literal_error", msg, tradition)
        elif tradition == "not_faith_specific" and not body.get("model"):
            msg = "Value error, not_faith_specific needs a model"
            yield field_error("tradition", "value_error", msg, tradition)
    if grounded:
        yield from _range_errors(body, "sources_limit", 1, 10)


def _range_errors(body: Json, field: str, low: int, high: int | None) -> Iterator[Json]:
    value = body.get(field)
    if value is None:
        return
    if value < low:
        msg = f"Input should be greater than or equal to {low}"
        yield field_error(field, "greater_than_equal", msg, value)
    elif high is not None and value > high:
        msg = f"Input should be less than or equal to {high}"
        yield field_error(field, "less_than_equal", msg, value)
