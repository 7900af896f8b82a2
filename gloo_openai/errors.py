"""What can go wrong, as classes that users of the SDK already catch.

    openai.OpenAIError
    ├── MissingCredentialsError        at construction: nothing to authenticate with
    ├── RoutingError (ValueError)      before anything is sent: contradictory or missing routing
    └── openai.APIError
        ├── openai.APIConnectionError
        │   └── TokenExchangeError     no token could be had: the token endpoint is down or odd
        └── openai.APIStatusError
            └── openai.AuthenticationError
                └── InvalidCredentialsError   the token endpoint rejected id and secret
"""

from __future__ import annotations

import openai

__all__ = [
    "InvalidCredentialsError",
    "MissingCredentialsError",
    "RoutingError",
    "TokenExchangeError",
]


class MissingCredentialsError(openai.OpenAIError):
    """No credentials were found; the message lists every place that was looked at."""


class InvalidCredentialsError(openai.AuthenticationError):
    """The token endpoint rejected the client id and secret (HTTP 400, 401 or 403)."""


class TokenExchangeError(openai.APIConnectionError):
    """The token endpoint could not be reached, or gave no usable answer."""


class RoutingError(openai.OpenAIError, ValueError):
    """The request does not say, or says twice, how its model is chosen; nothing was sent."""
