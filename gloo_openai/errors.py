"""What can go wrong, as classes that users of the SDK already catch.

openai.OpenAIError
├── MissingCredentialsError        at construction: nothing to authenticate with
├── RoutingError (ValueError)      before anything is sent: contradictory or missing routing
└── openai.APIError
    ├── openai.APIConnectionError
    │   ├── TokenExchangeError     no token could be had: the token endpoint is down or odd
    │   └── StreamCutOffError      a streamed answer ended before it was finished
    └── openai.APIStatusError
        └── openai.AuthenticationError
            └── InvalidCredentialsError   the token endpoint rejected id and secret
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import openai

__all__ = [
    "ErrorDetails",
    "InvalidCredentialsError",
    "MissingCredentialsError",
    "RoutingError",
    "StreamCutOffError",
    "TokenExchangeError",
    "error_details",
]


class MissingCredentialsError(openai.OpenAIError):
    """No credentials were found; the message lists every place that was looked at."""


class InvalidCredentialsError(openai.AuthenticationError):
    """The token endpoint rejected the client id and secret (HTTP 400, 401 or 403)."""


class TokenExchangeError(openai.APIConnectionError):
    """The token endpoint could not be reached, or gave no usable answer."""


class RoutingError(openai.OpenAIError, ValueError):
    """The request does not say, or says twice, how its model is chosen; nothing was sent."""


class StreamCutOffError(openai.APIConnectionError):
    """A streamed answer ended before it was finished; `text` is what had arrived."""

    text: str

    def __init__(self, *, message: str, request: Any, text: str) -> None:
        super().__init__(message=message, request=request)
        self.text = text


@dataclass(frozen=True)
class ErrorDetails:
    """What an error says of itself; None where it says nothing."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    fault: str | None = None
    """Who is to blame: `user`, `provider`, `internal` …"""
    retryable: bool | None = None
    trace_id: str | None = None
    request_id: str | None = None
    spending_limit: bool = False
    text: str | None = None
    """Of an answer that broke off: what had arrived."""


def error_details(error: BaseException) -> ErrorDetails:
    """What Gloo said of an error, typed: `code`, `trace_id`, `request_id`, `retryable`, `fault`.

    The same values are attributes of every `openai.APIStatusError` that a Gloo client raises, and
    of what is raised in the middle of a stream, which has the `text` so far as well.
    """
    names = (field.name for field in fields(ErrorDetails) if field.name != "spending_limit")
    values: dict[str, Any] = {name: getattr(error, name, None) for name in names}
    return ErrorDetails(**values)
