"""An application whose SDK is instrumented: whoever patches `create` sees every call of Gloo's."""

from __future__ import annotations

import functools
import types
from typing import Any

import openai
import pytest
from openai import AsyncStream, Omit, Stream, not_given, omit
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.types.chat import ChatCompletionChunk

from gloo_openai import (
    AUTO,
    GlooChatCompletion,
    GlooChatCompletionChunk,
    GlooOpenAI,
    RoutingError,
    auto_model,
)
from gloo_openai.testing import LocalGloo

from .conftest import MESSAGES
from .traps import ASK
from .worlds import World

CALLS: list[dict[str, Any]] = [
    {"auto_routing": True, "tradition": "catholic"},
    {"model_family": "anthropic"},
    {"model": "gloo-openai-gpt-5.2"},
    {"auto_routing": True, "rag_publisher": "Bezalel", "include_citations": True},
]
"""Model-less, by family, with a model, grounded."""


class Tracer:
    """What a tracing library does: it replaces `create` of the SDK's classes by a wrapper."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spans: list[tuple[dict[str, Any], Any]] = []
        self._patch = monkeypatch

    def install(self) -> None:
        """Patch both classes."""
        for kind, wrapper in ((Completions, self._sync), (AsyncCompletions, self._async)):
            self._patch.setattr(kind, "create", wrapper(kind.__dict__["create"]))

    def _sync(self, create: Any) -> Any:
        @functools.wraps(create)
        def traced(instance: Any, *args: Any, **kwargs: Any) -> Any:
            result = create(instance, *args, **kwargs)
            self.spans.append((kwargs, result))
            return result

        return traced

    def _async(self, create: Any) -> Any:
        @functools.wraps(create)
        async def traced(instance: Any, *args: Any, **kwargs: Any) -> Any:
            result = await create(instance, *args, **kwargs)
            self.spans.append((kwargs, result))
            return result

        return traced


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    """A tracer that is not installed yet."""
    return Tracer(monkeypatch)


@pytest.mark.parametrize("when", ["before the client", "after the client", "after a call"])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_tracer_sees_every_call(
    gloo: LocalGloo, world: World, tracer: Tracer, stream: bool, when: str
) -> None:
    """Its keywords, and its result, whenever the tracer came."""
    if when == "before the client":
        tracer.install()
    client = world.client()
    if when == "after a call":
        world.call(client.chat.completions.create, messages=MESSAGES, auto_routing=True)
    if when != "before the client":
        tracer.install()
    for call in CALLS:
        result = world.call(
            client.chat.completions.create, messages=MESSAGES, stream=stream, **call
        )
        kwargs, traced = tracer.spans[-1]
        assert traced is result
        assert kwargs["messages"] == MESSAGES
        assert kwargs["stream"] is stream
        gloo_fields = {name: value for name, value in call.items() if name != "model"}
        assert (kwargs.get("extra_body") or {}) == gloo_fields
        assert kwargs["model"] == call.get("model", auto_model(call.get("model_family")))
        if stream:
            assert isinstance(traced, (Stream, AsyncStream))
            assert world.read(result)
        else:
            assert isinstance(traced, GlooChatCompletion)
            assert traced.routing.model
    assert len(tracer.spans) == len(CALLS)
    assert gloo.completions[-1].path.endswith("/grounded")


def test_a_tracer_sees_raw_calls_and_copies_of_a_client(
    gloo: LocalGloo, world: World, tracer: Tracer
) -> None:
    """`with_raw_response`, which frameworks use, and `with_options`."""
    tracer.install()
    client = world.client(tradition="catholic")
    copy = client.with_options(timeout=20)
    call: Any = {"messages": MESSAGES, "auto_routing": True}
    world.call(client.chat.completions.with_raw_response.create, **call)
    world.call(copy.chat.completions.create, **call)
    assert len(tracer.spans) == 2
    assert len(gloo.completions) == 2


def test_a_wrapper_may_read_a_stream_for_its_caller(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As tracing libraries do to count tokens: they hand on a generator of their own."""
    seen: list[Any] = []
    create: Any = Completions.create
    acreate: Any = AsyncCompletions.create

    def traced(*args: Any, **kwargs: Any) -> Any:
        for chunk in create(*args, **kwargs):
            seen.append(chunk)
            yield chunk

    async def atraced(*args: Any, **kwargs: Any) -> Any:
        stream = await acreate(*args, **kwargs)

        async def chunks() -> Any:
            async for chunk in stream:
                seen.append(chunk)
                yield chunk

        return chunks()

    monkeypatch.setattr(Completions, "create", traced)
    monkeypatch.setattr(AsyncCompletions, "create", atraced)
    create_call = world.client().chat.completions.create
    chunks = world.stream(create_call, messages=MESSAGES, auto_routing=True)
    assert chunks == seen
    assert any(chunk.routing.routing_mechanism == "auto_routing" for chunk in seen)
    assert len(gloo.completions) == 1


NAMED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"auto_routing": True}, {}, AUTO),
    ({"auto_routing": True, "model": None}, {}, AUTO),
    ({"model_family": "open source"}, {}, "gloo-auto-open-source"),
    ({"extra_body": {"auto_routing": True}}, {}, AUTO),
    ({"extra_body": {"model_family": "x-ai"}}, {}, "gloo-auto-x--ai"),
    ({"extra_body": {"model": "gloo-x"}}, {}, "gloo-x"),
    ({}, {"default_model": "gloo-x"}, "gloo-x"),
    ({}, {"default_model": "gloo-auto-google"}, "gloo-auto-google"),
    ({"model": omit}, {"default_model": "gloo-x"}, "gloo-x"),
    ({"model": not_given}, {"default_model": "gloo-x"}, "gloo-x"),
    ({"auto_routing": True}, {"default_model": "gloo-x"}, AUTO),
    ({"auto_routing": False}, {"default_model": "gloo-x"}, "gloo-x"),
    ({"model": "gloo-y"}, {"default_model": "gloo-x"}, "gloo-y"),
]
"""The keywords of a call, those of its client, and the model that both mean."""


@pytest.mark.parametrize("named", NAMED)
def test_a_call_without_a_model_has_the_name_of_its_routing(
    gloo: LocalGloo,
    world: World,
    tracer: Tracer,
    named: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    """For a tracer, which reads a string; on the wire it is what it was."""
    call, options, model = named
    gloo.models.append({"id": "gloo-x", "family": "x-ai"})
    tracer.install()
    client = world.client(**options)
    completions = client.chat.completions
    for function in (completions.create, completions.with_raw_response.create):
        world.call(function, messages=MESSAGES, **call)
    world.stream(completions.create, messages=MESSAGES, **call)
    assert {kwargs["model"] for kwargs, _ in tracer.spans} == {model}
    for request in gloo.completions:
        mechanisms = {"model", "auto_routing", "model_family"} & set(request.json)
        assert len(mechanisms - {n for n in mechanisms if request.json[n] is False}) == 1
        assert not str(request.json.get("model")).startswith("gloo-auto")


def test_a_call_with_no_routing_stays_as_it_is(
    gloo: LocalGloo, world: World, tracer: Tracer
) -> None:
    """And is refused, before anything is sent."""
    tracer.install()
    with pytest.raises(RoutingError, match="Nothing says how"):
        world.call(world.client().chat.completions.create, messages=MESSAGES)
    assert gloo.completions == []


def test_v1_gets_no_pseudo_model(gloo: LocalGloo, world: World, tracer: Tracer) -> None:
    """It would take it for a model; a real default it gets."""
    tracer.install()
    client = world.client(base_url=f"{gloo.origin}/ai/v1", default_model=AUTO)
    world.call(client.chat.completions.create, messages=MESSAGES)
    assert "model" not in gloo.completions[-1].json
    assert isinstance(tracer.spans[-1][0]["model"], Omit)
    real = client.with_options(default_model="meta.llama3")
    world.call(real.chat.completions.create, messages=MESSAGES)
    spoken: object = tracer.spans[-1][0]["model"]
    assert gloo.completions[-1].json["model"] == spoken == "meta.llama3"


def wrap_request(client: Any) -> None:
    """What logfire does: a stream class of its own, over the one that it is handed."""
    request = client.request

    def traced(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("stream"):
            kwargs["stream_cls"] = type("Traced", (kwargs["stream_cls"],), {})
        return request(*args, **kwargs)

    client.request = traced


def test_a_tracer_may_hand_on_a_stream_class_of_its_own(gloo: LocalGloo, world: World) -> None:
    """Its streams are ours: metadata, `on_routing`, an end, `.stream()`."""
    told: list[Any] = []
    client = world.client(on_routing=told.append)
    wrap_request(client)
    stream = world.call(client.chat.completions.create, **ASK, stream=True)
    assert type(stream).__name__ == "Traced"
    chunks = world.read(stream)
    assert isinstance(chunks[0], GlooChatCompletionChunk)
    assert stream.routing.model
    assert [each.model for each in told] == [stream.routing.model]
    gloo.fault("/chat/completions", drop_after=600)
    with pytest.raises(openai.APIConnectionError):
        world.stream(client.chat.completions.create, **ASK)
    final = world.call(final_of, client, world.is_async)
    assert final.routing.model


def test_a_tracer_may_put_its_own_stream_into_a_raw_response(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenInference does: it is kept there by the type that the SDK asked for."""
    seen: list[Any] = []

    def counted(raw: Any, cast_to: Any) -> Any:
        if hasattr(raw, "parse"):
            raw.parse()
            kept = raw._parsed_by_type  # where the SDK keeps what it has parsed
            kept[cast_to] = Counted(kept[cast_to], seen)
        return raw

    def traced(request: Any) -> Any:
        def wrapper(client: Any, cast_to: Any, *args: Any, **kwargs: Any) -> Any:
            return counted(request(client, cast_to, *args, **kwargs), cast_to)

        async def awrapper(client: Any, cast_to: Any, *args: Any, **kwargs: Any) -> Any:
            return counted(await request(client, cast_to, *args, **kwargs), cast_to)

        return awrapper if world.is_async else wrapper

    kind = openai.AsyncOpenAI if world.is_async else openai.OpenAI
    monkeypatch.setattr(kind, "request", traced(kind.request))
    told: list[Any] = []
    client = world.client(on_routing=told.append)
    create = client.chat.completions.with_raw_response.create
    stream = world.call(create, stream=True, **ASK).parse()
    chunks = world.read(stream)
    assert seen == chunks
    assert isinstance(chunks[0], GlooChatCompletionChunk)
    assert len(told) == 1


class Counted:
    """A tracer's stream over another."""

    def __init__(self, stream: Any, seen: list[Any]) -> None:
        self._stream = stream
        self._seen = seen

    def __iter__(self) -> Any:
        for chunk in self._stream:
            self._seen.append(chunk)
            yield chunk

    async def __aiter__(self) -> Any:
        async for chunk in self._stream:
            self._seen.append(chunk)
            yield chunk


@pytest.mark.parametrize("form", ["stream", "helper", "responses"])
def test_a_tracer_may_replace_how_the_sdks_stream_is_read(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """On the SDK's class, after ours has been made."""
    seen: list[Any] = []
    own: Any = Stream.__iter__

    def traced(stream: Any) -> Any:
        for chunk in own(stream):
            seen.append(chunk)
            yield chunk

    told: list[Any] = []
    with GlooOpenAI(on_routing=told.append) as client:
        monkeypatch.setattr(Stream, "__iter__", traced)
        if form == "stream":
            assert list(client.chat.completions.create(stream=True, **ASK)) == seen
        elif form == "helper":
            with client.chat.completions.stream(**ASK) as events:
                assert events.get_final_completion().routing.model
        else:
            asked: Any = {"model": "gloo-openai-gpt-5.2", "input": "Hello"}
            assert list(client.responses.create(stream=True, **asked)) == seen
    assert seen
    assert len(told) == 1


def final_of(client: Any, is_async: bool) -> Any:
    """The final completion of `.stream()`, entered and left as users do."""

    async def run() -> Any:
        async with client.chat.completions.stream(**ASK) as stream:
            return await stream.get_final_completion()

    if is_async:
        return run()
    with client.chat.completions.stream(**ASK) as stream:
        return stream.get_final_completion()


def test_stream_survives_a_foreign_stream(gloo: LocalGloo, world: World) -> None:
    """As a wrapper puts there who knows the SDK's class only."""
    client = world.client()
    request = client.request

    def traced(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("stream"):
            plain = AsyncStream if world.is_async else Stream
            kwargs["stream_cls"] = types.new_class("Foreign", (plain[ChatCompletionChunk],))
        return request(*args, **kwargs)

    client.request = traced
    final = world.call(final_of, client, world.is_async)
    assert final.choices[0].message.content


class StopHereError(Exception):
    """A caller's own."""


def test_stream_works_where_answers_are_strictly_validated(gloo: LocalGloo, world: World) -> None:
    """By the SDK's own types; and an exception of the caller's own is the one that is seen."""
    client = world.client(_strict_response_validation=True)
    assert world.call(final_of, client, world.is_async).choices[0].message.content

    def stop() -> Any:
        async def run() -> Any:
            async with client.chat.completions.stream(**ASK):
                raise StopHereError

        if world.is_async:
            return run()
        with client.chat.completions.stream(**ASK):
            raise StopHereError

    with pytest.raises(StopHereError):
        world.call(stop)
