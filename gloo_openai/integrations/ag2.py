"""`GlooConfig`: AG2's `OpenAIConfig`, talking to Gloo AI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import AUTO, PLACEHOLDER, AsyncGlooOpenAI
from . import extra

with extra("ag2"):
    from ag2.config import OpenAIConfig

__all__ = ["GlooConfig"]


@dataclass
class GlooConfig(OpenAIConfig):
    """`OpenAIConfig` on a client of Gloo's: `Agent("helper", config=GlooConfig())`.

    AG2 takes no client, and `http_client=` brings the token but not Gloo's routing. What belongs to
    a client (`base_url`, `timeout`, `max_retries`, `tradition` …) is an option of `client`.
    """

    model: str = AUTO
    api_key: str | None = PLACEHOLDER
    client: AsyncGlooOpenAI = field(default_factory=AsyncGlooOpenAI, repr=False)

    def create(self) -> Any:
        """AG2's own client, with this one in place of OpenAI's."""
        made = OpenAIConfig.create(self)
        made._client = self.client
        return made
