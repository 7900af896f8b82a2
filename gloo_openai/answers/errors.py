"""From Gloo's answer to a request that failed to the SDK's exception for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import openai

from ..auth import refusal_note
from ..errors import ErrorDetails, GuardrailBlockedError, error_details
from ..shapes import as_object
from .error_bodies import (
    SPENDING_LIMIT,
    describe,
    details_of,
    hint,
    is_block,
    may_retry,
    parse_body,
    status_of,
)
from .nowhere import of_nowhere

E = TypeVar("E", bound=openai.APIError)
OF_200 = "an answer of HTTP 200"


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
    nowhere = of_nowhere(response.status_code, request.method, str(request.url))
    notes = [each for each in (advice, nowhere, refusal_note(response)) if each]
    message = "\n".join([describe(response.status_code, body, details), *notes])
    plain = not isinstance(as_object(body).get("error"), (dict, type(None)))
    return message, {"error": body} if plain else body, details


def block(
    message: str, body: object, response: Any, details: ErrorDetails
) -> GuardrailBlockedError | None:
    """The exception for what a guardrail did not let through; None if it was something else."""
    if not is_block(response.status_code, details, response.request.url.path):
        return None
    error = as_object(body).get("error", body)
    return GuardrailBlockedError(message, response=response, body=error)


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


def worth_another_try(error: Exception) -> bool:
    """Whether a call that was answered with 200 and no answer in it may be sent once more.

    It may if the body was none (a gateway's page, half a JSON), and if the error that it was may be
    retried (protocol §6).
    """
    if isinstance(error, openai.APIResponseValidationError):
        return True
    if getattr(error, "answered_with", None) is None:
        return False
    status, details = cast("openai.APIStatusError", error).status_code, error_details(error)
    limit = replace(details, spending_limit=details.code == SPENDING_LIMIT)
    verdict = may_retry(status, limit)
    return (status in {408, 409, 429} or status >= 500) if verdict is None else verdict


def answered_error(
    body: object, response: Any, where: str, details: ErrorDetails | None = None
) -> openai.APIStatusError:
    """The SDK's exception for an error that came within an answer, whose own status was 200.

    Args:
        body: the error's.
        where: in what it came, for the message.
        details: what is known of it; read from the body and the response's headers if left out.
    """
    details = details or details_of(body, response.headers)
    status, request = status_of(details), response.request
    advice = hint(status, details, request_body(request), request.url.path, refreshed=False)
    message = f"{describe(status, body, details)}, in {where}"
    error = status_error(
        status,
        f"{message}\n{advice}" if advice else message,
        response=type(response)(status, request=request),
        body=as_object(as_object(body).get("error")) or body,
    )
    vars(error)["answered_with"] = response.status_code
    return annotated(error, details)


def status_error(
    status: int, message: str, *, response: Any, body: object
) -> openai.APIStatusError:
    """The SDK's exception for a status, when the response at hand has another one.

    So it is with an error within an answer, whose response began with 200.
    """
    kind = _CLASSES.get(status, openai.InternalServerError if status >= 500 else None)
    if is_block(status, details_of(body, {}), response.request.url.path):
        kind = GuardrailBlockedError
    make = cast("Any", kind or openai.APIStatusError)
    error: openai.APIStatusError = make(message, response=response, body=body)
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
