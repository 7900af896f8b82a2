"""`client.beta`, in a file of its own since importing the SDK's takes long."""

from __future__ import annotations

from openai._compat import cached_property
from openai.resources.beta import AsyncBeta, Beta

from .chat import AsyncGlooChat, GlooChat

__all__ = ["AsyncGlooBeta", "GlooBeta"]


class GlooBeta(Beta):
    """`client.beta`."""

    @cached_property
    def chat(self) -> GlooChat:
        """`client.chat`, by its older name."""
        return GlooChat(self._client)


class AsyncGlooBeta(AsyncBeta):
    """`client.beta`, awaited."""

    @cached_property
    def chat(self) -> AsyncGlooChat:
        """`client.chat`, by its older name."""
        return AsyncGlooChat(self._client)
