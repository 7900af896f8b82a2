"""The OpenAI Python SDK, talking to Gloo AI."""

from .auth import GlooAuth
from .client import AsyncGlooOpenAI, GlooOpenAI
from .errors import (
    InvalidCredentialsError,
    MissingCredentialsError,
    RoutingError,
    TokenExchangeError,
)
from .routing import AUTO, auto_model, gloo_body

__version__ = "0.1.0"

__all__ = [
    "AUTO",
    "AsyncGlooOpenAI",
    "GlooAuth",
    "GlooOpenAI",
    "InvalidCredentialsError",
    "MissingCredentialsError",
    "RoutingError",
    "TokenExchangeError",
    "auto_model",
    "gloo_body",
]
