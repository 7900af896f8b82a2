"""What Gloo answers instead of a completion, and the body it says so with."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from .shapes import Json


class RefusedError(Exception):
    """An answer other than 200, raised where Gloo would give it."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found() -> RefusedError:
    """404 for a path that Gloo does not have."""
    return RefusedError(404, {"detail": "Not Found"})


def method_not_allowed(allowed: str) -> RefusedError:
    """405 for a path that Gloo has under another method."""
    return RefusedError(405, {"detail": "Method Not Allowed"}, {"Allow": allowed})


def denied(error: str, description: str) -> RefusedError:
    """400 from the token endpoint, whatever it dislikes (RFC 6749 section 5.2)."""
    return RefusedError(400, {"error": error, "error_description": description})


def missing_authorization() -> RefusedError:
    """401 for a request without a bearer token."""
    code = "unauthorized_missing_authorization"
    return RefusedError(401, {"error": "Missing Authorization", "code": code})


def bad_token() -> RefusedError:
    """401 for a token that is unknown or has expired."""
    return RefusedError(401, {"error": "Invalid Token", "code": "unauthorized_invalid_token"})


def forbidden() -> RefusedError:
    """403 for what exists but is not this client's."""
    body = {"error": "Forbidden - insufficient permissions", "code": "forbidden"}
    return RefusedError(403, body)


def guardrail_block() -> RefusedError:
    """403 for what the guardrails refuse; what Gloo's body for it says is unknown."""
    body = {"error": "Request blocked by guardrails", "code": "guardrail_block"}
    return RefusedError(403, body)


def field_error(field: str, type_: str, msg: str, given: object) -> Json:
    """One entry of a 422."""
    return {"type": type_, "loc": ["body", field], "msg": msg, "input": given}


def invalid(*errors: Json) -> RefusedError:
    """422 with the list of fields that are wrong."""
    return RefusedError(422, {"detail": list(errors)})


def invalid_request(message: str, status: int = 400) -> RefusedError:
    """400 as an AI error, code 1001: each field is right, the request as a whole is not."""
    fields = {"name": "INVALID_REQUEST", "message": message, "category": "client"}
    return _ai_error(status, type="invalid_request_error", code=1001, fault="client", **fields)


def empty_completion() -> RefusedError:
    """503 that calls itself retryable, for a reasoning model that spent all its tokens."""
    return _ai_error(
        503, type="service_unavailable_error", code=2006, fault="provider", retryable=True
    )


def _ai_error(status: int, **fields: Any) -> RefusedError:
    ids = {"trace_id": uuid.uuid4().hex, "request_id": f"req_{secrets.token_hex(8)}"}
    return RefusedError(status, {"error": {"retryable": False, **fields, **ids}})
