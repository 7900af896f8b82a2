"""What the fast way builds is what the SDK would have built, whatever the JSON.

`FUZZ_EXAMPLES=5000 pytest tests/answers/test_building.py` looks longer, and elsewhere each time.
"""

from __future__ import annotations

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
