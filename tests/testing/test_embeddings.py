"""Embeddings, on the direct family."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import EMBEDDINGS, MODEL, send

BGE = "gloo-baai-bge-base-en-v1.5"


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


@pytest.mark.parametrize(
    "wrong", [{"input": None}, {"model": None}, {"model": 5}, {"dimensions": "many"}]
)
def test_wrong_field_is_a_422(local_gloo: LocalGloo, wrong: dict[str, Any]) -> None:
    """Like the others."""
    assert send(local_gloo, EMBEDDINGS, {"model": BGE, "input": "Hi", **wrong}).status == 422


@pytest.mark.parametrize(
    "wrong",
    [{"input": ["a"] * 2049}, {"input": ["Hi", "word " * 512]}, {"model": MODEL}],
    ids=["too many", "too long", "no such model"],
)
def test_what_no_model_embeds_is_a_400(local_gloo: LocalGloo, wrong: dict[str, Any]) -> None:
    """At most 2,048 texts of 512 tokens, from a model that makes embeddings."""
    assert send(local_gloo, EMBEDDINGS, {"model": BGE, "input": ["a"] * 2048}).status == 200
    assert send(local_gloo, EMBEDDINGS, {"model": BGE, "input": "Hi", **wrong}).status == 400


def test_tokens_are_a_text_too(local_gloo: LocalGloo) -> None:
    """A list of numbers is one text, a list of such lists are several."""
    for given, count in (([1, 2, 3], 1), ([[1], [2, 3]], 2)):
        got = send(local_gloo, EMBEDDINGS, {"model": BGE, "input": given}).json
        assert len(got["data"]) == count
