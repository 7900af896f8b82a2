"""`refusals_raise`: where guardrails answer in place of a shape, whoever wanted it hears so."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from gloo_openai import GuardrailRefusalError
from gloo_openai.integrations.refusals import refusals_raise
from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES
from ..worlds import World

TOOL = {"type": "function", "function": {"name": "Verse", "parameters": {"type": "object"}}}
NAMED = {"type": "function", "function": {"name": "Verse"}}
SCHEMA = {"name": "Verse", "schema": {"type": "object"}}
SHAPES: list[dict[str, Any]] = [
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
    {"tools": [TOOL], "tool_choice": "required"},
    {"tools": [TOOL], "tool_choice": NAMED},
]
WORDS: list[dict[str, Any]] = [
    {},
    {"response_format": {"type": "text"}},
    {"response_format": openai.omit, "tool_choice": openai.omit},
    {"tools": [TOOL], "tool_choice": "auto"},
]


def call(**options: Any) -> dict[str, Any]:
    return {"messages": MESSAGES, "auto_routing": True, **options}


@pytest.mark.parametrize("shape", SHAPES, ids=["json", "schema", "required", "named"])
def test_a_refusal_in_place_of_a_shape(world: World, gloo: LocalGloo, shape: Any) -> None:
    """The error has the words of the guardrails and the answer; nothing is asked again."""
    client = refusals_raise(world.client(tradition="catholic"))
    gloo.refuse()
    with pytest.raises(GuardrailRefusalError) as caught:
        world.call(client.chat.completions.create, **call(**shape))
    assert caught.value.text.startswith("I'm sorry")
    assert caught.value.completion.guardrail_refusal
    assert [request.json["tradition"] for request in gloo.completions] == ["catholic"]


@pytest.mark.parametrize("words", WORDS, ids=["nothing", "text", "omitted", "auto"])
def test_a_refusal_where_words_do(world: World, gloo: LocalGloo, words: Any) -> None:
    """A call that asks for no shape has its answer."""
    client = refusals_raise(world.client())
    gloo.refuse()
    answer = world.call(client.chat.completions.create, **call(**words))
    assert answer.guardrail_refusal
    gloo.refuse()
    client = refusals_raise(world.client(), always=True)
    with pytest.raises(GuardrailRefusalError):
        world.call(client.chat.completions.create, **call(**words))


@pytest.mark.parametrize("shape", SHAPES, ids=["json", "schema", "required", "named"])
def test_an_answer(world: World, gloo: LocalGloo, shape: Any) -> None:
    """An answer is an answer, and the client that was given is as it was."""
    client = world.client()
    view = refusals_raise(client)
    assert type(view) is type(client)
    assert world.call(view.chat.completions.create, **call(**shape)).choices
    gloo.refuse()
    assert world.call(client.chat.completions.create, **call(**shape)).guardrail_refusal
    assert len(gloo.exchanges) == 1


def test_a_stream(world: World, gloo: LocalGloo) -> None:
    """Streams are as ever."""
    client = refusals_raise(world.client())
    gloo.refuse()
    shape = SHAPES[0]
    assert world.stream(client.chat.completions.create, **call(**shape))
