"""A stream that nobody holds any more is closed at once, and told of once, and not late."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI, RoutingMetadata
from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES
from ..traps import ASK, COMPLETIONS
from ..worlds import World
from .test_streams import ends, says

BY_NAME: Any = {"messages": MESSAGES, "model": "gloo-openai-gpt-5-mini"}
ROUTED = {"model": "gloo-m", "routing_mechanism": "auto_routing", "routing_tier": "tier_1"}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is freed now is freed because nobody holds it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("read", [0, 1, 3])
@pytest.mark.parametrize("how", ["create", "raw", "stream"])
def test_a_dropped_stream_is_closed_at_once(gloo: LocalGloo, how: str, read: int) -> None:
    """In the thread that dropped it, whether or not it was begun; `on_routing` is told then."""
    heard: list[int] = []
    gloo.fault(COMPLETIONS, drip=0.02)
    with GlooOpenAI(on_routing=lambda _metadata: heard.append(threading.get_ident())) as client:
        calls = client.chat.completions
        if how == "create":
            stream: Any = calls.create(stream=True, **ASK)
        elif how == "raw":
            stream = calls.with_raw_response.create(stream=True, **ASK).parse()
        else:
            stream = calls.stream(**ASK).__enter__()
        for _ in range(read):
            next(stream)
        response = stream._response if how == "stream" else stream.response
        gone = weakref.ref(stream)
        assert not response.is_closed
        del stream
        assert (gone(), response.is_closed) == (None, True)
    assert heard == [threading.get_ident()] * (read > 0)


def test_hundreds_of_abandoned_streams_do_not_block(gloo: LocalGloo) -> None:
    """A pool of two connections, which each of them gives back."""
    from gloo_openai.http_libraries import SDK_LIBRARY

    pool = SDK_LIBRARY.Client(limits=SDK_LIBRARY.Limits(max_connections=2))
    with GlooOpenAI(http_client=pool, timeout=5, max_retries=0) as client:
        for index in range(100):
            stream = client.chat.completions.create(stream=True, **ASK)
            if index % 2:
                for _chunk in stream:
                    break
            del stream
        assert client.chat.completions.create(**ASK).choices
    assert len(gloo.completions) == 101


@pytest.mark.parametrize("how", ["create", "stream"])
def test_a_loop_that_ends_with_a_stream_left_says_no_more_than_the_sdks(
    gloo: LocalGloo, how: str
) -> None:
    """`break` out of `async for`: no generator of ours is closed twice."""
    complaints: dict[str, int] = {}
    gloo.fault(COMPLETIONS, drip=0.02, times=None)
    kinds: dict[str, Callable[[], Any]] = {
        "ours": AsyncGlooOpenAI,
        "theirs": lambda: openai.AsyncOpenAI(base_url=gloo.base_url, api_key=gloo.issue_token()),
    }

    async def leave(client: Any) -> None:
        if how == "create":
            stream: Any = await client.chat.completions.create(stream=True, **BY_NAME)
        else:
            stream = await client.chat.completions.stream(**BY_NAME).__aenter__()
        async for _chunk in stream:
            break

    for name, kind in kinds.items():
        found: list[dict[str, Any]] = []
        for _ in range(3):
            loop = asyncio.new_event_loop()

            def complain(_loop: Any, context: dict[str, Any], to: Any = found) -> None:
                to.append(context)

            loop.set_exception_handler(complain)
            loop.run_until_complete(leave(kind()))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        complaints[name] = len(found)
    assert complaints["ours"] == 0 or complaints["theirs"] > 0


def test_an_asynchronous_stream_that_is_dropped_is_told_of_at_once(
    gloo: LocalGloo, world: World
) -> None:
    """And its response is closed by its loop."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    heard: list[RoutingMetadata] = []
    gloo.fault(COMPLETIONS, drip=0.02)
    client = world.client(on_routing=heard.append)

    async def drop() -> int:
        stream = await client.chat.completions.create(stream=True, **ASK)
        await anext(stream)
        del stream
        return len(heard)

    assert world.call(drop) == 1


@pytest.mark.parametrize("usage_asked", [True, False])
def test_on_routing_is_told_when_all_is_said(
    gloo: LocalGloo, world: World, usage_asked: bool
) -> None:
    """With the finish, if the metadata is there; with the usage, if that was asked for; once."""
    heard: list[RoutingMetadata] = []
    usage = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.5}}
    gloo.answer(chunks=[says("Hi", **ROUTED), ends(), usage, {"choices": []}])
    call = {**ASK, **({"stream_options": {"include_usage": True}} if usage_asked else {})}
    client = world.client(on_routing=heard.append)
    stream = world.call(client.chat.completions.create, stream=True, **call)
    counts: list[int] = []

    async def aread() -> None:
        async for _chunk in stream:
            counts.append(len(heard))

    if world.is_async:
        world.call(aread)
    else:
        counts.extend(len(heard) for _chunk in stream)
    assert counts == ([0, 0, 1, 1] if usage_asked else [0, 1, 1, 1])
    assert [metadata.cost for metadata in heard] == [0.5 if usage_asked else None]


def test_citations_over_many_events_are_merged_in_linear_time(gloo: LocalGloo) -> None:
    """Ten times as many cost ten times as much work, counted in lines of the record."""
    from gloo_openai import GlooChatCompletionChunk
    from gloo_openai.answers.stream_record import StreamRecord

    def work(events: int) -> int:
        record, lines = StreamRecord(None, None), 0

        def count(_frame: Any, event: str, _arg: Any) -> Any:
            nonlocal lines
            lines += event == "line"
            return count

        chunks = [
            GlooChatCompletionChunk.construct(choices=[], citations=[{"item_title": str(each)}])
            for each in range(events)
        ]
        before = sys.gettrace()
        sys.settrace(count)
        for chunk in chunks:
            record.take(chunk)
        sys.settrace(before)
        assert len(record.fields["citations"]) == events
        return lines

    assert work(1000) < 15 * work(100)
