"""Embeddings, on the direct family."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import EMBEDDINGS, send


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings(local_gloo: LocalGloo, encoding: Any) -> None:
    """A unit vector for every text, the same for the same; the SDK reads both encodings."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/direct") as client:
        got = client.embeddings.create(
            model="gloo-baai-bge-base-en-v1.5",
            input=["one", "two", "one"],
            encoding_format=encoding,
        )
    one, two, again = (each.embedding for each in got.data)
    if encoding == "float":
        assert sum(value * value for value in one) == pytest.approx(1)
    assert one == again
    assert one != two


def test_embeddings_without_input(local_gloo: LocalGloo) -> None:
    """A 422, like the others."""
    assert send(local_gloo, EMBEDDINGS, {"model": "m"}).status == 422
