"""Responses as streams of events, in both forms."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import MODEL, RESPONSES, WEATHER, Got, send

STREAM = {"model": "gloo-anthropic-claude-sonnet-4.5", "input": "Hello!", "stream": True}
MESSAGE_EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]


def read(got: Got) -> list[Any]:
    """The data of the events, each of which is named by its type."""
    events: list[Any] = []
    for event in got.body.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def test_flattened_as_it_was_seen(local_gloo: LocalGloo) -> None:
    """By default: no `response`, no `output`, few events around the text, no `[DONE]`."""
    local_gloo.answer("Listen first.")
    got = send(local_gloo, RESPONSES, STREAM)
    assert got.headers["content-type"].startswith("text/event-stream")
    created, first, second, done, completed = read(got)
    model = STREAM["model"]
    at = {"item_id": first["item_id"], "output_index": 0, "content_index": 0}
    assert created == {
        "type": "response.created",
        "id": created["id"],
        "model": model,
        "status": "in_progress",
    }
    assert first == {"type": "response.output_text.delta", **at, "delta": "Listen "}
    assert second == {"type": "response.output_text.delta", **at, "delta": "first."}
    assert done == {"type": "response.output_text.done", **at, "text": "Listen first."}
    assert completed == {
        "type": "response.completed",
        "id": created["id"],
        "model": model,
        "status": "completed",
        "usage": completed["usage"],
    }
    assert completed["usage"]["cost"] > 0


def test_flattened_with_every_event(local_gloo: LocalGloo) -> None:
    """On request: nothing is left out."""
    local_gloo.answer("Listen first.", leave_out=())
    events = read(send(local_gloo, RESPONSES, STREAM))
    assert [event["type"] for event in events] == MESSAGE_EVENTS
    assert not any("response" in event for event in events)


def test_nested_as_it_is_documented(local_gloo: LocalGloo) -> None:
    """On request: every event, in order, with the whole response at the end."""
    local_gloo.answer("Listen first.", nested=True)
    events = read(send(local_gloo, RESPONSES, STREAM))
    assert [event["type"] for event in events] == MESSAGE_EVENTS
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    begun, whole = events[0]["response"], events[-1]["response"]
    assert (begun["status"], begun["output"]) == ("in_progress", [])
    assert whole["output"] == [events[-2]["item"]]
    assert whole["output"][0]["content"][0]["text"] == "Listen first."


def test_nested_for_every_stream() -> None:
    """As the server is made, or later."""
    with LocalGloo(nested=True) as gloo:
        assert "response" in read(send(gloo, RESPONSES, STREAM))[0]
        gloo.nested = False
        assert "response" not in read(send(gloo, RESPONSES, STREAM))[0]


@pytest.mark.parametrize("nested", [True, False])
def test_events_can_be_left_out(local_gloo: LocalGloo, nested: bool) -> None:
    """By their types; the numbers of the rest have no gaps."""
    missing = {"response.created", "response.output_item.added", "response.content_part.added"}
    local_gloo.answer("Listen first.", nested=nested, leave_out=missing)
    events = read(send(local_gloo, RESPONSES, STREAM))
    expected = [name for name in MESSAGE_EVENTS if name not in missing]
    assert [event["type"] for event in events] == expected
    if nested:
        assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_the_sdks_helper_reads_the_nested_form(local_gloo: LocalGloo) -> None:
    """To a final response with its text; of the flattened one it makes nothing."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/guarded") as client:
        local_gloo.nested = True
        with client.responses.stream(model=MODEL, input="Reply with only: one two") as stream:
            assert stream.get_final_response().output_text == "one two"
        local_gloo.nested = False
        with (
            client.responses.stream(model=MODEL, input="Reply with only: one two") as stream,
            pytest.raises((AttributeError, RuntimeError)),
        ):
            stream.get_final_response()


@pytest.mark.parametrize("nested", [True, False])
def test_streamed_calls(local_gloo: LocalGloo, nested: bool) -> None:
    """Two at once: each item is announced, its arguments come in pieces, then it is whole."""
    calls = [{"name": name, "arguments": {"place": "town"}, "id": name} for name in ("a", "b")]
    local_gloo.answer(tool_calls=calls, nested=nested)
    events = read(send(local_gloo, RESPONSES, {**STREAM, "tools": [WEATHER]}))
    for index, name in enumerate(("a", "b")):
        own = [event for event in events if event.get("output_index") == index]
        added, *pieces, done = [
            event for event in own if not event["type"].endswith("arguments.done")
        ]
        assert (added["item"]["name"], added["item"]["arguments"]) == (name, "")
        assert len(pieces) > 1
        assert "".join(piece["delta"] for piece in pieces) == '{"place": "town"}'
        assert (done["item"]["call_id"], done["item"]["arguments"]) == (name, '{"place": "town"}')


@pytest.mark.parametrize("nested", [True, False])
def test_streamed_images_and_reasoning(local_gloo: LocalGloo, nested: bool) -> None:
    """An item each, whole when it is done."""
    local_gloo.nested = nested
    image = read(send(local_gloo, RESPONSES, {**STREAM, "model": "gloo-bfl-flux-2-pro"}))
    assert image[-2]["type"] == "response.output_item.done"
    assert image[-2]["item"]["result"]
    reasoned = read(send(local_gloo, RESPONSES, {**STREAM, "model": MODEL}))
    items = [event["item"]["type"] for event in reasoned if event["type"].endswith("item.done")]
    assert items[0] == "reasoning"


@pytest.mark.parametrize("nested", [True, False])
def test_streamed_incomplete(local_gloo: LocalGloo, nested: bool) -> None:
    """`response.incomplete` says why."""
    local_gloo.answer("Rejo", finish_reason="length", nested=nested)
    last = read(send(local_gloo, RESPONSES, STREAM))[-1]
    assert last["type"] == "response.incomplete"
    said = last["response"] if nested else last
    assert said["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize("nested", [True, False])
def test_streamed_refusal(local_gloo: LocalGloo, nested: bool) -> None:
    """An ordinary stream with an empty model; a 403 is none."""
    local_gloo.nested = nested
    local_gloo.refuse()
    local_gloo.refuse(403)
    last = read(send(local_gloo, RESPONSES, STREAM))[-1]
    assert (last["response"] if nested else last)["model"] == ""
    assert send(local_gloo, RESPONSES, STREAM).status == 403


def test_chosen_events(local_gloo: LocalGloo) -> None:
    """A failure in the middle: mappings are named events, text and bytes go out untouched."""
    error = {"type": "error", "code": 3001, "message": "Streaming error occurred"}
    local_gloo.answer(chunks=[": hello\n\n", {"type": "response.created", "id": "r"}, error])
    body = send(local_gloo, RESPONSES, STREAM).body.decode()
    hello, created, failed, rest = body.split("\n\n")
    assert (hello, rest) == (": hello", "")
    assert created == 'event: response.created\ndata: {"type":"response.created","id":"r"}'
    assert failed.startswith("event: error\ndata: {")


@pytest.mark.parametrize("count", [0, 20, 200])
def test_streams_break_off(local_gloo: LocalGloo, count: int) -> None:
    """Wherever the fault says."""
    local_gloo.fault(RESPONSES, drop_after=count)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, RESPONSES, STREAM)
    assert len(caught.value.partial) == count
