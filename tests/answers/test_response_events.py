"""A Responses stream is made whole: every rule, on the events as they come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseStreamEvent

from gloo_openai.answers.response_events import ResponseEvents

from .response_wire import ITEMS, MISSING, USAGE, Json, as_gloo, whole_stream

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"
STATUSES = st.sampled_from(["completed", "incomplete"])


def made_whole(events: Iterable[Json]) -> tuple[list[Any], Json | None]:
    """What is given for these events, and the response in the end."""
    maker = ResponseEvents()
    return [each for event in events for each in maker.take(event)], maker.response


def types_of(events: Iterable[Json]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


@given(ITEMS, STATUSES)
def test_a_whole_stream_passes_untouched(items: Any, status: str) -> None:
    """The same objects, and nothing beside them."""
    events = whole_stream(items, status)
    sent, response = made_whole(events)
    assert [id(event) for event in sent] == [id(event) for event in events]
    assert response == events[-1]["response"]


@given(ITEMS, STATUSES, st.sets(st.sampled_from(MISSING)), st.booleans())
def test_whatever_is_missing_the_response_is_the_same(
    items: Any, status: str, missing: set[str], flat: bool
) -> None:
    """Flattened or nested: what was streamed is what the response has."""
    events = whole_stream(items, status)
    _, response = made_whole(as_gloo(events, missing, flat=flat))
    assert response == events[-1]["response"]


@given(ITEMS, STATUSES, st.sets(st.sampled_from(MISSING)), st.booleans())
def test_what_is_given_is_a_stream_of_openais(
    items: Any, status: str, missing: set[str], flat: bool
) -> None:
    """Each thing begins once, before what grows in it, and ends once; numbers go up."""
    sent, _ = made_whole(as_gloo(whole_stream(items, status), missing, flat=flat))
    numbers = [event["sequence_number"] for event in sent]
    assert numbers == sorted(set(numbers))
    assert types_of(sent)[:2] == ["created", "in_progress"]
    assert types_of(sent)[-1] == status
    open_items: dict[int, str] = {}
    for event in sent:
        name, index = event["type"], event.get("output_index")
        if name == "response.output_item.added":
            assert index == len(open_items)
            open_items[index] = event["item"].get("id")
        elif index is not None:
            assert open_items[index] == event.get("item_id", open_items[index])
        if name == "response.output_item.done":
            assert event["item"].get("id") == open_items[index]
    added = sum(name.endswith("added") for name in types_of(sent))
    done = sum(name.endswith(("item.done", "part.done")) for name in types_of(sent))
    assert added == done


@given(ITEMS, st.sets(st.sampled_from(MISSING[1:])), st.booleans())
def test_the_sdks_own_accumulation_takes_it(items: Any, missing: set[str], flat: bool) -> None:
    """The state behind `responses.stream()`, on the SDK's own typed events."""
    from openai._models import construct_type

    sent, response = made_whole(as_gloo(whole_stream(items), missing, flat=flat))
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in sent:
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))
    completed = state._completed_response
    assert response is not None
    assert [item.type for item in completed.output] == [item["type"] for item in response["output"]]
    texts = [
        part["text"]
        for item in response["output"]
        for part in item.get("content", [])
        if part["type"] == "output_text"
    ]
    assert completed.output_text == "".join(texts)


def test_the_live_form_is_made_whole() -> None:
    """The sample of the wire, event by event."""
    lines = (WIRE / "responses_stream_flattened.sse").read_text(encoding="utf-8").splitlines()
    sent, response = made_whole(json.loads(line[6:]) for line in lines if line[:5] == "data:")
    assert types_of(sent) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert response is not None
    assert response["usage"]["output_tokens"] == 5
    assert sent[-1]["response"]["output"][0]["content"][0]["text"] == "Listen first."
    assert "usage" not in sent[-1]


def delta(text: str, **place: Any) -> Json:
    """A text delta of the live form."""
    return {"type": "response.output_text.delta", "delta": text, **place}


def end(status: str = "completed", **fields: Any) -> Json:
    """The end of a stream of the live form."""
    return {"type": f"response.{status}", **fields}


def test_deltas_alone_are_enough() -> None:
    """No place, no id, no number: one message."""
    sent, response = made_whole([delta("Listen "), delta("first."), end(usage=USAGE)])
    assert response is not None
    assert response["output"] == [
        {
            "type": "message",
            "id": "msg_0",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Listen first.", "annotations": []}],
        }
    ]
    assert response["usage"] == USAGE
    assert {event.get("item_id", "msg_0") for event in sent} == {"msg_0"}


def test_text_that_was_never_streamed_is_sent_before_its_end() -> None:
    """A loop that prints deltas prints the answer."""
    message = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Listen.", "annotations": []}],
    }
    for events in (
        [end(response={"id": "resp_1", "object": "response", "output": [message]})],
        [{"type": "response.output_item.done", "output_index": 0, "item": message}, end()],
        [{"type": "response.output_text.done", "text": "Listen.", "item_id": "msg_1"}, end()],
        [{"id": "resp_1", "object": "response", "status": "completed", "output": [message]}],
    ):
        sent, response = made_whole(events)
        assert [event["delta"] for event in sent if "delta" in event] == ["Listen."]
        assert response is not None
        assert response["output"] == [message]


def test_two_calls_at_one_place_are_two() -> None:
    """Gloo may leave out what begins a call, and say the same place of two."""
    calls = [
        {
            "type": "response.function_call_arguments.done",
            "item_id": f"fc_{n}",
            "output_index": 0,
            "call_id": f"call_{n}",
            "name": "f",
            "arguments": "{}",
        }
        for n in range(2)
    ]
    _, response = made_whole([*calls, end()])
    assert response is not None
    assert [item["call_id"] for item in response["output"]] == ["call_0", "call_1"]


def test_text_and_calls_at_one_place_are_two_items() -> None:
    sent, response = made_whole(
        [
            delta("I look.", output_index=0),
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"type": "function_call", "call_id": "call_1", "name": "f"},
            },
            {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}"},
            end(),
        ]
    )
    assert response is not None
    assert [item["type"] for item in response["output"]] == ["message", "function_call"]
    assert response["output"][1]["arguments"] == "{}"
    (arguments,) = [e for e in sent if e["type"] == "response.function_call_arguments.delta"]
    assert arguments["output_index"] == 1


def test_ids_that_do_not_agree_are_one_item() -> None:
    """A gateway that calls the item and its deltas differently."""
    added = {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "message", "id": "msg_1"},
    }
    sent, response = made_whole([added, delta("Hi", output_index=0, item_id="chat_7"), end()])
    assert response is not None
    assert len(response["output"]) == 1
    assert {event.get("item_id", "msg_1") for event in sent} == {"msg_1"}


def test_indexes_have_no_gaps() -> None:
    """What was never streamed leaves no hole that the SDK would fall into."""
    sent, _ = made_whole([delta("Hi", output_index=3, content_index=2, item_id="m"), end()])
    (text,) = [event for event in sent if "delta" in event]
    assert (text["output_index"], text["content_index"]) == (0, 0)


def test_what_comes_twice_is_given_once() -> None:
    events = whole_stream([("message", [("output_text", ["Hi"])])])
    sent, response = made_whole([event for event in events for _ in range(2) if event])
    once = [e for e in types_of(sent) if "delta" not in e]
    assert once == [e for e in types_of(events) if "delta" not in e]
    assert response is not None


def test_what_nobody_knows_passes() -> None:
    """With a number: the SDK's helper asks for one."""
    odd = {"type": "response.mcp_call.in_progress", "output_index": 7, "deep": [1]}
    sent, _ = made_whole([odd])
    assert sent[-1] == {**odd, "sequence_number": 2}


@pytest.mark.parametrize("pause", [{"type": "ping"}, {"type": "keepalive"}, {}])
def test_a_pause_is_no_event(pause: Json) -> None:
    assert made_whole([pause]) == ([], None)


def test_nothing_comes_after_the_end() -> None:
    sent, _ = made_whole([end(), delta("late"), end()])
    assert types_of(sent) == ["created", "in_progress", "completed"]


def test_an_unfinished_item_is_incomplete() -> None:
    _, response = made_whole(
        [delta("Hi"), end("incomplete", incomplete_details={"reason": "max_output_tokens"})]
    )
    assert response is not None
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"


def test_an_output_that_says_less_than_was_streamed_is_filled_in() -> None:
    """An item without its content, beside the text that was streamed."""
    bare = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    _, response = made_whole([delta("Hi", item_id="msg_1"), end(response={"output": [bare]})])
    assert response is not None
    assert response["output"][0]["content"][0]["text"] == "Hi"


def test_annotations_are_kept() -> None:
    note = {"type": "url_citation", "url": "https://example.org"}
    _, response = made_whole(
        [
            delta("Hi"),
            {"type": "response.output_text.annotation.added", "annotation": note},
            end(),
        ]
    )
    assert response is not None
    assert response["output"][0]["content"][0]["annotations"] == [note]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [*MISSING, "response.completed", "response.incomplete", "response.output_text.delta", "ping"]
) | st.text(max_size=5)
FIELDS = ["item", "part", "response", "output_index", "content_index", "item_id", "delta", "text"]


@given(
    st.lists(
        st.builds(
            lambda name, fields: {"type": name, **fields},
            NAMES,
            st.dictionaries(st.sampled_from([*FIELDS, "arguments", "output"]), JSON),
        ),
        max_size=6,
    )
)
def test_nothing_breaks_the_maker(events: list[Json]) -> None:
    """Events of any shape: what is given is numbered, and what came is not changed."""
    before = json.dumps(events)
    sent, _ = made_whole(events)
    assert json.dumps(events) == before
    assert all(isinstance(event["sequence_number"], int) for event in sent)
