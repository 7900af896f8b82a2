"""What can go wrong, as classes that users of the SDK already catch.

openai.OpenAIError
├── MissingCredentialsError        at construction: nothing to authenticate with
├── RoutingError (ValueError)      before anything is sent: contradictory or missing routing
├── openai.ContentFilterFinishReasonError
│   └── GuardrailRefusalError      Gloo's guardrails answered where a shape was to be parsed
├── openai.LengthFinishReasonError
│   └── IncompleteAnswerError      a response ended too early where a shape was to be parsed
└── openai.APIError
    ├── openai.APIConnectionError
    │   ├── TokenExchangeError     no token could be had: the token endpoint is down or odd
    │   └── StreamCutOffError      a streamed answer ended before it was finished
    └── openai.APIStatusError
        ├── openai.AuthenticationError
        │   └── InvalidCredentialsError   the token endpoint rejected id and secret
        └── openai.PermissionDeniedError
            └── GuardrailBlockedError     403 on a guarded path: the guardrails let nothing through

UserWarning
└── GlooWarning                    what was sent and will not do what it says
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import openai

from .portable import Portable, register_sdk_errors

__all__ = [
    "ErrorDetails",
    "GlooWarning",
    "GuardrailBlockedError",
    "GuardrailRefusalError",
    "IncompleteAnswerError",
    "InvalidCredentialsError",
    "MissingCredentialsError",
    "RoutingError",
    "StreamCutOffError",
    "TokenExchangeError",
    "error_details",
    "is_spent",
]


SPENT = re.compile(
    r"spending.?limit|insufficient.?(quota|credit|fund|balance)|billing.?(hard.?)?limit"
    r"|budget.*(exceed|exhaust|limit|reach)|(exceed|exhaust|over).*budget"
    r"|credit.?balance|(credit|fund)s?.?(exhaust|deplet)|out.of.(credit|fund)|payment.?required",
    re.IGNORECASE,
)
"""What waiting cannot cure, as a code, a name or a type: OpenAI's, its gateways', and Gloo's."""
SHOWN = 500
"""Characters of an answer that an exception's message shows."""


class GlooWarning(UserWarning):
    """Something was sent that Gloo is not known to have, and would ignore without a word."""


class MissingCredentialsError(Portable, openai.OpenAIError):
    """No credentials were found; the message lists every place that was looked at."""


class InvalidCredentialsError(Portable, openai.AuthenticationError):
    """The token endpoint rejected the client id and secret (HTTP 400, 401 or 403)."""


class TokenExchangeError(Portable, openai.APIConnectionError):
    """The token endpoint could not be reached, or gave no usable answer."""


class RoutingError(Portable, openai.OpenAIError, ValueError):
    """The request does not say, or says twice, how its model is chosen; nothing was sent."""


class GuardrailBlockedError(Portable, openai.PermissionDeniedError):
    """Gloo's guardrails let a request not through (HTTP 403 on a guarded path, protocol §6).

    Asking again is blocked again, so it is never retried. A 403 whose code is `forbidden` is a
    missing entitlement, and the SDK's own `PermissionDeniedError`.
    """


class GuardrailRefusalError(Portable, openai.ContentFilterFinishReasonError):
    """Gloo's guardrails answered, in words, where a shape was to be parsed (protocol §5).

    `text` is what they said, `completion` the answer, where there is a whole one. Asking again
    gives the same.
    """

    text: str
    completion: Any

    def __init__(self, *, text: str, completion: Any = None) -> None:
        super().__init__()
        self.args = (
            "Gloo's guardrails answered in place of a model, so there is nothing to parse; asking "
            f"again gives the same. They said: {text[:SHOWN]!r}",
        )
        self.text = text
        self.completion = completion


class IncompleteAnswerError(Portable, openai.LengthFinishReasonError):
    """A response was to be parsed, and is `incomplete` (protocol §5, Responses).

    `text` is what had arrived, `reason` why there is no more, `completion` the response.
    """

    text: str
    reason: str | None
    completion: Any

    def __init__(self, *, text: str, completion: Any) -> None:
        details = getattr(completion, "incomplete_details", None)
        self.reason = getattr(details, "reason", None)
        self.text = text
        self.completion = completion
        openai.OpenAIError.__init__(
            self,
            f"The answer is incomplete ({self.reason or 'Gloo does not say why'}), so there is "
            f"nothing to parse; a larger max_output_tokens may help. It begins: {text[:SHOWN]!r}",
        )


class StreamCutOffError(Portable, openai.APIConnectionError):
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


register_sdk_errors()


def is_spent(names: Iterable[str | None]) -> bool:
    """Whether an error's code, name or type says that a quota, a credit or a budget is used up."""
    return any(SPENT.search(name) for name in names if name)
