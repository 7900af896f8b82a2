"""What is asked: the SDK's resources with Gloo's keywords, typed.

They know the types of answers and the rules of routing; the calls themselves are the SDK's own.
Each is loaded by the first call that needs it.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .beta import AsyncGlooBeta, GlooBeta
    from .chat import AsyncGlooChat, AsyncGlooCompletions, GlooChat, GlooCompletions
    from .embeddings import AsyncGlooEmbeddings, GlooEmbeddings
    from .models import CATALOGUE_PATH, AsyncGlooModels, GlooModels
    from .responses import AsyncGlooResponses, GlooResponses
    from .webhooks import AsyncGlooWebhooks, GlooWebhooks

__all__ = [
    "CATALOGUE_PATH",
    "AsyncGlooBeta",
    "AsyncGlooChat",
    "AsyncGlooCompletions",
    "AsyncGlooEmbeddings",
    "AsyncGlooModels",
    "AsyncGlooResponses",
    "AsyncGlooWebhooks",
    "GlooBeta",
    "GlooChat",
    "GlooCompletions",
    "GlooEmbeddings",
    "GlooModels",
    "GlooResponses",
    "GlooWebhooks",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "beta": ["AsyncGlooBeta", "GlooBeta"],
        "chat": ["AsyncGlooChat", "AsyncGlooCompletions", "GlooChat", "GlooCompletions"],
        "embeddings": ["AsyncGlooEmbeddings", "GlooEmbeddings"],
        "models": ["CATALOGUE_PATH", "AsyncGlooModels", "GlooModels"],
        "webhooks": ["AsyncGlooWebhooks", "GlooWebhooks"],
        "responses": ["AsyncGlooResponses", "GlooResponses"],
    },
)
