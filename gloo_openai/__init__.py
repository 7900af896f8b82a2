"""The OpenAI Python SDK, talking to Gloo AI.

Names are loaded when they are first used, as the SDK does it: importing the package costs nothing
that a program does not need.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .auth import GlooAuth
    from .client import AsyncGlooOpenAI, GlooOpenAI
    from .error_bodies import ErrorDetails
    from .errors import (
        InvalidCredentialsError,
        MissingCredentialsError,
        RoutingError,
        StreamCutOffError,
        TokenExchangeError,
        error_details,
    )
    from .metadata import routing_metadata
    from .routing import AUTO, auto_model, gloo_body
    from .streams import AsyncGlooStream, GlooStream
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
    "AsyncGlooStream",
    "Citation",
    "ErrorDetails",
    "GlooAuth",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooModel",
    "GlooOpenAI",
    "GlooParsedChatCompletion",
    "GlooStream",
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

_NAMES = {
    "auth": ["GlooAuth"],
    "client": ["AsyncGlooOpenAI", "GlooOpenAI"],
    "error_bodies": ["ErrorDetails"],
    "errors": [name for name in __all__ if name.endswith("Error")] + ["error_details"],
    "metadata": ["routing_metadata"],
    "routing": ["AUTO", "auto_model", "gloo_body"],
    "streams": ["AsyncGlooStream", "GlooStream"],
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_MODULE_OF.get(name, 'types')}", __name__)
    value: object = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
