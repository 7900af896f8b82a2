"""From Gloo's answer to a request that failed to the SDK's exception for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import openai

from ..auth import refusal_note
from ..errors import ErrorDetails
from ..shapes import as_object
from .error_bodies import describe, details_of, hint, parse_body

E = TypeVar("E", bound=openai.APIError)


def annotated(error: E, details: ErrorDetails) -> E:
    """Put Gloo's details on an exception of the SDK's."""
    for name in ("code", "trace_id", "request_id", "retryable", "fault"):
        setattr(error, name, getattr(details, name))
    return error


def status_error_parts(body: object, response: Any) -> tuple[str, object, ErrorDetails]:
    """Message, body and details of a refused request, for the SDK's exception.

    The SDK takes `body["error"]` for the exception's body if there is one; a string there would
    lose the rest, so it is then given one level deeper.
    """
    if isinstance(body, str):  # what the SDK could not read as JSON may be so in another encoding
        body = parse_body(response.content)
    details = details_of(body, response.headers)
    request = response.request
    advice = hint(
        response.status_code,
        details,
        request_body(request),
        request.url.path,
        refreshed=refreshed(response),
    )
    notes = [each for each in (advice, refusal_note(response)) if each]
    message = "\n".join([describe(response.status_code, body, details), *notes])
    plain = not isinstance(as_object(body).get("error"), (dict, type(None)))
    return message, {"error": body} if plain else body, details


def refreshed(response: Any) -> bool:
    """Whether a request was sent again with a new token before this answer came."""
    return any(earlier.status_code == 401 for earlier in response.history)


def request_body(request: Any) -> Mapping[str, Any]:
    """The JSON object that a request carried; empty if it was something else."""
    try:
        body = parse_body(request.content)
    except Exception:  # noqa: BLE001 - each library has its own RequestNotRead
        return {}
    return as_object(body)


def status_error(
    status: int, message: str, *, response: Any, body: object
) -> openai.APIStatusError:
    """The SDK's exception for a status, when the response at hand has another one.

    So it is with an error in the middle of a stream, whose response began with 200.
    """
    kind = _CLASSES.get(status, openai.InternalServerError if status >= 500 else None)
    error = (kind or openai.APIStatusError)(message, response=response, body=body)
    error.status_code = status
    return error


_CLASSES: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}
