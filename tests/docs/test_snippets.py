"""What a user writes, line by line, on every kind of client."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from gloo_openai import (
    AUTO,
    AsyncGlooOpenAI,
    GlooAuth,
    GlooOpenAI,
    auto_model,
    gloo_body,
)
from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES
from ..worlds import World

SONNET = "gloo-anthropic-claude-sonnet-4.5"
V2 = "/ai/v2/chat/completions"
GROUNDED = f"{V2}/grounded"


class Verse(BaseModel):
    book: str
    chapter: int


LINES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"model": SONNET}, {"model": SONNET}, V2),
    (
        {"auto_routing": True, "tradition": "evangelical"},
        {"auto_routing": True, "tradition": "evangelical"},
        V2,
    ),
    ({"model_family": "open source"}, {"model_family": "open source"}, V2),
    ({"model": AUTO}, {"auto_routing": True}, V2),
    ({"model": auto_model("anthropic")}, {"model_family": "anthropic"}, V2),
    (
        {
            "auto_routing": True,
            "rag_publisher": "Bezalel",
            "sources_limit": 3,
            "include_citations": True,
        },
        {
            "auto_routing": True,
            "rag_publisher": "Bezalel",
            "sources_limit": 3,
            "include_citations": True,
        },
        GROUNDED,
    ),
    (
        {"model": SONNET, "extra_body": gloo_body(tradition="catholic")},
        {"model": SONNET, "tradition": "catholic"},
        V2,
    ),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_each_way_to_call_create(world: World, gloo: LocalGloo, streamed: bool) -> None:
    """Every `create` of the introduction, whole and streamed: what goes out, what comes back."""
    client = world.client()
    for keywords, fields, path in LINES:
        gloo.answer("Rejoice always.")
        call: dict[str, Any] = {"messages": MESSAGES, **keywords}
        if streamed:
            chunks = world.stream(client.chat.completions.create, **call)
            choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
            text = "".join(choice.delta.content or "" for choice in choices)
        else:
            text = world.call(client.chat.completions.create, **call).choices[0].message.content
        sent = gloo.completions[-1]
        assert text == "Rejoice always.", keywords
        streaming = {"stream": True} if streamed else {}
        assert (sent.path, sent.json) == (path, {"messages": MESSAGES, **fields, **streaming})
    assert len(gloo.exchanges) == 1


def test_parse(world: World, gloo: LocalGloo) -> None:
    """A typed answer without a model."""
    completions = world.client().chat.completions
    answer = world.call(
        completions.parse, auto_routing=True, messages=MESSAGES, response_format=Verse
    )
    assert isinstance(answer.choices[0].message.parsed, Verse)
    assert "model" not in gloo.completions[0].json


def test_the_stream_helper(world: World, gloo: LocalGloo) -> None:
    """`with client.chat.completions.stream(...) as events`, without a model."""
    gloo.answer("Rejoice always.")
    manager = world.client().chat.completions.stream(auto_routing=True, messages=MESSAGES)

    if world.is_async:

        async def run() -> list[Any]:
            async with manager as stream:
                return [event async for event in stream]

        events = world.call(run)
    else:
        with manager as stream:
            events = list(stream)
    deltas = [event.delta for event in events if event.type == "content.delta"]
    assert "".join(deltas) == "Rejoice always."
    assert gloo.completions[0].json == {
        "messages": MESSAGES,
        "auto_routing": True,
        "stream": True,
    }


def test_the_raw_post(world: World, gloo: LocalGloo) -> None:
    """`client.post` follows the same rules."""
    body = {"messages": MESSAGES, "auto_routing": True}
    client = world.client()
    answer = world.call(client.post, "/chat/completions", body=body, cast_to=ChatCompletion)
    assert isinstance(answer, ChatCompletion)
    world.call(
        client.post,
        "/chat/completions",
        body={"messages": MESSAGES, "model": AUTO, "rag_publisher": "Bezalel"},
        cast_to=ChatCompletion,
    )
    assert [request.path for request in gloo.completions] == [V2, GROUNDED]
    assert gloo.completions[1].json["auto_routing"] is True


def test_views(world: World, gloo: LocalGloo) -> None:
    """`with_options` fills in what its calls leave out, and shares the token."""
    client = world.client()
    catholic = client.with_options(tradition="catholic")
    grounded = client.with_options(rag_publisher="Bezalel")
    for view in (client, catholic, grounded):
        assert type(view) is type(client)
        world.call(view.chat.completions.create, model=AUTO, messages=MESSAGES)
    plain, with_tradition, with_sources = gloo.completions
    assert "tradition" not in plain.json
    assert with_tradition.json["tradition"] == "catholic"
    assert (with_sources.path, with_sources.json["rag_publisher"]) == (GROUNDED, "Bezalel")
    assert len(gloo.exchanges) == 1


def test_one_token_for_both_kinds_of_client(world: World, gloo: LocalGloo) -> None:
    """`shared = GlooAuth(); a, b = GlooOpenAI(auth=shared), AsyncGlooOpenAI(auth=shared)`."""
    shared = GlooAuth()
    mine, other = world.client(auth=shared), GlooOpenAI(auth=shared)
    assert AsyncGlooOpenAI(auth=shared).auth is shared
    with other:
        other.chat.completions.create(model=AUTO, messages=MESSAGES)
    world.call(mine.chat.completions.create, model=AUTO, messages=MESSAGES)
    assert len(gloo.exchanges) == 1


def test_any_other_endpoint(world: World, gloo: LocalGloo) -> None:
    """`httpx.get(url, auth=GlooAuth())`, with either library and either kind of client."""
    http = world.http(auth=GlooAuth())
    answer = world.call(
        http.post,
        f"{gloo.origin}/ai/v2/chat/completions",
        json={"messages": MESSAGES, "auto_routing": True},
    )
    assert answer.json()["object"] == "chat.completion"
    assert world.http_library.get(f"{gloo.origin}/platform/v2/models", auth=GlooAuth()).is_success


def test_a_caller_of_the_sdk_catches_what_routing_refuses(world: World, gloo: LocalGloo) -> None:
    """No mechanism at all: an `openai.OpenAIError` that says what to write, and nothing sent."""
    completions = world.client().chat.completions
    with pytest.raises(openai.OpenAIError, match="auto_routing=True"):
        world.call(completions.create, messages=MESSAGES)
    assert gloo.requests == []


@pytest.mark.parametrize("left_out", [openai.omit, openai.not_given], ids=["omit", "not_given"])
def test_gloo_s_keywords_can_be_left_out_as_the_sdk_s(
    world: World, gloo: LocalGloo, left_out: object
) -> None:
    """A wrapper that passes everything on passes `omit` for what its caller did not give."""
    completions = world.client().chat.completions
    asked = {"tradition": left_out, "sources_limit": left_out, "temperature": openai.omit}
    world.call(completions.create, messages=MESSAGES, auto_routing=True, **asked)
    assert gloo.completions[0].json == {"messages": MESSAGES, "auto_routing": True}
