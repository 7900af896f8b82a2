"""The OpenAI Python SDK, talking to Gloo AI."""

from .auth import GlooAuth
from .client import AsyncGlooOpenAI, GlooOpenAI
from .errors import (
    ErrorDetails,
    InvalidCredentialsError,
    MissingCredentialsError,
    RoutingError,
    StreamCutOffError,
    TokenExchangeError,
    error_details,
)
from .metadata import routing_metadata
from .routing import AUTO, auto_model, gloo_body
from .types import (
    Citation,
    GlooChatCompletion,
    GlooChatCompletionChunk,
    GlooModel,
    GlooParsedChatCompletion,
    GlooUsage,
    Pricing,
    RoutingMetadata,
)

__version__ = "0.1.0"

__all__ = [
    "AUTO",
    "AsyncGlooOpenAI",
    "Citation",
    "ErrorDetails",
    "GlooAuth",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooModel",
    "GlooOpenAI",
    "GlooParsedChatCompletion",
    "GlooUsage",
    "InvalidCredentialsError",
    "MissingCredentialsError",
    "Pricing",
    "RoutingError",
    "RoutingMetadata",
    "StreamCutOffError",
    "TokenExchangeError",
    "auto_model",
    "error_details",
    "gloo_body",
    "routing_metadata",
]
