"""What a Responses call looks like on the wire: every rule, as pure functions."""

from __future__ import annotations

import copy
import json
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import not_given, omit
from openai.types.responses import (
    EasyInputMessage,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseReasoningItem,
)
from pydantic import BaseModel

from gloo_openai import RoutingError
from gloo_openai.responses_body import responses_body
from gloo_openai.routing import Defaults

MODEL = "gloo-anthropic-claude-sonnet-4.6"
GUARDED = "/ai/v2/guarded/responses"
FLAT = {
    "type": "function",
    "name": "next_service",
    "description": "Time of the next service",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    "strict": True,
}
NESTED = {"type": "function", "function": {n: v for n, v in FLAT.items() if n != "type"}}


def body_of(path: str = GUARDED, defaults: Defaults | None = None, **body: Any) -> dict[str, Any]:
    """What is sent for these fields, beside a model and a question."""
    asked = {"model": MODEL, "input": "Hi", **body}
    before = copy.deepcopy(asked)
    sent = responses_body(asked, path, defaults or Defaults())
    assert asked == before, "the caller's objects are not changed"
    return sent


def refusal(path: str = GUARDED, defaults: Defaults | None = None, **body: Any) -> str:
    """The message of the error that these fields are."""
    with pytest.raises(RoutingError) as caught:
        body_of(path, defaults, **body)
    return str(caught.value)


@given(
    st.dictionaries(
        st.sampled_from(
            ["instructions", "store", "include", "text", "previous_response_id", "reasoning", "x"]
        ),
        st.recursive(st.none() | st.booleans() | st.text(), st.lists) | st.just({"format": {}}),
    )
)
def test_what_gloo_may_or_may_not_know_passes(fields: dict[str, Any]) -> None:
    """Only Gloo's own fields, tools and items are looked at."""
    assert body_of(**fields) == {"model": MODEL, "input": "Hi", **fields}


def test_omitted_values_are_not_sent() -> None:
    asked = {"model": MODEL, "store": omit, "user": not_given}
    assert responses_body(asked, GUARDED, Defaults()) == {"model": MODEL}


@pytest.mark.parametrize("model", [None, ""])
def test_a_real_default_model_is_filled_in(model: Any) -> None:
    assert body_of(defaults=Defaults(default_model="gloo-x"), model=model)["model"] == "gloo-x"


def test_a_calls_own_model_wins() -> None:
    assert body_of(defaults=Defaults(default_model="gloo-auto"))["model"] == MODEL


def test_no_model_is_an_error_that_says_what_to_write() -> None:
    message = refusal(model=None)
    assert 'model="gloo-…"' in message
    assert "client.models.list()" in message
    assert "client.chat.completions.create" in message


def test_a_default_that_chooses_is_named() -> None:
    message = refusal(defaults=Defaults(default_model="gloo-auto-google"), model=None)
    assert "default_model is 'gloo-auto-google'" in message
    assert "client.chat.completions.create" in message


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"model": "gloo-auto"}, "model='gloo-auto'"),
        ({"model": "gloo-auto-anthropic"}, "model='gloo-auto-anthropic'"),
        ({"auto_routing": True}, "auto_routing"),
        ({"model_family": "google"}, "model_family"),
        ({"rag_publisher": "Bible Project"}, "rag_publisher"),
        ({"sources_limit": 3}, "sources_limit"),
        ({"include_citations": True}, "include_citations"),
    ],
)
def test_what_only_completions_have_is_an_error_that_names_them(
    asked: dict[str, Any], named: str
) -> None:
    """Nothing that was asked for is dropped in silence."""
    message = refusal(**asked)
    assert named in message
    assert "client.chat.completions.create" in message


@pytest.mark.parametrize(
    "promise", [Defaults(grounded=True), Defaults(rag_publisher="P"), Defaults("m", grounded=True)]
)
def test_a_client_that_promises_grounding_cannot_keep_it_here(promise: Defaults) -> None:
    message = refusal(defaults=promise)
    assert "client.chat.completions.create" in message
    assert "with_options(grounded=False)" in message


@pytest.mark.parametrize(
    ("defaults", "fields"),
    [
        (Defaults(rag_publisher="P", grounded=False), {}),
        (Defaults(rag_publisher="P"), {"rag_publisher": None}),
        (Defaults(sources_limit=3, include_citations=True), {}),
        (Defaults(), {"auto_routing": False, "model_family": None, "rag_publisher": ""}),
    ],
)
def test_what_asks_for_nothing_is_not_sent(defaults: Defaults, fields: dict[str, Any]) -> None:
    assert body_of(defaults=defaults, **fields) == {"model": MODEL, "input": "Hi"}


@pytest.mark.parametrize(
    ("own", "sent"),
    [({}, "catholic"), ({"tradition": "mainline"}, "mainline"), ({"tradition": None}, None)],
)
def test_a_tradition_is_the_calls_own_or_the_clients(own: dict[str, Any], sent: str | None) -> None:
    assert body_of(defaults=Defaults(tradition="catholic"), **own).get("tradition") == sent


def test_a_tradition_is_a_string() -> None:
    assert "tradition must be a string" in refusal(tradition=3)


def test_v1_has_no_tradition() -> None:
    """A client's or a call's: it would be dropped in silence."""
    v1 = "/ai/v1/responses"
    assert "V1" in refusal(v1, tradition="catholic")
    assert "V1" in refusal(v1, Defaults(tradition="catholic"))
    assert body_of(v1) == {"model": MODEL, "input": "Hi"}


def test_v1_has_a_grounded_path() -> None:
    sent = body_of("/ai/v1/grounded/responses", Defaults(grounded=True), sources_limit=3)
    assert sent["sources_limit"] == 3


@pytest.mark.parametrize("tools", [[FLAT], (FLAT,), [NESTED]], ids=["list", "tuple", "nested"])
def test_function_tools_are_written_nested(tools: Any) -> None:
    sent = responses_body({"model": MODEL, "tools": tools}, GUARDED, Defaults())
    assert sent["tools"] == [NESTED]


def test_a_null_of_a_flat_tool_is_left_out_of_the_nested_form() -> None:
    """Chat completions' form knows no null."""
    assert body_of(tools=[{"type": "function", "name": "f", "description": None}])["tools"] == [
        {"type": "function", "function": {"name": "f"}}
    ]


def test_the_sdks_own_pydantic_tools_are_written_nested() -> None:
    class NextService(BaseModel):
        place: str

    tool: Any = openai.pydantic_function_tool(NextService)
    (sent,) = body_of(tools=[tool])["tools"]
    assert sent == {"type": "function", "function": dict(tool["function"])}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search"},
        {"type": "mcp", "server_label": "x", "name": "y"},
        {"type": "custom", "name": "grep"},
        {"type": "function"},
        "no object",
    ],
)
def test_other_kinds_of_tools_pass(tool: Any) -> None:
    assert body_of(tools=[tool])["tools"] == [tool]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
        (
            {"type": "function", "function": {"name": "f"}},
            {"type": "function", "function": {"name": "f"}},
        ),
        ({"type": "web_search"}, {"type": "web_search"}),
        (None, None),
    ],
)
def test_the_choice_of_a_function_is_written_nested(choice: Any, sent: Any) -> None:
    assert body_of(tool_choice=choice)["tool_choice"] == sent


CONVERSATION: list[Any] = [
    {"role": "user", "content": "When is the next service?"},
    {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "…"},
    {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "I look.", "annotations": [], "parsed": None}],
    },
    {
        "type": "function_call",
        "id": "fc_1",
        "status": "completed",
        "call_id": "call_1",
        "name": "next_service",
        "arguments": "{}",
        "parsed_arguments": {},
    },
    {"type": "function_call_output", "call_id": "call_1", "output": "Sunday", "status": "x"},
    {"type": "item_reference", "id": "msg_0"},
    {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="},
]
REPLAYED = [
    {"role": "user", "content": "When is the next service?"},
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
    },
    {
        "type": "function_call",
        "call_id": "call_1",
        "name": "next_service",
        "arguments": "{}",
    },
    {"type": "function_call_output", "call_id": "call_1", "output": "Sunday"},
    {"type": "item_reference", "id": "msg_0"},
    {"type": "image_generation_call", "result": "aGk="},
]


@pytest.mark.parametrize("kind", [list, tuple])
def test_replayed_items_lose_what_gloo_refuses(kind: Any) -> None:
    """Reasoning, ids and states; order, call ids and everything else stay."""
    assert body_of(input=kind(CONVERSATION))["input"] == REPLAYED


def test_items_may_be_the_sdks_objects() -> None:
    """As in `input += response.output`, through `client.post` too."""
    items = [
        EasyInputMessage(role="user", content="When is the next service?"),
        ResponseReasoningItem(id="rs_1", summary=[], type="reasoning"),
        ResponseOutputMessage.model_validate(
            {
                **CONVERSATION[2],
                "content": [{"type": "output_text", "text": "x", "annotations": []}],
            }
        ),
        ResponseFunctionToolCall(
            type="function_call",
            id="fc_1",
            status="completed",
            call_id="call_1",
            name="f",
            arguments="{}",
        ),
    ]
    assert body_of(input=items)["input"] == [
        REPLAYED[0],
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "x", "annotations": []}],
        },
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]


@given(st.lists(st.sampled_from([*CONVERSATION, "text", 3, None, []])))
def test_order_and_call_ids_stay(items: list[Any]) -> None:
    """Whatever is replayed, in whatever order, and a second time it changes nothing more."""
    sent = body_of(input=items)["input"]
    again = body_of(input=sent)["input"]
    assert again == sent
    assert [json.dumps(_kind(item)) for item in sent] == [
        json.dumps(_kind(item)) for item in items if _kind(item)[0] != "reasoning"
    ]


def _kind(item: Any) -> Any:
    if not isinstance(item, dict):
        return [item]
    return [item.get("type"), item.get("call_id"), item.get("role")]


@pytest.mark.parametrize("value", ["Hi", "", {"role": "user"}, 3])
def test_an_input_that_is_no_list_passes(value: Any) -> None:
    assert body_of(input=value)["input"] == value


@pytest.mark.parametrize("name", ["input", "tools"])
def test_what_can_be_read_once_is_the_sdks_to_refuse(name: str) -> None:
    """A second try would send nothing of it."""
    items = iter([{"role": "user", "content": "Hi"}])
    assert responses_body({"model": MODEL, name: items}, GUARDED, Defaults())[name] is items
    assert len(list(items)) == 1
