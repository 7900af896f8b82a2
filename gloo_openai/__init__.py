"""The OpenAI Python SDK, talking to Gloo AI.

Names are loaded when they are first used, as the SDK does it: importing the package costs nothing
that a program does not need.
"""

from typing import TYPE_CHECKING

from .lazy import lazy_names

if TYPE_CHECKING:
    from .answers import (
        AsyncGlooResponseEventStream,
        AsyncGlooStream,
        Citation,
        GlooChatCompletion,
        GlooChatCompletionChunk,
        GlooModel,
        GlooParsedChatCompletion,
        GlooParsedResponse,
        GlooResponse,
        GlooResponseEventStream,
        GlooResponseUsage,
        GlooStream,
        GlooUsage,
        Pricing,
        RoutingMetadata,
        routing_metadata,
    )
    from .auth import PLACEHOLDER, GlooAuth
    from .client import AsyncGlooOpenAI, GlooOpenAI
    from .errors import (
        ErrorDetails,
        GlooWarning,
        GuardrailBlockedError,
        GuardrailRefusalError,
        IncompleteAnswerError,
        InvalidCredentialsError,
        MissingCredentialsError,
        RoutingError,
        StreamCutOffError,
        TokenExchangeError,
        error_details,
    )
    from .routing import AUTO, auto_model, gloo_body

__version__ = "0.1.0"

__all__ = [
    "AUTO",
    "PLACEHOLDER",
    "AsyncGlooOpenAI",
    "AsyncGlooResponseEventStream",
    "AsyncGlooStream",
    "Citation",
    "ErrorDetails",
    "GlooAuth",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooModel",
    "GlooOpenAI",
    "GlooParsedChatCompletion",
    "GlooParsedResponse",
    "GlooResponse",
    "GlooResponseEventStream",
    "GlooResponseUsage",
    "GlooStream",
    "GlooUsage",
    "GlooWarning",
    "GuardrailBlockedError",
    "GuardrailRefusalError",
    "IncompleteAnswerError",
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

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "answers": [
            "AsyncGlooResponseEventStream",
            "AsyncGlooStream",
            "Citation",
            "GlooChatCompletion",
            "GlooChatCompletionChunk",
            "GlooModel",
            "GlooParsedChatCompletion",
            "GlooParsedResponse",
            "GlooResponse",
            "GlooResponseEventStream",
            "GlooResponseUsage",
            "GlooStream",
            "GlooUsage",
            "Pricing",
            "RoutingMetadata",
            "routing_metadata",
        ],
        "auth": ["PLACEHOLDER", "GlooAuth"],
        "client": ["AsyncGlooOpenAI", "GlooOpenAI"],
        "errors": [
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
        ],
        "routing": ["AUTO", "auto_model", "gloo_body"],
    },
)
