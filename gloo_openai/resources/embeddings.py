"""`client.embeddings`: the SDK's, asked for as numbers where the caller names no encoding.

The SDK's own default, `base64`, is in no document of Gloo's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from openai import NotGiven, Omit
from openai.resources.embeddings import AsyncEmbeddings, Embeddings

__all__ = ["AsyncGlooEmbeddings", "GlooEmbeddings"]


def _as_numbers(parameters: dict[str, Any]) -> dict[str, Any]:
    named = parameters.get("encoding_format", Omit())
    body = parameters.get("extra_body")
    in_body = isinstance(body, Mapping) and "encoding_format" in body
    if isinstance(named, (Omit, NotGiven)) and not in_body:
        return {**parameters, "encoding_format": "float"}
    return parameters


class GlooEmbeddings(Embeddings):
    """`client.embeddings`."""

    if not TYPE_CHECKING:  # for type checkers it is the SDK's

        @wraps(Embeddings.create)
        def create(self, **parameters: Any) -> Any:
            """The SDK's `create`, on `/ai/v2/direct/embeddings` (protocol §8)."""
            return super().create(**_as_numbers(parameters))


class AsyncGlooEmbeddings(AsyncEmbeddings):
    """`client.embeddings`, awaited."""

    if not TYPE_CHECKING:  # for type checkers it is the SDK's

        @wraps(AsyncEmbeddings.create)
        async def create(self, **parameters: Any) -> Any:
            """The SDK's `create`, on `/ai/v2/direct/embeddings` (protocol §8)."""
            return await super().create(**_as_numbers(parameters))
