"""Function tools: who may have them, and how they are called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import AUTO, DIRECT, HELLO, MODEL, V2, WEATHER, send


def test_tool_round_trip(client: OpenAI) -> None:
    """The first tool is called, with arguments that fit; its result is told."""
    tools: Any = [WEATHER]
    messages: list[Any] = [{"role": "user", "content": "What's the weather in Shanghai?"}]
    choice = client.chat.completions.create(model=MODEL, messages=messages, tools=tools).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"location": "location"}
    messages += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    assert answer.choices[0].message.content == "The tool answered: sunny"


def test_tool_choice(local_gloo: LocalGloo) -> None:
    """`none` means none; a named one is called."""
    other = {"type": "function", "function": {"name": "other"}}
    body = {**DIRECT, "tools": [WEATHER, other]}
    none = send(local_gloo, V2, {**body, "tool_choice": "none"}).json["choices"][0]
    assert none["finish_reason"] == "stop"
    named = {"type": "function", "function": {"name": "other"}}
    called = send(local_gloo, V2, {**body, "tool_choice": named}).json["choices"][0]["message"]
    assert called["tool_calls"][0]["function"] == {"name": "other", "arguments": "{}"}


@pytest.mark.parametrize(
    "choice", ["required", {"type": "function", "function": {"name": "get_weather"}}]
)
def test_a_call_that_is_asked_for_is_made(local_gloo: LocalGloo, choice: object) -> None:
    """Also after a tool's result, as a model that must call would."""
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "sunny"},
    ]
    body = {"model": MODEL, "messages": messages, "tools": [WEATHER]}
    forced = send(local_gloo, V2, {**body, "tool_choice": choice}).json["choices"][0]
    assert forced["message"]["tool_calls"][0]["function"]["name"] == "get_weather"
    free = send(local_gloo, V2, {**body, "tool_choice": "auto"}).json["choices"][0]
    assert free["message"]["content"] == "The tool answered: sunny"


def test_streamed_tool_call(local_gloo: LocalGloo) -> None:
    """Its id and name first, then its arguments in pieces."""
    chunks = send(local_gloo, V2, {**DIRECT, "tools": [WEATHER], "stream": True}).events[1:-2]
    first, *rest = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks]
    assert first["id"]
    assert first["function"] == {"name": "get_weather", "arguments": ""}
    assert len(rest) > 1
    pieces = [call["function"].pop("arguments") for call in rest]
    assert json.loads("".join(pieces)) == {"location": "location"}
    assert rest == [{"index": 0, "function": {}}] * len(rest)


@pytest.mark.parametrize("arguments", [{"location": "Shanghai"}, '{"location": "Shanghai"}'])
def test_chosen_tool_calls(client: OpenAI, local_gloo: LocalGloo, arguments: Any) -> None:
    """With arguments as an object or as the text on the wire."""
    local_gloo.answer(tool_calls=[{"name": "get_weather", "arguments": arguments, "id": "call_1"}])
    choice = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hi"}]
    ).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert (call.id, json.loads(call.function.arguments)) == ("call_1", {"location": "Shanghai"})


def test_model_without_tools(local_gloo: LocalGloo) -> None:
    """400 where the catalogue says so; routing goes round such models."""
    llama = "gloo-meta-llama-3.1-8b-instruct"
    got = send(local_gloo, V2, {"model": llama, "messages": HELLO, "tools": [WEATHER]})
    assert (got.status, got.json["error"]["retryable"]) == (400, False)
    assert send(local_gloo, V2, {"model": llama, "messages": HELLO, "tools": []}).status == 200
    local_gloo.models = [row for row in local_gloo.models if row.get("id") == llama]
    assert send(local_gloo, V2, {**AUTO, "tools": [WEATHER]}).status == 400
