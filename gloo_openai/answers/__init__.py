"""What came back: types, streams, errors, routing metadata, the catalogue's rows.

It knows how the SDK reads an answer and what Gloo puts into it, and nothing of how it was asked.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .catalogue import AsyncGlooModelPage, GlooModel, GlooModelPage, Pricing
    from .error_bodies import (
        details_of,
        error_within,
        hint,
        is_block,
        may_retry,
        parse_body,
        status_of,
    )
    from .errors import annotated, block, status_error_parts, worth_another_try
    from .events import looks_like_events
    from .metadata import routing_metadata
    from .nowhere import of_nowhere
    from .on_routing import OnRouting
    from .prices import Prices, charged, countable
    from .reading import UNREADABLE, checked, expect, reread, stream_class
    from .response_helpers import (
        AsyncGlooResponseStreamManager,
        GlooResponseStreamManager,
    )
    from .response_streams import (
        AsyncGlooResponseEventStream,
        GlooResponseEventStream,
        assembled_response,
        event_reader,
    )
    from .response_types import (
        GlooParsedResponse,
        GlooResponse,
        GlooResponseUsage,
        failure_of,
        whole_response,
    )
    from .routed import RoutingMetadata
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
    )
    from .usage import GlooUsage
    from .waits import rate_limit_reset

__all__ = [
    "UNREADABLE",
    "AsyncGlooChatCompletionStreamManager",
    "AsyncGlooModelPage",
    "AsyncGlooResponseEventStream",
    "AsyncGlooResponseStreamManager",
    "AsyncGlooStream",
    "Citation",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooChatCompletionStreamManager",
    "GlooModel",
    "GlooModelPage",
    "GlooParsedChatCompletion",
    "GlooParsedResponse",
    "GlooResponse",
    "GlooResponseEventStream",
    "GlooResponseStreamManager",
    "GlooResponseUsage",
    "GlooStream",
    "GlooUsage",
    "OnRouting",
    "Prices",
    "Pricing",
    "RoutingMetadata",
    "annotated",
    "assembled_response",
    "block",
    "charged",
    "checked",
    "countable",
    "details_of",
    "error_within",
    "event_reader",
    "expect",
    "failure_of",
    "hint",
    "is_block",
    "looks_like_events",
    "may_retry",
    "of_nowhere",
    "parse_body",
    "rate_limit_reset",
    "reread",
    "routing_metadata",
    "status_error_parts",
    "status_of",
    "stream_class",
    "whole_response",
    "worth_another_try",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "catalogue": ["AsyncGlooModelPage", "GlooModel", "GlooModelPage", "Pricing"],
        "error_bodies": [
            "details_of",
            "error_within",
            "hint",
            "is_block",
            "may_retry",
            "parse_body",
            "status_of",
        ],
        "errors": ["annotated", "block", "status_error_parts", "worth_another_try"],
        "events": ["looks_like_events"],
        "metadata": ["routing_metadata"],
        "nowhere": ["of_nowhere"],
        "on_routing": ["OnRouting"],
        "prices": ["Prices", "charged", "countable"],
        "reading": ["UNREADABLE", "checked", "expect", "reread", "stream_class"],
        "routed": ["RoutingMetadata"],
        "response_helpers": ["AsyncGlooResponseStreamManager", "GlooResponseStreamManager"],
        "response_streams": [
            "AsyncGlooResponseEventStream",
            "GlooResponseEventStream",
            "assembled_response",
            "event_reader",
        ],
        "response_types": [
            "GlooParsedResponse",
            "GlooResponse",
            "GlooResponseUsage",
            "failure_of",
            "whole_response",
        ],
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
        ],
        "usage": ["GlooUsage"],
        "waits": ["rate_limit_reset"],
    },
)
