"""The Responses API: what it answers, in one piece, and what it refuses."""

from __future__ import annotations

import base64
import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import ALL_RESPONSES, MODEL, RESPONSES, WEATHER, send

ASK = {"model": MODEL, "input": "Hello!"}
PLAIN = {"model": "gloo-anthropic-claude-sonnet-4.5", "input": "Hello!"}
IMAGE = "gloo-bfl-flux-2-pro"
FLAT = {"type": "function", **WEATHER["function"]}


def kinds(body: Any) -> list[str]:
    """The types of the output items."""
    return [item["type"] for item in body["output"]]


@pytest.mark.parametrize("path", ALL_RESPONSES)
def test_responses_answer_like_gloo(local_gloo: LocalGloo, path: str) -> None:
    """One message, no routing metadata, on every path that Gloo has for it."""
    got = send(local_gloo, path, {**PLAIN, "input": "Reply with only: one two"}).json
    fields = {"id", "object", "created_at", "status", "model", "output", "usage"}
    assert set(got) - {"sources_returned"} == fields
    assert (got["object"], got["status"], got["model"]) == ("response", "completed", PLAIN["model"])
    (item,) = got["output"]
    assert (item["type"], item["role"], item["status"]) == ("message", "assistant", "completed")
    assert item["content"] == [{"type": "output_text", "text": "one two", "annotations": []}]


def test_usage_has_its_cost(local_gloo: LocalGloo) -> None:
    """Tokens by the names of this API, dollars by the catalogue's rates."""
    usage = send(local_gloo, RESPONSES, PLAIN).json["usage"]
    given, made = usage["input_tokens"], usage["output_tokens"]
    assert usage["total_tokens"] == given + made
    assert usage["cost"] == pytest.approx(given * 0.003 / 1000 + made * 0.015 / 1000)
    assert sum(usage["cost_details"].values()) == pytest.approx(usage["cost"])


def test_grounded_responses_only_say_whether_there_were_sources(local_gloo: LocalGloo) -> None:
    """No citations, asked for or not; publishers are known by their names."""
    path = "/ai/v1/grounded/responses"
    got = send(local_gloo, path, {**ASK, "include_citations": True}).json
    assert got["sources_returned"] is True
    assert "citations" not in got
    assert send(local_gloo, path, {**ASK, "rag_publisher": "Acme"}).status == 403
    local_gloo.sources = []
    assert send(local_gloo, path, ASK).json["sources_returned"] is False
    assert "sources_returned" not in send(local_gloo, RESPONSES, ASK).json


def test_input_in_items_and_parts(local_gloo: LocalGloo) -> None:
    """The last word of the user is what is answered."""
    parts = [{"type": "input_text", "text": "Why"}, {"type": "input_text", "text": "joy?"}]
    items = [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": parts}]
    got = send(local_gloo, RESPONSES, {**PLAIN, "instructions": "Be brief.", "input": items}).json
    assert got["output"][0]["content"][0]["text"].endswith("Why joy?")


def test_the_sdk_reads_it(local_gloo: LocalGloo) -> None:
    """`output_text` is there, after the reasoning of a model that reasons."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/guarded") as client:
        whole = client.responses.create(model=MODEL, input="Reply with only: one two")
    assert whole.output_text == "one two"
    assert [item.type for item in whole.output] == ["reasoning", "message"]


def test_items_that_say_nothing(local_gloo: LocalGloo) -> None:
    """Kinds that Gloo may or may not know pass."""
    items = [{"type": "custom_tool_call_output", "call_id": "c", "output": "x"}]
    assert send(local_gloo, RESPONSES, {**PLAIN, "input": items}).status == 200


# Refused


@pytest.mark.parametrize(
    ("wrong", "field", "type_"),
    [
        ({"input": None}, "input", "missing"),
        ({"input": 5}, "input", "list_type"),
        ({"input": []}, "input", "too_short"),
        ({"input": ["Hello!"]}, "input", "value_error"),
        ({"model": 5}, "model", "string_type"),
        ({"stream": 1}, "stream", "bool_type"),
        ({"max_output_tokens": 0}, "max_output_tokens", "greater_than_equal"),
        ({"tools": {}}, "tools", "list_type"),
    ],
)
def test_wrong_field_is_a_422(
    local_gloo: LocalGloo, wrong: dict[str, Any], field: str, type_: str
) -> None:
    """As in chat completions."""
    got = send(local_gloo, RESPONSES, {**ASK, **wrong})
    assert got.status == 422
    (entry,) = got.json["detail"]
    assert (entry["loc"], entry["type"]) == (["body", field], type_)


CALL = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "sunny"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"model": None}, "model"),
        ({"model": "gloo-auto"}, "gloo-auto"),
        ({"model": "gloo-auto-anthropic"}, "gloo-auto-anthropic"),
        ({"model": "gpt-4o"}, "gpt-4o"),
        ({"model": "gloo-meta-llama-3.1-8b-instruct", "tools": [WEATHER]}, "tools"),
        ({"tools": [WEATHER, FLAT]}, "tools[1].function"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "name": "x"}}, "tool_choice"),
        ({"input": [{"type": "reasoning", "summary": []}]}, "reasoning"),
        ({"input": [CALL | {"id": "fc_1"}, OUTPUT]}, "input[0].id"),
        ({"input": [CALL | {"status": "completed"}, OUTPUT]}, "input[0].status"),
        ({"input": [{"role": "user", "content": "Hi", "id": "msg_1"}]}, "input[0].id"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0].id"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [CALL, OUTPUT | {"call_id": None}]}, "input[1].call_id"),
    ],
)
def test_what_gloo_does_not_take_is_a_400(
    local_gloo: LocalGloo, wrong: dict[str, Any], named: str
) -> None:
    """That says where it is; frameworks and plain code for OpenAI send most of these."""
    got = send(local_gloo, RESPONSES, {**ASK, **wrong})
    assert got.status == 400
    error = got.json["error"]
    assert (error["code"], error["retryable"]) == (1001, False)
    assert named in error["message"]


def test_flat_tools_can_be_let_in(local_gloo: LocalGloo) -> None:
    """Some providers take them."""
    local_gloo.flat_tools = True
    got = send(local_gloo, RESPONSES, {**PLAIN, "tools": [FLAT]}).json
    assert (got["output"][0]["name"], kinds(got)) == ("get_weather", ["function_call"])


def test_what_gloo_does_not_know_is_ignored(local_gloo: LocalGloo) -> None:
    """A tradition that does not exist, other routing, fields of OpenAI's, other kinds of tools."""
    body = {**ASK, "tradition": "anglican", "auto_routing": True, "store": True}
    got = send(local_gloo, RESPONSES, {**body, "tools": [{"type": "web_search"}]})
    assert got.status == 200
    assert "tradition" not in got.json


# Tools


def test_tools_go_round(local_gloo: LocalGloo) -> None:
    """The first is called with arguments that fit; what comes back is told."""
    body = {**PLAIN, "tools": [WEATHER]}
    (call,) = send(local_gloo, RESPONSES, body).json["output"]
    assert (call["type"], call["name"], call["status"]) == (
        "function_call",
        "get_weather",
        "completed",
    )
    assert json.loads(call["arguments"]) == {"location": "location"}
    replayed = {key: value for key, value in call.items() if key not in ("id", "status")}
    items = [{"role": "user", "content": "Hi"}, replayed, OUTPUT | {"call_id": call["call_id"]}]
    second = send(local_gloo, RESPONSES, {**body, "input": items}).json
    assert second["output"][0]["content"][0]["text"] == "The tool answered: sunny"


def test_several_calls_in_one_answer(local_gloo: LocalGloo) -> None:
    """Each is an item, behind the text if there is one."""
    local_gloo.answer("Wait.", tool_calls=[{"name": "a", "id": "1"}, {"name": "b", "id": "2"}])
    got = send(local_gloo, RESPONSES, PLAIN).json
    assert kinds(got) == ["message", "function_call", "function_call"]
    assert [item["call_id"] for item in got["output"][1:]] == ["1", "2"]


# Chosen answers, refusals, and what is no text


def test_chosen_fields_and_body(local_gloo: LocalGloo) -> None:
    """As in chat completions."""
    local_gloo.answer("one", service_tier="default")
    local_gloo.answer(body={"id": "x"})
    first, second = (send(local_gloo, RESPONSES, PLAIN).json for _ in range(2))
    assert first["service_tier"] == "default"
    assert first["output"][0]["content"][0]["text"] == "one"
    assert second == {"id": "x"}


def test_refusals(local_gloo: LocalGloo) -> None:
    """Canned text with an empty model, or a 403 that is about guardrails and no plan."""
    local_gloo.refuse()
    local_gloo.refuse(403)
    canned, blocked = (send(local_gloo, RESPONSES, PLAIN) for _ in range(2))
    assert (canned.status, canned.json["model"]) == (200, "")
    assert "can't help" in canned.json["output"][0]["content"][0]["text"]
    assert blocked.status == 403
    assert blocked.json["code"] != "forbidden"


def test_images(local_gloo: LocalGloo) -> None:
    """A model that paints answers with a picture; one that also speaks with words too."""
    got = send(local_gloo, RESPONSES, {"model": IMAGE, "input": "A window with lilies"}).json
    (image,) = got["output"]
    assert (image["type"], image["status"]) == ("image_generation_call", "completed")
    assert base64.b64decode(image["result"], validate=True).startswith(b"\x89PNG")
    local_gloo.models.append({"id": "gloo-both", "output_modalities": ["text", "image"]})
    both = send(local_gloo, RESPONSES, {"model": "gloo-both", "input": "Lilies"}).json
    assert kinds(both) == ["image_generation_call", "message"]


def test_too_few_tokens(local_gloo: LocalGloo) -> None:
    """The text is cut short; below the floor all of them were spent on reasoning."""
    got = send(local_gloo, RESPONSES, {**ASK, "max_output_tokens": 3}).json
    assert (got["status"], got["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )
    assert got["output"][-1]["status"] == "incomplete"
    assert got["output"][-1]["content"][0]["text"] == "This is the "
    local_gloo.reasoning_floor = 1024
    got = send(local_gloo, RESPONSES, {**ASK, "max_output_tokens": 1000}).json
    assert (got["status"], kinds(got)) == ("incomplete", ["reasoning"])
    assert send(local_gloo, RESPONSES, ASK).json["status"] == "completed"


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_incomplete_on_request(local_gloo: LocalGloo, finish: str, reason: str) -> None:
    """By the reason that a chat completion would have."""
    local_gloo.answer("Rejo", finish_reason=finish)
    got = send(local_gloo, RESPONSES, PLAIN).json
    assert (got["status"], got["incomplete_details"]["reason"]) == ("incomplete", reason)


def test_reasoning_on_request(local_gloo: LocalGloo) -> None:
    """With a summary, from any model."""
    local_gloo.answer("yes", message={"reasoning_content": "hm"})
    got = send(local_gloo, RESPONSES, PLAIN).json
    assert kinds(got) == ["reasoning", "message"]
    assert got["output"][0]["summary"] == [{"type": "summary_text", "text": "hm"}]


def test_structured_output_comes_in_a_fence(local_gloo: LocalGloo) -> None:
    """On guarded; the bare passthrough ignores the format."""
    schema = {"type": "object", "properties": {"book": {"type": "string"}}}
    body = {**PLAIN, "text": {"format": {"type": "json_schema", "name": "v", "schema": schema}}}
    (guarded,) = send(local_gloo, RESPONSES, body).json["output"]
    assert guarded["content"][0]["text"] == '```json\n{"book": "book"}\n```'
    (bare,) = send(local_gloo, "/ai/v1/responses", body).json["output"]
    assert bare["content"][0]["text"].endswith("Hello!")


# Requests


def test_requests_for_responses_are_kept(local_gloo: LocalGloo) -> None:
    """Apart from completions, the refused ones too."""
    for path in ALL_RESPONSES:
        send(local_gloo, path, {})
    assert [request.path for request in local_gloo.responses] == ALL_RESPONSES
    assert local_gloo.completions == []


def test_faults_reach_responses(local_gloo: LocalGloo) -> None:
    """Like every other path."""
    local_gloo.fault("/responses", status=503)
    with OpenAI(
        api_key="sk_local", base_url=f"{local_gloo.base_url}/guarded", max_retries=0
    ) as client:
        with pytest.raises(openai.InternalServerError):
            client.responses.create(model=MODEL, input="Hi")
        local_gloo.fault("/responses", drop_after=10)
        with pytest.raises(openai.APIConnectionError):
            client.responses.create(model=MODEL, input="Hi")
