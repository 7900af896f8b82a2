"""The frame of an answer: wherever its bytes are cut, and whatever form it comes in."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooChatCompletion, RoutingMetadata, StreamCutOffError
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK, COMPLETIONS
from ..worlds import World
from .test_streams import broken, ends, says, text_of

EVENTS = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
TEXT = "Grüße \u2028 aus 🕊 Rom"


def framed(*chunks: dict[str, Any], end: str = "\n\n", space: str = " ", last: bool = True) -> str:
    """Chunks as events, with one kind of line end; the last event may lack its end."""
    text = "".join(f"data:{space}{json.dumps(c, ensure_ascii=False)}{end}" for c in chunks)
    return text if last else text.removesuffix(end)


ANSWER = (says("Grüße \u2028"), says(" aus 🕊 Rom"), ends())


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "bom"])
@pytest.mark.parametrize("last", [True, False], ids=["whole", "no-blank-line"])
@pytest.mark.parametrize("space", ["", " "], ids=["tight", "space"])
@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"], ids=["lf", "crlf", "cr"])
def test_nothing_is_lost_at_the_edges(  # noqa: PLR0917 - one row of a table
    gloo: LocalGloo, world: World, end: str, space: str, last: bool, bom: str
) -> None:
    """Whatever ends the lines, however the body begins and ends."""
    body = bom + framed(*ANSWER, end=end, space=space, last=last)
    gloo.fault(COMPLETIONS, status=200, body=body, headers=EVENTS)
    assert text_of(forms.streamed(world, world.client())) == TEXT


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_bytes_may_be_cut_anywhere(gloo: LocalGloo, world: World, size: int) -> None:
    """Within a character, between CR and LF, within the mark at the beginning."""
    body = "\ufeff" + framed(*ANSWER, end="\r\n\r\n", last=False)
    gloo.fault(
        COMPLETIONS, status=200, body=body, headers=EVENTS, drip=0.0, drip_bytes=size, times=1
    )
    assert text_of(forms.streamed(world, world.client())) == TEXT


FILLERS = [
    ": a comment\n\n",
    "event: ping\ndata: {}\n\n",
    "event: ping\ndata: 2026-11-26\n\n",
    'data: {"type": "ping"}\n\n',
    "event: heartbeat\ndata:\n\n",
    "id: 7\nretry: 10\n\n",
    "id: 7\n\n",
    ":\n",
    "\n\n",
]


@given(st.lists(st.sampled_from(FILLERS), max_size=6), st.data())
def test_what_keeps_a_connection_open_is_no_chunk(fillers: list[str], data: Any) -> None:
    """Pings, comments and ids, between any two events."""
    from gloo_openai.answers.chunks import ChunkReader
    from gloo_openai.answers.stream_record import StreamRecord

    events = [framed(chunk) for chunk in ANSWER]
    for filler in fillers:
        events.insert(data.draw(st.integers(0, len(events))), filler)
    content = "".join(events).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    record = StreamRecord(None, None)
    reader = ChunkReader(record)
    chunks: list[Any] = []
    for start, stop in zip([0, *cuts], [*cuts, len(content)], strict=True):
        chunks += reader.feed(content[start:stop])
    chunks += reader.end()
    assert len(chunks) == len(ANSWER)
    assert record.text == TEXT


def test_a_cut_character_is_no_silent_loss(gloo: LocalGloo, world: World) -> None:
    """A body that ends within an event is cut off, with the text so far."""
    body = (framed(says("Hi")) + framed(says("🕊"))).encode()[:-8]
    gloo.fault(COMPLETIONS, status=200, body=body, headers=EVENTS)
    _chunks, error = broken(world, world.client())
    assert isinstance(error, (StreamCutOffError, openai.APIResponseValidationError))
    assert error.text == "Hi"


# One JSON body where a stream was asked for


WHOLE: dict[str, Any] = {
    "id": "gen-1",
    "object": "chat.completion",
    "created": 7,
    "model": "gloo-m",
    "routing_mechanism": "auto_routing",
    "citations": [{"item_title": "A Guide to Joy"}],
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": forms.VERSE},
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.5},
}


@pytest.mark.parametrize("indent", [None, 2], ids=["one-line", "pretty"])
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("form", [*forms.CHUNKED, forms.helper])
def test_one_json_is_read_where_a_stream_was_asked_for(
    gloo: LocalGloo, world: World, form: forms.Form, kind: str, indent: int | None
) -> None:
    """Text, tool calls, usage, metadata: nothing of it is lost."""
    body = json.dumps(WHOLE, indent=indent)
    gloo.fault(COMPLETIONS, status=200, body=body, headers={"content-type": kind})
    heard: list[RoutingMetadata] = []
    answer = form(world, world.client(on_routing=heard.append))
    if form is forms.helper:
        assert answer.choices[0].message.content == forms.VERSE
        assert answer.citations[0].item_title == "A Guide to Joy"
        assert answer.usage.cost == 0.5
    else:
        assert text_of(answer) == forms.VERSE
        assert answer[-1].usage.total_tokens == 5
    [metadata] = heard
    assert (metadata.model, metadata.cost) == ("gloo-m", 0.5)


def test_tool_calls_and_lines_of_json_are_read_too(gloo: LocalGloo, world: World) -> None:
    """A message with calls; and chunks without their `data:`."""
    client = world.client()
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call, {**call, "id": "b"}]}
    whole = {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}
    gloo.fault(COMPLETIONS, status=200, body=whole)
    calls = forms.helper(world, client).choices[0].message.tool_calls
    assert [call.id for call in calls] == ["a", "b"]
    lines = "\n".join(json.dumps(chunk) for chunk in ANSWER)
    gloo.fault(COMPLETIONS, status=200, body=lines, headers=JSON)
    assert text_of(forms.streamed(world, client)) == TEXT


def test_half_a_json_is_a_cut_answer(gloo: LocalGloo, world: World) -> None:
    """Not an answer of nothing."""
    gloo.fault(COMPLETIONS, status=200, body=json.dumps(WHOLE)[:-9], headers=JSON)
    _chunks, error = broken(world, world.client())
    assert isinstance(error, StreamCutOffError)


# A stream where one JSON body was asked for


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("form", forms.WHOLE)
def test_a_stream_is_read_where_one_json_was_asked_for(
    gloo: LocalGloo, world: World, form: forms.Form, kind: str
) -> None:
    """Put together as the helper puts it together; `on_routing` is told once."""
    half = len(forms.VERSE) // 2
    pieces = (says(forms.VERSE[:half], model="gloo-m"), says(forms.VERSE[half:]))
    usage = {"choices": [], "usage": WHOLE["usage"]}
    body = framed(*pieces, ends(), usage) + "data: [DONE]\n\n"
    gloo.fault(COMPLETIONS, status=200, body=body, headers={"content-type": kind})
    heard: list[RoutingMetadata] = []
    answer = form(world, world.client(on_routing=heard.append, max_retries=0))
    assert isinstance(answer, GlooChatCompletion) or answer.choices[0].message.parsed
    assert answer.choices[0].message.content == forms.VERSE
    assert (answer.object, answer.model, answer.usage.cost) == ("chat.completion", "gloo-m", 0.5)
    assert [(metadata.model, metadata.cost) for metadata in heard] == [("gloo-m", 0.5)]


def test_what_breaks_such_a_stream_is_the_error(gloo: LocalGloo, world: World) -> None:
    """An error event, and an end without a reason."""
    client = world.client(max_retries=0)
    failed = framed(says("Hi"), {"error": {"code": 1001, "message": "It is too long"}})
    gloo.fault(COMPLETIONS, status=200, body=failed, headers=EVENTS)
    with pytest.raises(openai.BadRequestError):
        forms.plain(world, client)
    gloo.fault(COMPLETIONS, status=200, body=framed(says("Hi")), headers=EVENTS)
    with pytest.raises(StreamCutOffError):
        forms.plain(world, client)


# Tool calls in pieces


def piece(**fields: Any) -> dict[str, Any]:
    """A chunk with a piece of a tool call."""
    return {"choices": [{"index": 0, "delta": {"tool_calls": [fields]}, "finish_reason": None}]}


def opens(call_id: str, name: str, **fields: Any) -> dict[str, Any]:
    """The first piece of a call."""
    function = {"name": name, "arguments": ""}
    return piece(id=call_id, type="function", function=function, **fields)


def goes_on(arguments: str, **fields: Any) -> dict[str, Any]:
    """Another piece of it."""
    return piece(function={"arguments": arguments}, **fields)


def whole_call(call_id: str, name: str, arguments: str, **fields: Any) -> dict[str, Any]:
    """A call in one piece."""
    function = {"name": name, "arguments": arguments}
    return piece(id=call_id, type="function", function=function, **fields)


@pytest.mark.parametrize(
    "chunks",
    [
        [opens("a", "f"), goes_on('{"x"'), goes_on(": 1}"), opens("b", "g"), goes_on("{}")],
        [whole_call("a", "f", '{"x": 1}'), whole_call("b", "g", "{}")],
        [whole_call("a", "f", '{"x": 1}', index=None), whole_call("b", "g", "{}", index=None)],
        [whole_call("a", "f", '{"x": 1}', index=0), whole_call("b", "g", "{}", index=0)],
        [opens("a", "f"), goes_on('{"x"', id="a"), goes_on(": 1}", id="a"),
         opens("b", "g", index=1), goes_on("{}", index=1)],
        [opens("a", "f"), opens("b", "g"), goes_on("{", id="b"), goes_on('{"x"', id="a"),
         goes_on("}", id="b"), goes_on(": 1}", id="a")],
        [opens("a", "f", index=0), opens("b", "g", index=0), goes_on('{"x"', id="a", index=0),
         goes_on("{}", id="b", index=0), goes_on(": 1}", id="a", index=0)],
        [{"choices": [{"delta": {"tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ]}}]}],
    ],
    ids=[
        "in-pieces", "whole", "null", "all-zero", "ids-repeated", "interleaved",
        "interleaved-all-zero", "in-one-chunk",
    ],
)  # fmt: skip
def test_tool_calls_without_an_index_are_told_apart(
    gloo: LocalGloo, world: World, chunks: list[Any]
) -> None:
    """In the helper, and for whoever joins the chunks of a stream by their index."""
    client = world.client()
    gloo.answer(chunks=[*chunks, ends("tool_calls")])
    first, second = forms.helper(world, client).choices[0].message.tool_calls
    assert (first.id, first.function.name, first.function.arguments) == ("a", "f", '{"x": 1}')
    assert (second.id, second.function.name, second.function.arguments) == ("b", "g", "{}")
    gloo.answer(chunks=[*chunks, ends("tool_calls")])
    read = forms.streamed(world, client)
    indexes = {
        call.index for chunk in read for c in chunk.choices for call in c.delta.tool_calls or []
    }
    assert indexes == {0, 1}
    assert world.stream(client.chat.completions.create, **ASK)


def test_a_piece_without_an_index_after_a_gap_is_no_crash(gloo: LocalGloo, world: World) -> None:
    """A call with the index 2 came first, and one of no index next."""
    chunks = [opens("c", "h", index=2), goes_on("{}", id="c"), whole_call("a", "f", "{}")]
    gloo.answer(chunks=[*chunks, ends("tool_calls")])
    pieces = [
        (call.index, call.id)
        for chunk in forms.streamed(world, world.client())
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
    ]
    assert pieces == [(2, "c"), (2, None), (3, "a")]
