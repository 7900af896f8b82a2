"""Streams: whatever order and shape the events have, and every way a stream can end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import openai
import pytest
from openai import AsyncStream, Stream

from gloo_openai import GlooChatCompletionChunk, GlooOpenAI, StreamCutOffError, error_details
from gloo_openai.testing import LocalGloo

from .. import forms
from ..conftest import MESSAGES
from ..traps import ASK, COMPLETIONS
from ..worlds import World

SOURCE = {"item_title": "A Guide to Joy", "author": ["Ruth Okafor"], "snippets": ["Sing."]}
CITATIONS: dict[str, Any] = {"sources_returned": True, "citations": [SOURCE]}
ROUTING = {"model": "gloo-openai-gpt-5.2", "routing_tier": "tier_2", "routing_confidence": 0.5}
USAGE = {
    "choices": [],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cache_tokens": 1},
}
FAILURE = {"code": 3001, "type": "internal_error", "message": "Streaming error occurred"}
FAILURE_IDS = {**FAILURE, "fault": "internal", "trace_id": "t-9"}


def says(text: str, **fields: Any) -> dict[str, Any]:
    """A chunk with a piece of text."""
    delta = {"content": text}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}], **fields}


def ends(reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """A chunk that finishes the answer."""
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], **fields}


ROLE = {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}
BARE = {"choices": [{"delta": {"content": " world"}, "finish_reason": None}]}
ODD: list[Any] = [
    ": a comment\n\n",
    "\n\n",
    CITATIONS,
    {"choices": [], "id": "gen-1", "created": 7},
    ROLE,
    says("Hello", **ROUTING),
    "event: message\nid: 4\nretry: 10\n\n",
    {"choices": None},
    BARE,
    {"choices": [{"index": 0, "finish_reason": None}]},
    ends(),
    ": ping\n\n",
    USAGE,
]
"""Everything that occurs in a stream that is no error (protocol §5)."""


def text_of(chunks: Iterable[GlooChatCompletionChunk]) -> str:
    """The answer, as a loop over chunks that guards for an empty list collects it."""
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def broken(world: World, client: Any, **call: Any) -> tuple[list[Any], Any]:
    """The chunks that arrive before a stream breaks, and what it breaks with."""
    stream = world.call(client.chat.completions.create, stream=True, **{**ASK, **call})
    chunks: list[Any] = []

    async def collect() -> None:
        async for chunk in stream:
            chunks.append(chunk)

    with pytest.raises(openai.OpenAIError) as caught:
        world.call(collect) if world.is_async else chunks.extend(stream)
    return chunks, caught.value


# What does not break a stream


@pytest.mark.parametrize("done", [True, False], ids=["done", "no-done"])
@pytest.mark.parametrize("form", forms.CHUNKED)
def test_no_event_of_gloos_breaks_a_loop_over_chunks(
    gloo: LocalGloo, world: World, form: forms.Form, done: bool
) -> None:
    """Citations first, empty choices, a usage chunk, role only, comments, with or without DONE."""
    gloo.answer(chunks=ODD, done=done)
    chunks = form(world, world.client())
    assert all(isinstance(chunk, GlooChatCompletionChunk) for chunk in chunks)
    assert text_of(chunks) == "Hello world"
    [cited] = [chunk for chunk in chunks if chunk.citations]
    assert cited.citations[0].item_title == "A Guide to Joy"
    assert cited.sources_returned is True
    assert cited.choices == []
    assert chunks[-1].usage.total_tokens == 5
    assert chunks[-1].usage.cache_tokens == 1
    [routed] = [chunk for chunk in chunks if chunk.routing_tier]
    assert (routed.routing.model, routed.routing.routing_confidence) == (ROUTING["model"], 0.5)


@pytest.mark.parametrize("done", [True, False], ids=["done", "no-done"])
def test_the_helpers_final_completion_has_what_all_chunks_carried(
    gloo: LocalGloo, world: World, done: bool
) -> None:
    """Id, model, citations, usage and routing, whichever chunk brought them."""
    gloo.answer(chunks=ODD, done=done)
    final = forms.helper(world, world.client())
    assert final.choices[0].message.content == "Hello world"
    assert final.choices[0].finish_reason == "stop"
    assert (final.id, final.created, final.model) == ("gen-1", 7, ROUTING["model"])
    assert final.citations[0].author == ["Ruth Okafor"]
    assert final.sources_returned is True
    assert (final.usage.total_tokens, final.usage.cache_tokens) == (5, 1)
    assert final.routing.routing_tier == "tier_2"
    assert final.routing.routing_confidence == 0.5


def test_the_local_glooss_grounded_stream_is_whole(gloo: LocalGloo, world: World) -> None:
    """A grounded answer with citations, over the helper, without an answer made for the test."""
    call = {**ASK, "include_citations": True, "stream_options": {"include_usage": True}}
    final = forms.helped(world, world.client(), **call)
    assert final.citations[0].item_title == "Small Groups That Last"
    assert final.routing.routing_mechanism == "auto_routing"
    assert final.usage.total_tokens > 0
    assert final.choices[0].message.content.startswith("This is the local Gloo")


def test_the_helper_parses_and_calls_tools(gloo: LocalGloo, world: World) -> None:
    """The SDK's own features of `stream()`, on answers with Gloo's extras."""
    gloo.answer(forms.VERSE)
    final = forms.helped(world, world.client(), response_format=forms.Verse, **ASK)
    assert final.choices[0].message.parsed == forms.Verse(book="James", chapter=1)
    tool = {"type": "function", "function": {"name": "weather", "strict": True, "parameters": {}}}
    gloo.answer(tool_calls=[{"name": "weather", "arguments": {"city": "Rome"}}])
    final = forms.helped(world, world.client(), tools=[tool], **ASK)
    [call] = final.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Rome"}
    assert final.routing.routing_mechanism == "auto_routing"


def test_the_helpers_events_are_the_sdks(gloo: LocalGloo) -> None:
    """Chunks, deltas and the done event, in the order of the SDK."""
    gloo.answer(chunks=ODD)
    with GlooOpenAI() as client, client.chat.completions.stream(**ASK) as stream:
        kinds = [event.type for event in stream]
    assert kinds.count("content.delta") == 2
    assert kinds.count("content.done") == 1
    assert kinds.count("chunk") >= 6


def test_several_choices_are_told_apart(gloo: LocalGloo) -> None:
    """`n=2`; the text of an error is that of the first."""
    second = {"index": 1, "delta": {"content": "B"}, "finish_reason": None}
    first = {"index": 0, "delta": {"content": "A"}, "finish_reason": None}
    gloo.answer(chunks=[{"choices": [second]}, {"choices": [first]}], done=False)
    with GlooOpenAI() as client, pytest.raises(StreamCutOffError) as caught:
        list(client.chat.completions.create(stream=True, **ASK))
    assert caught.value.text == "A"


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls", "a_new_one"])
def test_any_finish_reason_but_error_is_an_end(gloo: LocalGloo, reason: str) -> None:
    """The enumeration is open; a reason is enough, without DONE."""
    gloo.answer(chunks=[says("Hi"), ends(reason)], done=False)
    with GlooOpenAI() as client:
        chunks = list(client.chat.completions.create(stream=True, **ASK))
    assert chunks[-1].choices[0].finish_reason == reason


def test_an_answer_of_nothing_but_done_is_an_empty_answer(gloo: LocalGloo) -> None:
    """`[DONE]` says that the answer is whole."""
    gloo.answer(chunks=[], done=True)
    with GlooOpenAI() as client:
        assert list(client.chat.completions.create(stream=True, **ASK)) == []


# Errors in the middle


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({**ends("error"), "error": FAILURE_IDS}, id="finish-reason-and-error"),
        pytest.param({"error": FAILURE_IDS}, id="error-object"),
        pytest.param({"choices": [], "error": FAILURE_IDS}, id="error-and-empty-choices"),
        pytest.param({**ends("error"), **FAILURE_IDS}, id="finish-reason-and-fields"),
        pytest.param(
            {"choices": [{"index": 0, "finish_reason": "error", "error": FAILURE_IDS}]},
            id="error-in-the-choice",
        ),
        pytest.param(FAILURE_IDS, id="the-whole-event"),
        pytest.param(f"event: error\ndata: {json.dumps(FAILURE_IDS)}\n\n", id="an-error-event"),
    ],
)
def test_an_error_in_the_middle_is_the_exception_of_its_code(
    gloo: LocalGloo, world: World, event: Any
) -> None:
    """Class by code, with trace id, fault and the text so far; nothing is sent again."""
    gloo.answer(chunks=[says("Rejo"), says("ice"), event], done=True)
    chunks, error = broken(world, world.client())
    assert text_of(chunks) == "Rejoice"
    assert type(error) is openai.InternalServerError
    assert "Streaming error occurred" in str(error)
    assert "in the middle of a stream" in str(error)
    details = error_details(error)
    assert (details.code, details.trace_id, details.fault) == ("3001", "t-9", "internal")
    assert (error.code, error.trace_id, error.fault) == ("3001", "t-9", "internal")
    assert error.text == "Rejoice"
    assert error.request_id == error.response.headers.get("x-request-id", error.request_id)
    assert error.request_id
    assert len(gloo.completions) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 1001, "name": "INVALID_REQUEST"}, openai.BadRequestError),
        ({"code": 2001}, openai.APIStatusError),
        ({"code": 2002}, openai.InternalServerError),
        ({"code": 2006}, openai.InternalServerError),
        ({"name": "SPENDING_LIMIT_EXCEEDED", "retryable": False}, openai.RateLimitError),
        ({"code": "too_many_requests"}, openai.RateLimitError),
        ({"code": 4711, "message": "A new one"}, openai.InternalServerError),
        ("only words", openai.InternalServerError),
        (["a list"], openai.InternalServerError),
        (True, openai.InternalServerError),
    ],
    ids=str,
)
def test_every_error_in_the_middle_has_a_class(
    gloo: LocalGloo, error: Any, kind: type[Exception]
) -> None:
    """Known codes have their status's class; the others are the server's fault."""
    gloo.answer(chunks=[says("Hi"), {"error": error}], done=False)
    with GlooOpenAI() as client, pytest.raises(kind) as caught:
        list(client.chat.completions.create(stream=True, **ASK))
    assert str(caught.value).startswith("Error code: ")
    assert len(gloo.completions) == 1


@pytest.mark.parametrize("done", [True, False], ids=["done", "no-done"])
@pytest.mark.parametrize(
    ("event", "status", "code", "words"),
    [
        (
            {"error": "Slow down", "code": "too_many_requests"},
            429,
            "too_many_requests",
            "Slow down",
        ),
        ({"error": "Forbidden", "code": "forbidden"}, 403, "forbidden", "Forbidden"),
        ({"error": {"name": "PROVIDER_TIMEOUT"}}, 408, "PROVIDER_TIMEOUT", "PROVIDER_TIMEOUT"),
        ({"error": "oh", "message": "It broke"}, 500, None, "oh: It broke"),
        ({"detail": "Error generating response."}, 500, None, "Error generating response."),
        ({"detail": {"code": 2002, "message": "It is down"}}, 503, "2002", "It is down"),
        ('event: error\ndata: {"message": "It broke"}\n\n', 500, None, "It broke"),
        ("event: error\ndata: It broke\n\n", 500, None, "It broke"),
    ],
    ids=str,
)
def test_an_error_in_the_middle_may_have_any_shape(  # noqa: PLR0917 - one row of a table
    gloo: LocalGloo, world: World, event: Any, status: int, code: str, words: str, done: bool
) -> None:
    """Those of a refused request (protocol §6), and an event that is only named so."""
    gloo.answer(chunks=[says("Hi"), event], done=done)
    _chunks, error = broken(world, world.client())
    assert isinstance(error, openai.APIStatusError)
    assert (error.status_code, error.code, error.text) == (status, code, "Hi")
    assert words in str(error)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([says("Hi", trace_id="t-9"), {"error": FAILURE}], id="an-earlier-chunk"),
        pytest.param([says("Hi"), {"error": FAILURE, "trace_id": "t-9"}], id="beside-the-error"),
        pytest.param([says("Hi", trace_id="t-9")], id="a-cut-answer"),
    ],
)
def test_what_breaks_a_stream_has_the_trace_id_that_came_with_it(
    gloo: LocalGloo, world: World, chunks: list[Any]
) -> None:
    """As an attribute and in `error_details`, with the text so far."""
    gloo.answer(chunks=chunks, done=False)
    _chunks, error = broken(world, world.client())
    details = error_details(error)
    assert (error.trace_id, details.trace_id, details.text) == ("t-9", "t-9", "Hi")
    assert details.request_id


def test_an_error_in_the_middle_has_the_hint_for_its_cause(gloo: LocalGloo, world: World) -> None:
    """As a refused request has."""
    gloo.answer(chunks=[says("Hi"), {"error": {"code": 2006}}], done=True)
    _chunks, error = broken(world, world.client(), max_tokens=100)
    assert "max_tokens=100 was sent" in str(error)


def test_a_finish_reason_of_error_without_more_is_an_error(gloo: LocalGloo) -> None:
    """Nothing else is said."""
    gloo.answer(chunks=[says("Hi"), ends("error")], done=True)
    with GlooOpenAI() as client, pytest.raises(openai.InternalServerError) as caught:
        list(client.chat.completions.create(stream=True, **ASK))
    assert error_details(caught.value).code is None


def test_one_choice_of_several_that_failed_is_an_error(gloo: LocalGloo) -> None:
    """`n=2`, and both end in one chunk."""
    [one] = ends("error")["choices"]
    [other] = ends()["choices"]
    gloo.answer(chunks=[says("Hi"), {"choices": [one, {**other, "index": 1}]}], done=True)
    with GlooOpenAI() as client, pytest.raises(openai.InternalServerError):
        list(client.chat.completions.create(stream=True, n=2, **ASK))


def test_the_helper_raises_the_same_errors(gloo: LocalGloo, world: World) -> None:
    """`stream()`: an error in the middle, and a cut answer."""
    client = world.client()
    gloo.answer(chunks=[says("Hi"), {**ends("error"), "error": FAILURE_IDS}], done=False)
    with pytest.raises(openai.InternalServerError) as failed:
        forms.helper(world, client)
    error: Any = failed.value
    assert (error.code, error.text) == ("3001", "Hi")
    gloo.answer(chunks=[says("Hi")], done=False)
    with pytest.raises(StreamCutOffError) as cut:
        forms.helper(world, client)
    assert cut.value.text == "Hi"
    assert len(gloo.completions) == 2


@pytest.mark.parametrize("rows", [["A", "B"], ["A", "A", "B"]], ids=["new", "repeated"])
def test_the_final_completion_has_the_citations_of_every_event(
    gloo: LocalGloo, world: World, rows: list[str]
) -> None:
    """Each once."""
    events = [{"citations": [{"item_title": row}]} for row in rows]
    gloo.answer(chunks=[*events, says("Hi"), ends()], done=True)
    final = forms.helper(world, world.client())
    assert [citation.item_title for citation in final.citations] == ["A", "B"]


@pytest.mark.parametrize("path", ["chat", "beta"])
def test_a_stream_that_names_no_model_is_no_refusal(
    gloo: LocalGloo, world: World, path: str
) -> None:
    """A refusal's model is there, and empty. `client.beta.chat` is the older name."""
    gloo.answer(chunks=[says("Hi"), ends()], done=True)
    client = world.client()
    final = forms.helper(world, client.beta if path == "beta" else client)
    assert final.guardrail_refusal is False
    assert final.routing.model is None


# Cut off


@pytest.mark.parametrize("form", [*forms.CHUNKED, forms.helper])
def test_an_end_without_a_finish_reason_is_a_cut_answer(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """The error says so, and has the text so far."""
    gloo.answer(chunks=[ROLE, says("Rejoice "), says("al")], done=False)
    with pytest.raises(StreamCutOffError, match="cut off after 10 characters") as caught:
        form(world, world.client())
    assert caught.value.text == "Rejoice al"
    assert isinstance(caught.value, openai.APIConnectionError)
    assert len(gloo.completions) == 1


def test_an_empty_finish_reason_is_none(gloo: LocalGloo, world: World) -> None:
    """Some servers put one into every chunk."""
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": ""}]}
    gloo.answer(chunks=[chunk], done=False)
    _chunks, error = broken(world, world.client())
    assert type(error) is StreamCutOffError


def test_a_stream_that_cannot_be_decoded_is_a_cut_answer(gloo: LocalGloo, world: World) -> None:
    """A body that is not compressed as its header says."""
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}
    gloo.fault(COMPLETIONS, status=200, headers=headers, body=b"data: {}\n\n")
    _chunks, error = broken(world, world.client())
    assert isinstance(error, openai.APIConnectionError)


def test_a_stream_of_our_own_chunks_may_be_posted(gloo: LocalGloo, world: World) -> None:
    """`Stream[GlooChatCompletionChunk]` is the type that has Gloo's fields for a type checker."""
    gloo.answer(chunks=[says("Hi")], done=False)
    kind: Any = AsyncStream if world.is_async else Stream
    with pytest.raises(StreamCutOffError):
        world.read(
            world.call(
                world.client().post,
                "/chat/completions",
                cast_to=GlooChatCompletionChunk,
                body={**ASK, "stream": True},
                stream=True,
                stream_cls=kind[GlooChatCompletionChunk],
            )
        )


def test_an_empty_body_is_a_cut_answer(gloo: LocalGloo, world: World) -> None:
    """Not an answer of nothing."""
    gloo.answer(chunks=[], done=False)
    _chunks, error = broken(world, world.client())
    assert type(error) is StreamCutOffError
    assert error.text == ""


def test_a_connection_that_breaks_in_the_middle_is_a_cut_answer(
    gloo: LocalGloo, world: World
) -> None:
    """The text so far is there; nothing is sent again, whatever max_retries says."""
    gloo.answer(chunks=[says("Rejoice "), says("always."), says("x" * 500), ends()])
    gloo.fault(COMPLETIONS, drop_after=250)
    chunks, error = broken(world, world.client(max_retries=5))
    assert type(error) is StreamCutOffError
    assert error.text == "Rejoice always."
    assert text_of(chunks) == "Rejoice always."
    assert len(gloo.completions) == 1


def test_a_silence_in_the_middle_is_a_timeout(gloo: LocalGloo, world: World) -> None:
    """The SDK's own APITimeoutError, with the text so far; nothing is sent again."""
    first = f"data: {json.dumps(says('Rejoice'))}\n\n"
    gloo.answer(chunks=[first + ": " + " " * 200 + "\n\n", ends()])
    gloo.fault(COMPLETIONS, drip=30, drip_bytes=len(first) + 10)
    chunks, error = broken(world, world.client(timeout=1, max_retries=5))
    assert type(error) is openai.APITimeoutError
    assert error.text == "Rejoice"
    assert text_of(chunks) == "Rejoice"
    assert len(gloo.completions) == 1


@pytest.mark.parametrize("data", ['{"choices": [', "nonsense", '"\\'], ids=["cut", "word", "quote"])
def test_an_event_that_is_no_json_is_the_sdks_validation_error(
    gloo: LocalGloo, world: World, data: str
) -> None:
    """With the text so far."""
    gloo.answer(chunks=[says("Hi"), f"data: {data}\n\n"], done=True)
    _chunks, error = broken(world, world.client())
    assert type(error) is openai.APIResponseValidationError
    assert error.text == "Hi"


def test_an_event_that_is_not_utf_8_is_the_sdks_validation_error(
    gloo: LocalGloo, world: World
) -> None:
    """Or is read with the bad characters replaced: never another exception."""
    gloo.answer(chunks=[says("Hi"), b'data: {"choices": "\xff\xfe"}\n\n'], done=False)
    _chunks, error = broken(world, world.client())
    assert isinstance(error, (openai.APIResponseValidationError, StreamCutOffError))
    assert error.text == "Hi"


def test_a_page_instead_of_a_stream_is_a_cut_answer_that_says_so(
    gloo: LocalGloo, world: World
) -> None:
    """A proxy's HTML page with status 200."""
    gloo.fault(COMPLETIONS, status=200, body="<html><title>Sign in</title></html>")
    _chunks, error = broken(world, world.client())
    assert "text/html" in str(error)
    assert len(gloo.completions) == 1


def test_leaving_a_stream_early_is_no_error(gloo: LocalGloo, world: World) -> None:
    """`with` and `break`: the connection is released, the client goes on."""
    client = world.client()

    async def one() -> Any:
        async with await client.chat.completions.create(stream=True, **ASK) as stream:
            return await anext(stream)

    if world.is_async:
        assert world.call(one).object == "chat.completion.chunk"
    else:
        with client.chat.completions.create(stream=True, **ASK) as stream:
            assert next(stream).object == "chat.completion.chunk"
    assert world.call(client.chat.completions.create, **ASK).choices


def test_the_sdks_own_client_reads_the_same_stream(gloo: LocalGloo) -> None:
    """What the SDK makes of a well-formed stream is what we make of it."""
    gloo.answer("Rejoice always.", created=7, id="gen-1", trace_id="t")
    gloo.answer("Rejoice always.", created=7, id="gen-1", trace_id="t")
    body: Any = {"messages": MESSAGES, "model": "gloo-openai-gpt-5.2", "stream": True}
    key = gloo.issue_token()
    with GlooOpenAI() as ours, openai.OpenAI(base_url=gloo.base_url, api_key=key) as theirs:
        chunks = [
            [chunk.to_dict() for chunk in client.chat.completions.create(**body)]
            for client in (ours, theirs)
        ]
    assert chunks[0] == chunks[1]
