"""`client.embeddings`: it works as it stands, on the client that has everything else."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from openai import Omit, not_given, omit

from gloo_openai.testing import LocalGloo

from ..worlds import World

THERE = "/ai/v2/direct/embeddings"
CALL: Any = {"model": "gloo-baai-bge-base-en-v1.5", "input": ["grace", "truth"]}


@pytest.mark.parametrize("endpoint", [None, "guarded", "direct", "grounded", "something-new"])
def test_embeddings_work_from_any_endpoint(
    gloo: LocalGloo, world: World, endpoint: str | None
) -> None:
    """Plain, raw and streaming, and posted by hand."""
    client = world.client(endpoint=endpoint, tradition="catholic", grounded=endpoint and True)
    answer = world.call(client.embeddings.create, **CALL)
    assert [len(row.embedding) for row in answer.data] == [768, 768]
    raw = world.call(client.embeddings.with_raw_response.create, **CALL)
    assert raw.parse() == answer
    for url in ("/embeddings", "embeddings", f"{client.base_url}embeddings"):
        world.call(client.post, url, body=CALL, cast_to=object)
    assert [request.path for request in gloo.requests if request.json] == [THERE] * 5


@pytest.mark.parametrize("nothing", [{}, {"encoding_format": omit}, {"encoding_format": not_given}])
def test_they_are_asked_for_as_numbers(
    gloo: LocalGloo, world: World, nothing: dict[str, Any]
) -> None:
    """Where the caller names no encoding; nothing else is added."""
    world.call(world.client().embeddings.create, **CALL, **nothing)
    assert gloo.requests[-1].json == {**CALL, "encoding_format": "float"}


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("place", ["keyword", "extra_body"])
def test_an_encoding_that_is_named_is_used(
    gloo: LocalGloo, world: World, encoding: str, place: str
) -> None:
    """And read as the SDK reads it: what was asked for as base64 comes as that."""
    named: Any = {"encoding_format": encoding}
    options = named if place == "keyword" else {"extra_body": named}
    answer = world.call(world.client().embeddings.create, **CALL, **options)
    assert gloo.requests[-1].json == {**CALL, **named}
    theirs = world.openai(base_url=f"{gloo.origin}/ai/v2/direct", api_key="sk_local")
    assert answer == world.call(theirs.embeddings.create, **CALL, **options)


def test_the_values_are_those_of_the_sdks_own_way(gloo: LocalGloo, world: World) -> None:
    """Its base64 is single precision, the numbers are as Gloo writes them."""
    ours = world.call(world.client().embeddings.create, **CALL).data[0].embedding
    plain = world.openai(base_url=f"{gloo.origin}/ai/v2/direct", api_key="sk_local")
    theirs = world.call(plain.embeddings.create, **CALL, encoding_format="base64")
    packed = base64.b64decode(str(theirs.data[0].embedding))
    assert struct.unpack(f"<{len(ours)}f", packed) == pytest.approx(tuple(ours), abs=1e-6)


@pytest.mark.parametrize("body", [CALL, {**CALL, "encoding_format": "base64", "tradition": "x"}])
def test_what_is_posted_passes_as_it_is(gloo: LocalGloo, world: World, body: Any) -> None:
    """But for the path."""
    world.call(world.client(tradition="catholic").post, "/embeddings", body=body, cast_to=object)
    assert gloo.requests[-1].json == body
    assert gloo.requests[-1].path == THERE


def test_a_gateways_own_embeddings_are_left_alone(gloo: LocalGloo, world: World) -> None:
    """Its base URL is none of Gloo's."""
    gloo.fault("/v1/embeddings", status=200, body={"object": "list", "data": []})
    client = world.client(base_url=f"{gloo.origin}/v1", api_key="sk_local")
    world.call(client.embeddings.create, **CALL, extra_headers={"x-nothing": Omit()})
    assert gloo.requests[-1].path == "/v1/embeddings"
