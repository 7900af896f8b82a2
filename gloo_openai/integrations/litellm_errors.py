"""The adapter's exceptions as LiteLLM's own, which its retries, fallbacks and users go by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import litellm
import openai

from .. import MissingCredentialsError, RoutingError

__all__ = ["as_litellm"]

BY_KIND: tuple[tuple[Any, Any], ...] = (
    (MissingCredentialsError, litellm.AuthenticationError),
    (RoutingError, litellm.BadRequestError),
    (openai.AuthenticationError, litellm.AuthenticationError),
    (openai.PermissionDeniedError, litellm.PermissionDeniedError),
    (openai.NotFoundError, litellm.NotFoundError),
    (openai.UnprocessableEntityError, litellm.UnprocessableEntityError),
    (openai.RateLimitError, litellm.RateLimitError),
    (openai.BadRequestError, litellm.BadRequestError),
    (openai.InternalServerError, litellm.InternalServerError),
    (openai.APITimeoutError, litellm.Timeout),
    (openai.APIConnectionError, litellm.APIConnectionError),
)
"""The first that fits."""
BY_STATUS = {
    408: litellm.Timeout,
    502: litellm.BadGatewayError,
    503: litellm.ServiceUnavailableError,
}


@contextmanager
def as_litellm(model: str) -> Iterator[None]:
    """Raise LiteLLM's exception for the SDK's or ours, which is its `__cause__`."""
    try:
        yield
    except openai.OpenAIError as error:
        if isinstance(error, tuple(litellm.LITELLM_EXCEPTION_TYPES)):
            raise
        raise _mapped(error, model) from error


def _mapped(error: openai.OpenAIError, model: str) -> Exception:
    response = getattr(error, "response", None)
    known = {"message": str(error), "model": model, "llm_provider": "gloo"}
    kind = BY_STATUS.get(getattr(error, "status_code", 0)) or next(
        (ours for theirs, ours in BY_KIND if isinstance(error, theirs)), None
    )
    if kind is None:
        status = getattr(error, "status_code", 500)
        return litellm.APIError(status_code=status, **known)
    if kind is not litellm.APIConnectionError and response is not None:
        known["response"] = response
    return kind(**known)
