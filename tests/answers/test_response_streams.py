"""A Responses stream is read to its end, or is an exception with the text so far."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)

from gloo_openai import GlooOpenAI, GlooParsedResponse, GlooResponse, StreamCutOffError
from gloo_openai.answers.response_streams import ResponseReader, ResponseRecord
from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from .. import response_forms as forms
from ..forms import Verse
from ..response_forms import ASK, STREAMED, Form
from ..worlds import World
from .response_wire import ITEMS, MISSING, Json, as_gloo, whole_stream

HELLO: list[Json] = [
    {"type": "response.created", "id": "resp_1", "model": "m"},
    {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Listen "},
    {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "first."},
]
END: Json = {"type": "response.completed", "id": "resp_1", "model": "m", "usage": {"cost": 0.1}}

every_form = pytest.mark.parametrize("form", STREAMED, ids=lambda form: form.__name__)


def sse(event: Json | str, name: str | None = None) -> str:
    """An event as it stands in a stream."""
    data = event if isinstance(event, str) else json.dumps(event)
    return (f"event: {name}\n" if name else "") + f"data: {data}\n\n"


def types_of(events: list[Any]) -> list[str]:
    return [event.type.removeprefix("response.") for event in events]


@every_form
@pytest.mark.parametrize("nested", [False, True])
def test_both_forms_of_stream_are_whole(
    world: World, gloo: LocalGloo, form: Form, nested: bool
) -> None:
    """The documented and the live one: the SDK's events, with a whole response at the end."""
    gloo.answer("Listen first.", nested=nested)
    answer = form(world, world.client())
    assert isinstance(answer, (GlooResponse, GlooParsedResponse))
    assert (answer.status, answer.output_text) == ("completed", "Listen first.")
    assert answer.usage.total_tokens > 0
    assert answer.id.startswith("resp_")


@pytest.mark.parametrize("nested", [False, True])
def test_events_are_the_sdks_typed_ones(world: World, gloo: LocalGloo, nested: bool) -> None:
    gloo.answer("Listen first.", nested=nested)
    events = forms.events(world, world.client())
    deltas = [event for event in events if isinstance(event, ResponseTextDeltaEvent)]
    assert "".join(event.delta for event in deltas) == "Listen first."
    assert types_of(events)[:4] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
    ]
    assert types_of(events)[-4:] == [
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert isinstance(events[-1], ResponseCompletedEvent)


def test_the_helpers_events_have_snapshots(world: World, gloo: LocalGloo) -> None:
    """Text and arguments as they grow, by the SDK's own accumulation."""
    gloo.answer("I look.", tool_calls=[{"name": "f", "arguments": {"place": "town"}}])
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    events, final = forms.helped(world, world.client(), tools=[tool])
    texts = [event for event in events if event.type == "response.output_text.delta"]
    assert texts[-1].snapshot == "I look."
    calls = [e for e in events if e.type == "response.function_call_arguments.delta"]
    assert isinstance(calls[-1], ResponseFunctionCallArgumentsDeltaEvent)
    assert json.loads(calls[-1].snapshot) == {"place": "town"}
    assert events[-1].response is final
    assert final.output_text == "I look."


def test_the_helper_parses(world: World, gloo: LocalGloo) -> None:
    gloo.answer('{"book": "James", "chapter": 1}')
    events, final = forms.helped(world, world.client(), text_format=Verse)
    assert final.output_parsed == Verse(book="James", chapter=1)
    (done,) = [event for event in events if event.type == "response.output_text.done"]
    assert done.parsed == Verse(book="James", chapter=1)


@every_form
def test_an_id_that_is_said_at_the_end_only_is_the_responses(
    world: World, gloo: LocalGloo, form: Form
) -> None:
    gloo.answer(chunks=[HELLO[1], END])
    assert form(world, world.client()).id == "resp_1"


@every_form
@pytest.mark.parametrize("done", [False, True])
def test_done_is_no_event(world: World, gloo: LocalGloo, form: Form, done: bool) -> None:
    gloo.answer("Hi", done=done)
    assert form(world, world.client()).output_text == "Hi"


@every_form
def test_pauses_are_no_events(world: World, gloo: LocalGloo, form: Form) -> None:
    pauses = [": keep-alive\n\n", sse({}, "ping"), sse({"type": "ping"}), "event: ping\n\n", "\n\n"]
    gloo.answer(chunks=[*pauses, *HELLO, *pauses, END, *pauses])
    assert form(world, world.client()).output_text == "Listen first."


@every_form
@pytest.mark.parametrize("chunks", [[], HELLO[:1], HELLO, [*HELLO, "data: [DONE]\n\n"]])
def test_an_end_before_completed_is_a_cut_answer(
    world: World, gloo: LocalGloo, form: Form, chunks: Any
) -> None:
    gloo.answer(chunks=chunks)
    with pytest.raises(StreamCutOffError, match=r"before response\.completed") as caught:
        form(world, world.client())
    assert caught.value.text == ("Listen first." if len(chunks) > 1 else "")


ERRORS = [
    (sse({"type": "error", "code": "rate_limit_exceeded", "message": "Slow"}), 429, "Slow"),
    (sse({"type": "error.internal", "message": "Streaming error occurred"}), 500, "Streaming"),
    (sse({"code": 3001, "type": "internal_error", "message": "Oh"}, "error"), 500, "Oh"),
    (sse({"message": "named only"}, "error_event"), 500, "named only"),
    (sse("upstream said no", "error"), 500, "upstream said no"),
    (sse({"error": {"code": 2002, "message": "Busy"}}), 503, "Busy"),
    (sse({"type": "response.failed", "error": {"code": 2001, "message": "Late"}}), 408, "Late"),
    (sse({"type": "response.failed"}), 500, "the response failed"),
    (sse({"type": "response.failed", "response": {"error": {"message": "x"}}}), 500, "x"),
]


@every_form
@pytest.mark.parametrize("row", ERRORS)
def test_an_error_in_the_middle_is_the_exception_of_its_code(
    world: World, gloo: LocalGloo, form: Form, row: tuple[str, int, str]
) -> None:
    """Any event whose name or type begins with `error`, with the text so far."""
    event, status, says = row
    gloo.answer(chunks=[*HELLO, event, END])
    with pytest.raises(openai.APIStatusError, match=says) as caught:
        form(world, world.client(max_retries=0))
    assert caught.value.status_code == status
    assert caught.value.text == "Listen first."  # type: ignore[attr-defined]  # ours


@every_form
@pytest.mark.parametrize("data", ["no JSON", "[1]", "null", "7", "[" * 100_000])
def test_what_is_no_json_object_ends_the_stream(
    world: World, gloo: LocalGloo, form: Form, data: str
) -> None:
    gloo.answer(chunks=[*HELLO, f"data: {data}\n\n", END])
    with pytest.raises(openai.APIResponseValidationError) as caught:
        form(world, world.client(max_retries=0))
    assert caught.value.text == "Listen first."  # type: ignore[attr-defined]  # ours


@every_form
def test_a_connection_that_breaks_is_a_cut_answer(
    world: World, gloo: LocalGloo, form: Form
) -> None:
    gloo.answer("Listen first, and then listen some more.")
    gloo.fault("/responses", drop_after=900)
    with pytest.raises(StreamCutOffError):
        form(world, world.client(max_retries=0))


@every_form
@pytest.mark.parametrize("more", [0, 1])
def test_a_connection_that_breaks_after_the_end_cuts_nothing(
    world: World, gloo: LocalGloo, form: Form, more: int
) -> None:
    """With `response.completed` the answer is whole, as it is with a completion's `[DONE]`."""
    whole = "".join(map(sse, [*HELLO, END]))
    gloo.answer(chunks=[whole, ": that was all\n\n"])
    gloo.fault("/responses", drop_after=len(whole) + more)
    assert form(world, world.client(max_retries=0)).output_text == "Listen first."


@every_form
@pytest.mark.parametrize(
    "event", [sse("upstream said no", "error"), sse("no JSON"), sse(HELLO[1]), sse("[DONE]")]
)
def test_nothing_after_the_end_is_of_the_answer(
    world: World, gloo: LocalGloo, form: Form, event: str
) -> None:
    """In the same piece, or in one of its own."""
    for chunks in ([*HELLO, END, event], ["".join(map(sse, [*HELLO, END])) + event]):
        gloo.answer(chunks=chunks)
        assert form(world, world.client(max_retries=0)).output_text == "Listen first."


def test_a_connection_is_used_again(world: World, gloo: LocalGloo) -> None:
    """A stream that has been read to its end leaves its connection to the next."""
    client, seen = world.client(), set()
    for chunks in ([*HELLO, END], [*HELLO, END, "data: [DONE]\n\n"], [*HELLO, END]):
        gloo.answer(chunks=chunks)
        stream = world.call(client.responses.create, **ASK, stream=True)
        network = stream.response.extensions["network_stream"]
        seen.add(network.get_extra_info("client_addr"))
        world.read(stream)
    assert len(seen) == 1


@every_form
def test_one_json_where_a_stream_was_asked_is_read(
    world: World, gloo: LocalGloo, form: Form
) -> None:
    """And given as the events that say the same."""
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    body = {"id": "resp_1", "object": "response", "output": [message]}
    gloo.fault("/responses", status=200, body=body)
    answer = form(world, world.client())
    assert (answer.id, answer.output_text) == ("resp_1", "Hi")


@every_form
def test_a_json_error_where_a_stream_was_asked_is_the_error(
    world: World, gloo: LocalGloo, form: Form
) -> None:
    gloo.fault("/responses", status=200, body={"error": {"code": 2002, "message": "Busy"}})
    with pytest.raises(openai.InternalServerError, match="Busy"):
        form(world, world.client(max_retries=0))


@every_form
def test_an_incomplete_answer_is_visible(world: World, gloo: LocalGloo, form: Form) -> None:
    gloo.answer("Listen first.", finish_reason="length")
    answer = form(world, world.client())
    assert answer.is_incomplete
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.output_text == "Listen first."


def test_on_routing_is_told_once_and_at_the_end(world: World, gloo: LocalGloo) -> None:
    """As soon as the response is known, before the last event is in hand."""
    told: list[Any] = []
    gloo.answer(chunks=[*HELLO, END])
    client = world.client(on_routing=told.append)
    events = forms.events(world, client)
    assert [(each.model, each.cost) for each in told] == [("m", 0.1)]
    assert events[-1].response.routing.cost == 0.1


def test_a_stream_that_is_left_early_is_told_of_and_closed(gloo: LocalGloo) -> None:
    """Nothing stays behind: no circle keeps its connection until the collector runs."""
    told: list[Any] = []
    client = GlooOpenAI(on_routing=told.append)
    gc.collect()
    gc.disable()
    try:
        gloo.answer(chunks=[*HELLO, END])
        stream = client.responses.create(**ASK, stream=True)
        next(stream)
        gone, response = weakref.ref(stream), stream.response
        del stream
        assert gone() is None
        assert response.is_closed
        assert [each.model for each in told] == ["m"]
    finally:
        gc.enable()


def test_a_helper_that_is_left_early_is_closed(gloo: LocalGloo) -> None:
    client = GlooOpenAI()
    with client.responses.stream(**ASK) as stream:
        next(stream)
        response = stream._response
    assert response.is_closed


def test_a_tracers_own_class_of_stream_is_made_of_ours(world: World, gloo: LocalGloo) -> None:
    """One that wraps `request` passes a subclass of the SDK's on (logfire does)."""
    kind: Any = openai.AsyncStream if world.is_async else openai.Stream
    seen: list[Any] = []

    class Traced(kind[ResponseStreamEvent]):  # type: ignore[misc]  # made at run time
        def __stream__(self) -> Any:
            return self._anext_all() if world.is_async else self._next_all()

        def _next_all(self) -> Any:
            for event in super().__stream__():
                seen.append(event)
                yield event

        async def _anext_all(self) -> Any:
            async for event in super().__stream__():
                seen.append(event)
                yield event

    told: list[Any] = []
    gloo.answer(chunks=[*HELLO, END])
    stream = forms.posted(world, world.client(on_routing=told.append), Traced)
    assert isinstance(stream, Traced)
    events = world.read(stream)
    assert events[-1].response.output_text == "Listen first."
    assert len(told) == 1
    assert len(seen) == len(events)
    gloo.answer(chunks=HELLO)
    with pytest.raises(StreamCutOffError):
        world.read(forms.posted(world, world.client(), Traced))


@given(
    ITEMS,
    st.sampled_from(["completed", "incomplete"]),
    st.sets(st.sampled_from(MISSING)),
    st.booleans(),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_split_anywhere_the_response_is_the_same(
    items: Any, status: str, missing: set[str], flat: bool, cuts: list[int]
) -> None:
    """Whatever is missing, flattened or not, in whatever pieces the bytes come."""
    events = whole_stream(items, status)
    wire = "".join(sse(each, each["type"]) for each in as_gloo(events, missing, flat=flat)).encode()
    request = SDK_LIBRARY.Request("POST", "http://127.0.0.1/responses")
    record = ResponseRecord(SDK_LIBRARY.Response(200, request=request), None)
    reader = ResponseReader(record)
    made: list[Any] = []
    for cut in cuts:
        piece, wire = wire[:cut], wire[cut:]
        made += reader.feed(piece)
    made += [*reader.feed(wire), *reader.end()]
    assert made[-1].response == GlooResponse.of(events[-1]["response"])
