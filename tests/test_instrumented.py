"""An application whose SDK is instrumented: whoever patches `create` sees every call of Gloo's."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from openai import AsyncStream, Omit, Stream
from openai.resources.chat.completions import AsyncCompletions, Completions

from gloo_openai import GlooChatCompletion
from gloo_openai.testing import LocalGloo

from .conftest import MESSAGES
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
        model = kwargs.get("model")
        assert model == call["model"] if "model" in call else isinstance(model, Omit)
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
