"""`GlooLLM`: CrewAI's OpenAI provider, talking to Gloo AI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field, model_validator

from .. import AUTO, PLACEHOLDER, AsyncGlooOpenAI, GlooAuth, GlooOpenAI, RoutingMetadata
from . import GLOO_OPTIONS, extra

with extra("crewai"):
    from crewai.llms.providers.openai.completion import OpenAICompletion

__all__ = ["GlooLLM"]

SDK_OPTIONS = ("timeout", "max_retries", "default_headers", "default_query")


class GlooLLM(OpenAICompletion):
    """`OpenAICompletion` on Gloo's clients: every field of it, and those below.

    `Agent(llm=GlooLLM())`; the model is a Gloo model or a pseudo model such as `gloo-auto`.
    """

    model: str = AUTO
    auth: GlooAuth | None = Field(default=None, exclude=True)
    """To share a token with other clients, or for credentials that are not in the environment."""
    tradition: str | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    on_routing: Callable[[RoutingMetadata], object] | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gloo(cls, data: Any) -> Any:
        """What keeps CrewAI from `/responses`, and from OpenAI's key and URL in the environment."""
        if not isinstance(data, dict):
            return data
        given = {"model": AUTO, **data}
        if not isinstance(given.get("auth"), GlooAuth):
            key = given.get("api_key")
            given["auth"] = GlooAuth(
                base_url=given.get("base_url"), api_key=None if key == PLACEHOLDER else key
            )
        url = given.get("base_url") or given["auth"].base_url
        return {**given, "custom_openai": True, "base_url": url, "api_key": PLACEHOLDER}

    def _build_sync_client(self) -> Any:
        return GlooOpenAI(**self._gloo_options())

    def _build_async_client(self) -> Any:
        return AsyncGlooOpenAI(**self._gloo_options())

    def _gloo_options(self) -> dict[str, Any]:
        options = {name: getattr(self, name) for name in (*GLOO_OPTIONS, *SDK_OPTIONS)}
        given = {name: value for name, value in options.items() if value is not None}
        return {"auth": self.auth, "base_url": self.base_url, **given, **(self.client_params or {})}
