"""Completions as Gloo's types, whichever way they are asked for, and `on_routing`."""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import FrozenInstanceError
from typing import Any

import anyio
import openai
import pytest
from openai.types.chat import ChatCompletion, ParsedChatCompletion

from gloo_openai import (
    AsyncGlooOpenAI,
    Citation,
    GlooChatCompletion,
    GlooOpenAI,
    GlooParsedChatCompletion,
    GlooUsage,
    RoutingMetadata,
)
from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from .. import forms
from ..conftest import MESSAGES
from ..traps import ASK, COMPLETIONS
from ..worlds import World

ROUTED = {
    "model": "gloo-openai-gpt-5.2",
    "provider": "Gloo AI",
    "model_family": "OpenAI",
    "auto_routing": True,
    "routing_mechanism": "auto_routing",
    "routing_tier": "tier_2",
    "routing_confidence": 0.557,
    "tradition": "catholic",
    "trace_id": "t-1",
}
METADATA = RoutingMetadata(**ROUTED)  # type: ignore[arg-type]  # ROUTED mixes types
SOURCES = [{"item_title": "A Guide to Joy", "new": 1}, {"author": ["Ruth Okafor"]}]


# Completions


@pytest.mark.parametrize("form", [*forms.WHOLE, forms.helper])
def test_every_form_of_a_call_returns_gloos_completion(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """The SDK's class, with each of Gloo's fields."""
    gloo.answer(forms.VERSE, citations=SOURCES, **ROUTED)
    completion = form(world, world.client())
    kind = GlooParsedChatCompletion if "pars" in form.__name__ else GlooChatCompletion
    assert isinstance(completion, ChatCompletion)
    assert isinstance(completion, (kind, GlooParsedChatCompletion, GlooChatCompletion))
    assert {name: getattr(completion, name) for name in ROUTED} == ROUTED
    assert completion.routing == METADATA
    assert completion.sources_returned is True
    assert [type(citation) for citation in completion.citations] == [Citation, Citation]
    assert completion.citations[0].item_title == "A Guide to Joy"
    assert completion.citations[0].to_dict() == SOURCES[0]
    assert completion.citations[1].author == ["Ruth Okafor"]
    assert completion.citations[1].snippets is None
    assert completion.guardrail_refusal is False
    assert completion.choices[0].message.content == forms.VERSE


@pytest.mark.parametrize("form", forms.WHOLE)
def test_usage_says_what_came_from_the_cache(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """`cache_tokens` and `cache_hit_rate`, beside the SDK's counts."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    gloo.answer(forms.VERSE, usage={**usage, "cache_tokens": 4, "cache_hit_rate": 0.4})
    counted = form(world, world.client()).usage
    assert isinstance(counted, GlooUsage)
    assert (counted.total_tokens, counted.cache_tokens, counted.cache_hit_rate) == (15, 4, 0.4)


def test_gloos_fields_can_be_assigned_like_the_sdks_own(gloo: LocalGloo, world: World) -> None:
    """Frameworks add up usage in place; what is assigned is read and written like what arrived."""
    completion = forms.plain(world, world.client())
    completion.usage.total_tokens = 7
    completion.usage.cache_tokens = 5
    completion.usage.cache_tokens += 1
    completion.routing_tier = "tier_4"
    assert (completion.usage.total_tokens, completion.usage.cache_tokens) == (7, 6)
    assert completion.to_dict()["usage"]["cache_tokens"] == 6
    assert completion.routing.routing_tier == completion.to_dict()["routing_tier"] == "tier_4"
    with pytest.raises(AttributeError):
        completion.routing = METADATA
    total = GlooUsage(prompt_tokens=1, completion_tokens=1, total_tokens=2)
    total.cache_tokens = 3  # type: ignore[misc]  # a type checker is told that answers stay as they are
    assert total.to_dict()["cache_tokens"] == 3


@pytest.mark.parametrize("form", [forms.parsed, forms.raw_of_parse])
def test_parse_keeps_its_parsed_type(gloo: LocalGloo, world: World, form: forms.Form) -> None:
    """The SDK's `ParsedChatCompletion`, the message parsed, with the same fields of Gloo's."""
    gloo.answer(forms.VERSE, **ROUTED)
    completion = form(world, world.client())
    assert isinstance(completion, ParsedChatCompletion)
    assert isinstance(completion, GlooParsedChatCompletion)
    assert completion.choices[0].message.parsed == forms.Verse(book="James", chapter=1)
    assert completion.routing == METADATA


def test_a_completion_with_nothing_of_gloos_has_nothing(gloo: LocalGloo) -> None:
    """Every field is optional; V1 sends none of them."""
    with GlooOpenAI(base_url=f"{gloo.origin}/ai/v1") as client:
        completion = client.chat.completions.create(
            messages=MESSAGES, model="us.meta.llama3-3-70b-instruct-v1:0"
        )
    assert completion.routing == RoutingMetadata(model="us.meta.llama3-3-70b-instruct-v1:0")
    assert completion.citations == []
    assert completion.sources_returned is None
    assert completion.usage is not None
    assert completion.usage.cache_tokens is None
    assert completion.guardrail_refusal is False


def test_the_request_id_is_the_sdks(gloo: LocalGloo, world: World) -> None:
    """`completion._request_id`, as the SDK documents it."""
    assert forms.plain(world, world.client())._request_id
    assert forms.parsed(world, world.client())._request_id


def test_routing_metadata_cannot_be_changed() -> None:
    """It may be shared and kept in a set."""
    with pytest.raises(FrozenInstanceError):
        METADATA.model = "another"  # type: ignore[misc]  # the test is that it raises
    assert len({METADATA, RoutingMetadata(**ROUTED)}) == 1  # type: ignore[arg-type]  # ROUTED mixes types


def test_unknown_fields_and_values_are_kept(gloo: LocalGloo) -> None:
    """A completion is what arrived, new fields and new values of an enumeration included."""
    message = {"role": "assistant", "content": "Hi", "new": {"a": [1]}}
    body = {
        "id": "gen-1",
        "object": "chat.completion",
        "routing_tier": "tier_9",
        "something_new": [{"deep": None}],
        "choices": [{"index": 0, "finish_reason": "novel", "message": message, "x": 1}],
        "usage": {"prompt_tokens": 1, "cost": "0.1"},
    }
    gloo.answer(body=body)
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(**ASK)
    assert completion.to_dict() == body
    assert completion.routing.routing_tier == "tier_9"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        pytest.param({"model": ""}, True, id="empty-model"),
        pytest.param({"model": None}, True, id="null-model"),
        pytest.param({"model": "", "provider": "Gloo AI", "trace_id": "t"}, True, id="with-trace"),
        pytest.param({"model": "", "routing_tier": "tier_1"}, False, id="routed"),
        pytest.param({"model": "", "model_family": "OpenAI"}, False, id="family"),
        pytest.param({"model": "gloo-x"}, False, id="model"),
        pytest.param({}, False, id="no-model"),
    ],
)
def test_a_guardrail_refusal_is_an_empty_model_without_routing(
    gloo: LocalGloo, fields: dict[str, Any], refused: bool
) -> None:
    """The evidence of protocol §5, and nothing less."""
    message = {"role": "assistant", "content": "I'm sorry."}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    gloo.answer(body={"choices": choices, **fields})
    with GlooOpenAI() as client:
        assert client.chat.completions.create(**ASK).guardrail_refusal is refused


@pytest.mark.parametrize("form", [*forms.WHOLE[:1], forms.post, forms.helper])
def test_the_local_glooss_refusal_is_one(gloo: LocalGloo, world: World, form: forms.Form) -> None:
    """An ordinary 200 with canned text."""
    gloo.refuse()
    assert form(world, world.client()).guardrail_refusal is True
    assert form(world, world.client()).guardrail_refusal is False


def test_a_content_filter_is_a_refusal(gloo: LocalGloo) -> None:
    """Whatever else is said; the evidence is named where an editor shows it."""
    gloo.answer("No.", finish_reason="content_filter", **ROUTED)
    with GlooOpenAI() as client:
        assert client.chat.completions.create(**ASK).guardrail_refusal is True
    assert "content_filter" in (GlooChatCompletion.guardrail_refusal.__doc__ or "")
    assert "empty" in (GlooChatCompletion.guardrail_refusal.__doc__ or "")


def test_a_parse_of_a_filtered_answer_raises_the_sdks_error(gloo: LocalGloo, world: World) -> None:
    """As the SDK does, with Gloo's fields on the completion in it."""
    gloo.answer("{", finish_reason="length", **ROUTED)
    with pytest.raises(openai.LengthFinishReasonError) as caught:
        forms.parsed(world, world.client())
    completion: Any = caught.value.completion
    assert completion.routing == METADATA


JSON = {"content-type": "application/json"}
NO_COMPLETIONS = {
    "html": b"<html><title>Sign in</title></html>",
    "empty": b"",
    "list": b"[]",
    "string": b'"words"',
    "null": b"null",
    "cut": b'{"id": "ge',
    "not-utf-8": b"\xff",
}


@pytest.mark.parametrize("body", NO_COMPLETIONS.values(), ids=NO_COMPLETIONS)
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@pytest.mark.parametrize("form", forms.WHOLE)
def test_a_200_that_is_no_completion_is_the_sdks_validation_error(
    gloo: LocalGloo, form: forms.Form, kind: str, body: bytes
) -> None:
    """Never a string or a list where a completion is expected."""
    gloo.fault(COMPLETIONS, status=200, body=body, headers={"content-type": kind})
    world = World("sync", forms, None)  # type: ignore[arg-type]  # no library is needed
    client = GlooOpenAI(max_retries=0)
    with client, pytest.raises(openai.APIResponseValidationError):
        form(world, client)
    assert len(gloo.completions) == 1


def test_a_200_that_is_no_completion_is_one_on_an_event_loop_too(
    gloo: LocalGloo, world: World
) -> None:
    """The same bodies, asked for plainly, and raw and then parsed."""
    client = world.client(max_retries=0)
    for body in NO_COMPLETIONS.values():
        for form in (forms.plain, forms.raw_and_parsed):
            gloo.fault(COMPLETIONS, status=200, body=body, headers=JSON)
            with pytest.raises(openai.APIResponseValidationError):
                form(world, client)


def test_strict_response_validation_is_the_sdks(gloo: LocalGloo, world: World) -> None:
    """By the SDK's own types, which is what a caller who asks for it wants checked."""
    client = world.client(_strict_response_validation=True)
    assert type(forms.plain(world, client)) is ChatCompletion
    gloo.fault(COMPLETIONS, status=200, body={"choices": 7}, headers=JSON)
    with pytest.raises(openai.APIResponseValidationError):
        forms.plain(world, client)


def test_an_answer_that_breaks_off_is_a_connection_error(gloo: LocalGloo, world: World) -> None:
    """Which the SDK tries again."""
    gloo.fault(COMPLETIONS, drop_after=30, times=None)
    with pytest.raises(openai.APIConnectionError):
        forms.plain(world, world.client(max_retries=1))
    assert len(gloo.completions) == 2


def test_citations_may_be_given_as_objects() -> None:
    """As in an answer that a test makes up, or one whose sources are filtered."""
    kept = Citation(item_title="A Guide to Joy")
    answer = GlooChatCompletion.construct(citations=[kept, SOURCES[1], None])
    assert answer.citations[0] is kept
    assert len(answer.citations) == 2
    answer.citations = [kept]  # type: ignore[misc]  # its setter is made at run time
    assert answer.citations == [kept]


# on_routing


@pytest.mark.parametrize("form", forms.EVERY)
def test_on_routing_is_called_once_for_every_form(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """With the metadata of the answer, whether or not anybody looks at the answer."""
    gloo.answer(forms.VERSE, **ROUTED)
    heard: list[RoutingMetadata] = []
    form(world, world.client(on_routing=heard.append))
    assert heard == [METADATA]


def test_a_post_of_any_type_is_an_answer(gloo: LocalGloo, world: World) -> None:
    """`client.post` into a dict, a string or the HTTP library's response."""
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)
    kinds: list[Any] = [object, str, SDK_LIBRARY.Response]
    if sys.version_info >= (3, 11):  # the SDK takes `dict[…]` for a class before
        kinds.append(dict[str, Any])
    for kind in kinds:
        gloo.answer(**ROUTED)
        world.call(client.post, "/chat/completions", cast_to=kind, body=forms.BODY)
    assert heard == [METADATA] * len(kinds)


def test_on_routing_hears_what_any_chunk_carried(gloo: LocalGloo, world: World) -> None:
    """Where Gloo puts the metadata in a stream is not known."""
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}
    late = {"choices": [], **{n: v for n, v in ROUTED.items() if n != "model"}}
    gloo.answer(chunks=[{"choices": [], "model": ROUTED["model"]}, {"choices": [choice]}, late])
    heard: list[RoutingMetadata] = []
    forms.streamed(world, world.client(on_routing=heard.append))
    assert heard == [METADATA]


def test_a_stream_without_metadata_is_heard_as_an_answer_without_is(
    gloo: LocalGloo, world: World
) -> None:
    """Once, with nothing known."""
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)
    gloo.answer(chunks=[{"choices": [choice]}])
    forms.streamed(world, client)
    gloo.answer(body={"choices": []})
    forms.plain(world, client)
    assert heard == [RoutingMetadata()] * 2


@pytest.mark.usefixtures("gloo")
@pytest.mark.parametrize("kind", [GlooOpenAI, AsyncGlooOpenAI])
def test_a_callback_that_would_have_to_be_awaited_is_refused(kind: Any) -> None:
    """Nobody would await it."""

    async def hear(metadata: RoutingMetadata) -> None: ...

    with pytest.raises(openai.OpenAIError, match="plain function"):
        kind(on_routing=hear)
    with pytest.raises(openai.OpenAIError, match="plain function"):
        kind().with_options(on_routing=hear)


@pytest.mark.parametrize("how", ["close", "with", "forget"])
def test_a_stream_that_is_left_early_has_its_routing_heard(
    gloo: LocalGloo, world: World, how: str
) -> None:
    """After two chunks: closed, left by `with`, or dropped for the garbage collector."""
    gloo.answer("one two three four five", **ROUTED)
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)

    def leave() -> None:
        stream = client.chat.completions.create(stream=True, **ASK)
        next(stream)
        next(stream)
        if how == "close":
            stream.close()
        elif how == "with":
            with stream:
                next(stream)

    async def aleave() -> None:
        stream = await client.chat.completions.create(stream=True, **ASK)
        await anext(stream)
        await anext(stream)
        if how == "close":
            await stream.close()
        elif how == "with":
            async with stream:
                await anext(stream)

    async def settle() -> None:
        gc.collect()
        with anyio.move_on_after(5):
            while not heard:
                await anyio.sleep(0.01)

    world.call(aleave if world.is_async else leave)
    world.call(settle) if world.is_async else gc.collect()
    assert heard == [METADATA]


def test_a_helper_that_is_left_early_has_its_routing_heard(gloo: LocalGloo, world: World) -> None:
    """`stream()`, left after two events."""
    gloo.answer("one two three four five", **ROUTED)
    heard: list[RoutingMetadata] = []
    entered = world.client(on_routing=heard.append).chat.completions.stream(**ASK)

    async def leave() -> None:
        async with entered as stream:
            await anext(stream)
            await anext(stream)

    if world.is_async:
        world.call(leave)
    else:
        with entered as stream:
            next(stream)
            next(stream)
    assert heard == [METADATA]


def test_an_error_in_the_middle_has_its_routing_heard(gloo: LocalGloo, world: World) -> None:
    """Once, with what had arrived; so has an answer that is cut off."""
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)
    for end in ([{"error": {"code": 3001}}], []):
        gloo.answer(chunks=[{"choices": [choice], **ROUTED}, *end], done=False)
        for form in (forms.streamed, forms.helper)[: 1 + len(end)]:
            if form is forms.helper:
                gloo.answer(chunks=[{"choices": [choice], **ROUTED}, *end], done=False)
            with pytest.raises(openai.OpenAIError):
                form(world, client)
    assert heard == [METADATA] * 3


@pytest.mark.parametrize("form", forms.EVERY)
def test_an_exception_of_the_callback_is_logged_and_harmless(
    gloo: LocalGloo, world: World, form: forms.Form, caplog: pytest.LogCaptureFixture
) -> None:
    """The call goes on; the log has the traceback, once."""

    def fails(_metadata: RoutingMetadata) -> None:
        raise RuntimeError("a broken callback")

    gloo.answer(forms.VERSE)
    assert form(world, world.client(on_routing=fails))
    [record] = [record for record in caplog.records if record.name == "gloo_openai"]
    assert record.levelno == logging.ERROR
    assert "a broken callback" in caplog.text


def test_with_options_replaces_the_callback_or_keeps_it(gloo: LocalGloo, world: World) -> None:
    """Of the copy only; `None` takes it away."""
    first: list[RoutingMetadata] = []
    second: list[RoutingMetadata] = []
    client = world.client(on_routing=first.append)
    forms.plain(world, client.with_options(timeout=30))
    forms.plain(world, client.with_options(tradition="catholic"))
    assert (len(first), len(second)) == (2, 0)
    for form in (forms.plain, forms.streamed):
        form(world, client.with_options(on_routing=second.append))
    assert (len(first), len(second)) == (2, 2)
    forms.plain(world, client.with_options(on_routing=None))
    assert (len(first), len(second)) == (2, 2)
    forms.streamed(world, client)
    assert (len(first), len(second)) == (3, 2)


def test_nothing_but_a_completion_is_an_answer(gloo: LocalGloo, world: World) -> None:
    """Not embeddings, not the catalogue, not an error."""
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append, base_url=f"{gloo.origin}/ai/v2/direct")
    world.call(client.embeddings.create, model="gloo-baai-bge-base-en-v1.5", input="Hi")
    world.call(client.models.retrieve, "gloo-openai-gpt-5.2")
    gloo.fault(COMPLETIONS, status=400, body={"error": "no"})
    with pytest.raises(openai.BadRequestError):
        forms.plain(world, client)
    assert heard == []


def test_a_retried_call_is_one_answer(gloo: LocalGloo, world: World) -> None:
    """Two 503s and a 401 before it."""
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)
    gloo.fault(COMPLETIONS, status=503, headers={"retry-after-ms": "1"}, times=2)
    gloo.fault(COMPLETIONS, status=401)
    forms.plain(world, client)
    assert len(gloo.completions) == 4
    assert len(heard) == 1


@pytest.mark.parametrize("kind", [GlooOpenAI, AsyncGlooOpenAI])
def test_a_client_tells_its_callback(gloo: LocalGloo, kind: Any) -> None:
    """`client.on_routing` is what was given."""
    assert kind(on_routing=print).on_routing is print
    assert kind().on_routing is None
