"""Completions as streams of events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from gloo_openai.testing import LocalGloo

from .bare_client import (
    AUTO,
    DIRECT,
    GROUNDED,
    HELLO,
    ROUTING,
    TIER,
    V1,
    V2,
    WEATHER,
    connected,
    send,
)


def test_stream_in_the_order_of_gloo(local_gloo: LocalGloo) -> None:
    """A role, words, a reason to finish, `[DONE]`; the metadata with the first word."""
    got = send(local_gloo, V2, {**AUTO, "stream": True})
    *chunks, done = got.events
    assert got.headers["content-type"].startswith("text/event-stream")
    assert done == "[DONE]"
    choices = [chunk["choices"][0] for chunk in chunks]
    assert choices[0]["delta"] == {"role": "assistant"}
    assert all(set(choice["delta"]) == {"content"} for choice in choices[1:-1])
    assert (choices[-1]["delta"], choices[-1]["finish_reason"]) == ({}, "stop")
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    assert len(choices) > 4
    everywhere = {"id", "object", "created", "model", "choices"}
    role, first, *rest = [set(chunk) - everywhere for chunk in chunks]
    assert first == ROUTING | TIER | {"ttft_ms"}
    assert not any([role, *rest])
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    words = "".join(choice["delta"].get("content", "") for choice in choices)
    assert words == send(local_gloo, V2, AUTO).json["choices"][0]["message"]["content"]


def test_stream_with_usage(local_gloo: LocalGloo) -> None:
    """After the finish, with no choices."""
    body = {**DIRECT, "stream": True, "stream_options": {"include_usage": True}}
    *chunks, usage, _done = send(local_gloo, V2, body).events
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] > 0
    assert all("usage" not in chunk for chunk in chunks)


def test_metadata_of_streamed_calls(local_gloo: LocalGloo) -> None:
    """The first call counts as content; where there is none it comes with the end."""
    local_gloo.answer("")
    *chunks, _done = send(local_gloo, V2, {**AUTO, "stream": True}).events
    assert set(chunks[-1]) > ROUTING | {"ttft_ms"}
    *chunks, _done = send(local_gloo, V2, {**AUTO, "tools": [WEATHER], "stream": True}).events
    assert [number for number, chunk in enumerate(chunks) if "ttft_ms" in chunk] == [1]


def test_stream_without_done(local_gloo: LocalGloo) -> None:
    """For every stream, or for one."""
    body = {**DIRECT, "stream": True}
    local_gloo.answer("one", done=False)
    assert send(local_gloo, V2, body).events[-1] != "[DONE]"
    assert send(local_gloo, V2, body).events[-1] == "[DONE]"
    local_gloo.done = False
    assert send(local_gloo, V2, body).events[-1]["choices"][0]["finish_reason"] == "stop"


def test_stream_starts_with_citations(local_gloo: LocalGloo) -> None:
    """In an event that has no choices."""
    body = {**AUTO, "stream": True, "include_citations": True, "sources_limit": 2}
    first, second, *_rest = send(local_gloo, GROUNDED[0], body).events
    assert set(first) == {"sources_returned", "citations"}
    assert len(first["citations"]) == 2
    assert second["choices"][0]["delta"] == {"role": "assistant"}


def test_stream_of_v1(local_gloo: LocalGloo) -> None:
    """Without Gloo's metadata."""
    *chunks, _done = send(local_gloo, V1, {"messages": HELLO, "stream": True}).events
    assert not any(set(chunk) & (ROUTING | TIER) for chunk in chunks)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant"}


def test_events_arrive_one_by_one(local_gloo: LocalGloo) -> None:
    """The first is there before the second is made."""
    go_on = threading.Event()

    def chunks() -> Iterator[str]:
        yield "data: 1\n\n"
        assert go_on.wait(20)
        yield "data: 2\n\n"

    local_gloo.answer(chunks=chunks())
    with connected(local_gloo) as connection:
        headers = {"Authorization": "Bearer sk_local", "Content-Type": "application/json"}
        connection.request("POST", V2, json.dumps({**DIRECT, "stream": True}), headers)
        response = connection.getresponse()
        assert response.read1(100) == b"data: 1\n\n"
        go_on.set()
        assert response.read() == b"data: 2\n\ndata: [DONE]\n\n"
