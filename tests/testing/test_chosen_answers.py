"""The answers that a test chooses."""

from __future__ import annotations

import json

from gloo_openai.testing import LocalGloo

from .bare_client import AUTO, DIRECT, NEWER, ROUTING, TIER, V2, send


def test_chosen_answers_queue_up(local_gloo: LocalGloo) -> None:
    """First come, first served; then the default is back."""
    local_gloo.answer("one", routing_tier="standard", provider="Anthropic")
    local_gloo.answer("two", model="gloo-x", finish_reason="length")
    one, two, three = (send(local_gloo, V2, AUTO).json for _ in range(3))
    assert one["choices"][0]["message"]["content"] == "one"
    assert (one["routing_tier"], one["provider"]) == ("standard", "Anthropic")
    assert (two["model"], two["choices"][0]["finish_reason"]) == ("gloo-x", "length")
    assert three["choices"][0]["message"]["content"].endswith("Hello!")


def test_chosen_answer_waits_for_a_good_request(local_gloo: LocalGloo) -> None:
    """A refused one does not use it up."""
    local_gloo.answer("mine")
    assert send(local_gloo, V2, DIRECT, token="unknown").status == 401
    assert send(local_gloo, V2, {}).status == 422
    assert send(local_gloo, V2, DIRECT).json["choices"][0]["message"]["content"] == "mine"


def test_chosen_fields_are_streamed(local_gloo: LocalGloo) -> None:
    """With the first content; what is added to the message comes before the words."""
    local_gloo.answer("yes", routing_tier="tier_4", message={"reasoning_content": "hm"})
    *chunks, _done = send(local_gloo, V2, {**AUTO, "stream": True}).events
    assert [chunk.get("routing_tier") for chunk in chunks] == [None, "tier_4", None, None]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [{"role": "assistant"}, {"reasoning_content": "hm"}, {"content": "yes"}, {}]


def test_chosen_citations(local_gloo: LocalGloo) -> None:
    """As they are, whatever the request asked for."""
    local_gloo.answer("see there", citations=[{"item_title": "There"}])
    local_gloo.answer("see there", citations=[{"item_title": "There"}])
    got = send(local_gloo, V2, AUTO).json
    assert (got["sources_returned"], got["citations"]) == (True, [{"item_title": "There"}])
    first = send(local_gloo, V2, {**AUTO, "stream": True}).events[0]
    assert first == {"sources_returned": True, "citations": [{"item_title": "There"}]}


def test_chosen_body(local_gloo: LocalGloo) -> None:
    """Instead of the whole completion."""
    local_gloo.answer(body={"id": "x"})
    assert send(local_gloo, V2, AUTO).json == {"id": "x"}


def test_chosen_chunks(local_gloo: LocalGloo) -> None:
    """Mappings are events; text and bytes go out untouched."""
    error = {"code": 3001, "type": "internal_error", "message": "Streaming error occurred"}
    failed = {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}], "error": error}
    local_gloo.answer(chunks=[": hello\n\n", {"choices": []}, b"\n", failed], done=False)
    got = send(local_gloo, V2, {**DIRECT, "stream": True}).body.decode()
    hello, empty, failure, rest = got.split("\n\n", 3)
    assert (hello, empty, rest) == (": hello", 'data: {"choices":[]}', "")
    assert json.loads(failure.strip().removeprefix("data: ")) == failed


def test_guardrail_refusal(local_gloo: LocalGloo) -> None:
    """An ordinary 200, with an empty model and no metadata, streamed or not; or a 403."""
    local_gloo.refuse()
    local_gloo.refuse()
    got = send(local_gloo, V2, AUTO)
    assert got.status == 200
    assert got.json["model"] == ""
    assert not set(got.json) & (ROUTING | TIER)
    assert "can't help" in got.json["choices"][0]["message"]["content"]
    *chunks, _done = send(local_gloo, V2, {**AUTO, "stream": True}).events
    assert all(chunk["model"] == "" and not set(chunk) & (ROUTING | TIER) for chunk in chunks)
    local_gloo.refuse(403)
    blocked = send(local_gloo, NEWER[0], AUTO)
    assert blocked.status == 403
    assert blocked.json["code"] != "forbidden"
    assert send(local_gloo, NEWER[0], AUTO).status == 200
