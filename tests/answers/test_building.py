"""What the fast way builds is what the SDK would have built, whatever the JSON.

`FUZZ_EXAMPLES=5000 pytest tests/answers/test_building.py` looks longer, and elsewhere each time.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BaseModel
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from gloo_openai import GlooChatCompletion, GlooChatCompletionChunk, GlooResponse
from gloo_openai.answers.building import built

from .observed import asked, fuzzed, same, shaped

assert asked  # a fixture

KINDS: dict[str, Any] = {
    "chunk": GlooChatCompletionChunk,
    "the SDK's chunk": ChatCompletionChunk,
    "completion": GlooChatCompletion,
    "the SDK's completion": ChatCompletion,
    "response": GlooResponse,
    "the SDK's response": Response,
    "event of a response": ResponseStreamEvent,
}
BASE = {"id": "gen-1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
USAGE = {
    **{"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.002},
    "prompt_tokens_details": {"cached_tokens": 1, "later": None},
}
CALL: dict[str, Any] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
}
MESSAGE = {"role": "assistant", "content": "Joy", "refusal": None, "tool_calls": [CALL]}
TOKEN = {"token": "x", "logprob": -1, "bytes": [120], "top_logprobs": []}
RESPONSE = {
    **{"id": "resp_1", "object": "response", "created_at": 1_768_500_882, "model": "m"},
    **{"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {}},
    "output": [
        {
            **{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"},
            "content": [{"type": "output_text", "text": "Joy", "annotations": []}],
        }
    ],
}


FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
ASKED: dict[str, Any] = {
    **RESPONSE,
    "tools": [FUNCTION],
    "output": [{**CALL["function"], "type": "function_call", "call_id": "call_1", "id": "fc_1"}],
    "usage": {
        **{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "cost": 0.002},
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}


def chunk(delta: object, finish_reason: object = None, **more: object) -> dict[str, Any]:
    """A chunk with one choice."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {**BASE, "choices": [choice], **more}


USUAL: dict[str, tuple[Any, Any]] = {
    "content": (GlooChatCompletionChunk, chunk({"content": " joy"})),
    "role": (GlooChatCompletionChunk, chunk({"role": "assistant", "content": ""})),
    "tool call": (GlooChatCompletionChunk, chunk({"tool_calls": [{"index": 0, **CALL}]})),
    "arguments": (
        GlooChatCompletionChunk,
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a'}}]}),
    ),
    "end": (GlooChatCompletionChunk, chunk({}, "stop")),
    "usage": (GlooChatCompletionChunk, {**BASE, "choices": [], "usage": USAGE}),
    "citations first": (
        GlooChatCompletionChunk,
        {"choices": [], "citations": [{"item_title": "x", "author": ["y"]}]},
    ),
    "routing": (
        GlooChatCompletionChunk,
        chunk({"content": ""}, provider="Gloo AI", auto_routing=True, routing_confidence=0.5),
    ),
    "completion": (
        GlooChatCompletion,
        {
            **{**BASE, "object": "chat.completion", "usage": USAGE, "provider": "Gloo AI"},
            "choices": [
                {
                    **{"index": 0, "message": MESSAGE, "finish_reason": "stop"},
                    "logprobs": {"content": [TOKEN], "refusal": None},
                }
            ],
        },
    ),
    "text of a response": (
        ResponseStreamEvent,
        {
            **{"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Joy"},
            **{"output_index": 0, "content_index": 0, "sequence_number": 4, "logprobs": []},
        },
    ),
    "end of a response": (
        ResponseStreamEvent,
        {"type": "response.completed", "sequence_number": 9, "response": RESPONSE},
    ),
    "response": (GlooResponse, RESPONSE),
    "function call of a response": (GlooResponse, ASKED),
    "end of a response with tools": (
        ResponseStreamEvent,
        {"type": "response.completed", "sequence_number": 9, "response": ASKED},
    ),
    "arguments of a response": (
        ResponseStreamEvent,
        {
            **{"type": "response.function_call_arguments.delta", "item_id": "fc_1"},
            **{"delta": "{", "output_index": 0, "sequence_number": 4},
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@fuzzed
@given(st.data())
def test_what_is_built_is_what_the_sdk_builds(kind: str, data: st.DataObject) -> None:
    """In every way that can be seen: shapes of the SDK's own models, broken here and there."""
    same(KINDS[kind], data.draw(shaped(KINDS[kind])))


@pytest.mark.parametrize("name", USUAL)
@fuzzed
@given(st.data())
def test_usual_shapes_that_are_broken_are_what_the_sdk_builds(
    name: str, data: st.DataObject
) -> None:
    """What Gloo is known to send, with something in it that nobody planned for."""
    kind, body = USUAL[name]
    same(kind, data.draw(shaped(kind, of=body)))


LOGPROBS = {"content": [{**TOKEN, "top_logprobs": [TOKEN | {"logprob": 0}]}], "refusal": None}
AUDIO = {"id": "a", "data": "eA==", "expires_at": 1, "transcript": "x"}
CITED = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "url": "u"}}
CUSTOM = {"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}
DETAILS = {"reasoning_tokens": 1, "accepted_prediction_tokens": None, "later": {"a": [1]}}


def whole(**message: object) -> dict[str, Any]:
    """A completion with one choice."""
    said = {"role": "assistant", "content": None, **message}
    return {**BASE, "choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}


RARE: dict[str, tuple[Any, Any]] = {
    "a refusal's delta": (GlooChatCompletionChunk, chunk({"refusal": "No"})),
    "a function call's delta": (
        GlooChatCompletionChunk,
        chunk({"function_call": {"name": "f", "arguments": "{"}}, "function_call"),
    ),
    "a tool call of another type": (GlooChatCompletionChunk, chunk({"tool_calls": [CUSTOM]})),
    "tool calls that are no list": (GlooChatCompletionChunk, chunk({"tool_calls": CALL})),
    "a delta of lists": (GlooChatCompletionChunk, chunk([{"content": "x"}, 1, None])),
    "a chunk that is a list": (GlooChatCompletionChunk, [chunk({"content": "x"})]),
    "choices that are no list": (GlooChatCompletionChunk, {**BASE, "choices": chunk({})}),
    "logprobs": (
        GlooChatCompletionChunk,
        {**BASE, "choices": [{"index": 0, "delta": {}, "logprobs": LOGPROBS}]},
    ),
    "a service tier": (GlooChatCompletionChunk, chunk({}, service_tier="default")),
    "a service tier of later": (GlooChatCompletionChunk, chunk({}, service_tier="warp")),
    "audio": (GlooChatCompletion, whole(audio=AUDIO)),
    "annotations": (GlooChatCompletion, whole(annotations=[CITED, {"type": "later"}])),
    "custom tool calls": (GlooChatCompletion, whole(tool_calls=[CUSTOM, CALL, {"type": "x"}])),
    "a tool call without a type": (GlooChatCompletion, whole(tool_calls=[{"id": "x"}])),
    "details of usage": (
        GlooChatCompletion,
        {**whole(), "usage": {**USAGE, "completion_tokens_details": DETAILS}},
    ),
    "usage of floats": (GlooChatCompletion, {**whole(), "usage": {**USAGE, "total_tokens": 3.0}}),
    "usage of text": (GlooChatCompletion, {**whole(), "usage": {**USAGE, "total_tokens": "3"}}),
    "null for what must be there": (
        GlooChatCompletionChunk,
        dict.fromkeys(GlooChatCompletionChunk.model_fields),
    ),
    "more at every depth": (
        GlooChatCompletion,
        {
            **{**BASE, "more": {"a": 1}, "usage": {**USAGE, "more": [1]}},
            "choices": [{"message": {"content": "x", "more": None}, "more": {"b": {}}}],
        },
    ),
    "an event of later": (ResponseStreamEvent, {"type": "response.later", "delta": "x"}),
    "an event without a type": (ResponseStreamEvent, {"delta": "x"}),
    "an event that lacks what must be there": (
        ResponseStreamEvent,
        {"type": "response.output_text.delta", "delta": "x"},
    ),
    "an event whose type is no text": (ResponseStreamEvent, {"type": ["x"], "delta": "x"}),
    "items of later": (GlooResponse, {**RESPONSE, "output": [{"type": "later"}, None, "x", []]}),
    "a response without anything": (GlooResponse, {}),
    "a time of long ago": (GlooResponse, {**RESPONSE, "created_at": -(2**60) - 1}),
    "instructions as items": (
        GlooResponse,
        {**RESPONSE, "instructions": [{"role": "user", "content": "x"}], "text": {"format": None}},
    ),
    "a schema": (
        GlooResponse,
        {
            **RESPONSE,
            "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        },
    ),
}
ODD_TEXT = {
    "names that come twice": '{"id": "a", "id": "b", "choices": [], "choices": [{"index": 1}]}',
    "numbers without end": '{"created": 1e999, "choices": [{"index": NaN, "delta": -Infinity}]}',
    "many digits": f'{{"created": {"9" * 400}, "usage": {{"prompt_tokens": {"9" * 40}}}}}',
    "text that is no Unicode": '{"id": "\\ud800", "choices": [{"delta": {"content": "\\udfff"}}]}',
    "names of the model itself": '{"model_fields": 1, "construct": 2, "__dict__": 3, "self": 4}',
}


@pytest.mark.parametrize("name", RARE)
def test_rare_shapes_are_what_the_sdk_builds(name: str) -> None:
    """What Gloo sends seldom, what a later Gloo might send, and what it never should."""
    kind, body = RARE[name]
    same(kind, json.dumps(body))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ODD_TEXT)
def test_odd_json_is_what_the_sdk_builds(name: str, kind: str) -> None:
    """JSON that Python's reader takes, and others may not."""
    same(KINDS[kind], ODD_TEXT[name])


@pytest.mark.parametrize("name", USUAL)
def test_usual_shapes_are_built_without_the_sdk(name: str, asked: list[object]) -> None:
    """What streams and answers consist of takes the fast way, on every version of the SDK."""
    kind, body = USUAL[name]
    built(kind, {"odd": True} if kind is not ResponseStreamEvent else body)  # the sample is taken
    asked.clear()
    assert isinstance(built(kind, body), BaseModel)
    assert asked == []


def test_an_odd_field_is_all_that_the_sdk_reads(asked: list[object]) -> None:
    """The rest of its object, and of the answer, is built directly."""
    built(GlooChatCompletionChunk, chunk({"content": "x"}))
    asked.clear()
    odd = built(GlooChatCompletionChunk, chunk({"content": "x"}, finish_reason="because"))
    assert odd.choices[0].finish_reason == "because"
    assert len(asked) == 1
