"""What came back: types, streams, errors, routing metadata, the catalogue's rows.

It knows how the SDK reads an answer and what Gloo puts into it, and nothing of how it was asked.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .catalogue import AsyncGlooModelPage, GlooModel, GlooModelPage, Prices, Pricing
    from .error_bodies import details_of, hint, may_retry, parse_body, rate_limit_reset
    from .errors import annotated, status_error_parts
    from .metadata import routing_metadata
    from .on_routing import OnRouting
    from .reading import checked, expect, unreadable
    from .stream_helpers import (
        AsyncGlooChatCompletionStreamManager,
        GlooChatCompletionStreamManager,
    )
    from .streams import AsyncGlooStream, GlooStream
    from .types import (
        Citation,
        GlooChatCompletion,
        GlooChatCompletionChunk,
        GlooParsedChatCompletion,
        GlooUsage,
        RoutingMetadata,
    )

__all__ = [
    "AsyncGlooChatCompletionStreamManager",
    "AsyncGlooModelPage",
    "AsyncGlooStream",
    "Citation",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooChatCompletionStreamManager",
    "GlooModel",
    "GlooModelPage",
    "GlooParsedChatCompletion",
    "GlooStream",
    "GlooUsage",
    "OnRouting",
    "Prices",
    "Pricing",
    "RoutingMetadata",
    "annotated",
    "checked",
    "details_of",
    "expect",
    "hint",
    "may_retry",
    "parse_body",
    "rate_limit_reset",
    "routing_metadata",
    "status_error_parts",
    "unreadable",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "catalogue": ["AsyncGlooModelPage", "GlooModel", "GlooModelPage", "Prices", "Pricing"],
        "error_bodies": ["details_of", "hint", "may_retry", "parse_body", "rate_limit_reset"],
        "errors": ["annotated", "status_error_parts"],
        "metadata": ["routing_metadata"],
        "on_routing": ["OnRouting"],
        "reading": ["checked", "expect", "unreadable"],
        "stream_helpers": [
            "AsyncGlooChatCompletionStreamManager",
            "GlooChatCompletionStreamManager",
        ],
        "streams": ["AsyncGlooStream", "GlooStream"],
        "types": [
            "Citation",
            "GlooChatCompletion",
            "GlooChatCompletionChunk",
            "GlooParsedChatCompletion",
            "GlooUsage",
            "RoutingMetadata",
        ],
    },
)
