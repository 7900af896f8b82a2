"""The faults that a test injects."""

from __future__ import annotations

import http.client
import threading
import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, GROUNDED, MODEL, V1, V2, Got, exchange, send


def test_fault_answers_instead(local_gloo: LocalGloo) -> None:
    """Once, with this status, body and headers."""
    fault = local_gloo.fault(
        V2,
        status=429,
        body={"error": "Rate limit exceeded", "code": "too_many_requests"},
        headers={"X-RateLimit-Reset": "5"},
    )
    got = send(local_gloo, V2, DIRECT)
    assert got.status == 429
    assert got.json == {"error": "Rate limit exceeded", "code": "too_many_requests"}
    assert got.headers["x-ratelimit-reset"] == "5"
    assert got.headers["content-type"] == "application/json"
    assert fault.hits == 1
    assert send(local_gloo, V2, DIRECT).status == 200
    assert fault.hits == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/plain"),
        ("down", "text/plain"),
        ("<html>", "text/html"),
        ([], "application/json"),
    ],
)
def test_fault_bodies(local_gloo: LocalGloo, body: Any, content_type: str) -> None:
    """Bytes, text, HTML or JSON; a content type of one's own wins."""
    local_gloo.fault("*", status=502, body=body, times=2)
    assert send(local_gloo, V2).headers["content-type"] == content_type
    local_gloo.reset()
    local_gloo.fault("*", status=502, body=body, headers={"Content-Type": "a/b"})
    assert send(local_gloo, V2).headers.get_all("content-type") == ["a/b"]


def test_faults_queue_up(local_gloo: LocalGloo) -> None:
    """Each as often as it says, the oldest first, only for its paths."""
    local_gloo.fault("/chat/completions", status=500, times=2)
    local_gloo.fault("*", status=503)
    assert exchange(local_gloo).status == 503
    assert [send(local_gloo, path, DIRECT).status for path in (V1, V2, V2)] == [500, 500, 200]
    assert send(local_gloo, GROUNDED[0], DIRECT).status == 200


def test_lasting_fault(local_gloo: LocalGloo) -> None:
    """Until it is cleared; a reset clears everything but the tokens."""
    token = local_gloo.issue_token()
    local_gloo.fault("/oauth2/token", status=500, times=None)
    assert [exchange(local_gloo).status for _ in range(3)] == [500] * 3
    local_gloo.clear_faults()
    assert exchange(local_gloo).status == 200
    local_gloo.answer("forgotten")
    local_gloo.fault("*", status=500)
    local_gloo.reset()
    assert local_gloo.requests == []
    got = send(local_gloo, V2, DIRECT, token=token)
    assert got.json["choices"][0]["message"]["content"] != "forgotten"


def test_held_answer(local_gloo: LocalGloo) -> None:
    """The request is seen; its answer comes when the test lets go."""
    go_on = threading.Event()
    fault = local_gloo.fault(V2, hold=go_on)
    got: list[Got] = []
    thread = threading.Thread(target=lambda: got.append(send(local_gloo, V2, DIRECT)))
    thread.start()
    assert fault.wait(timeout=20)
    assert (len(local_gloo.requests), got) == (1, [])
    go_on.set()
    thread.join()
    assert got[0].status == 200
    assert not fault.wait(hits=2, timeout=0)


def test_late_answer(local_gloo: LocalGloo) -> None:
    """It comes after the delay, and not before."""
    local_gloo.fault(V2, delay=0.1)
    started = time.monotonic()
    assert send(local_gloo, V2, DIRECT).status == 200
    assert time.monotonic() - started >= 0.1


def test_drop_before_any_byte(local_gloo: LocalGloo) -> None:
    """As if the request had never been handled: no token, no answer used up."""
    local_gloo.fault("*", drop="before", times=2)
    local_gloo.answer("still there")
    with pytest.raises(http.client.RemoteDisconnected):
        exchange(local_gloo)
    with pytest.raises(http.client.RemoteDisconnected):
        send(local_gloo, V2, DIRECT)
    assert local_gloo.tokens == []
    assert send(local_gloo, V2, DIRECT).json["choices"][0]["message"]["content"] == "still there"


@pytest.mark.parametrize("count", [0, 20])
def test_drop_within_a_json_body(local_gloo: LocalGloo, count: int) -> None:
    """After exactly that many bytes of those declared."""
    local_gloo.fault(V2, drop_after=count)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, DIRECT)
    assert len(caught.value.partial) == count
    assert caught.value.expected


@pytest.mark.parametrize("count", [0, 20, 500])
def test_drop_within_a_stream(local_gloo: LocalGloo, count: int) -> None:
    """Wherever the events end."""
    local_gloo.fault(V2, drop_after=count)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, {**DIRECT, "stream": True})
    assert len(caught.value.partial) == count


def test_drop_as_the_sdk_sees_it(client: OpenAI, local_gloo: LocalGloo) -> None:
    """A broken connection, before the answer and within it."""
    local_gloo.fault(V2, drop="before")
    local_gloo.fault(V2, drop_after=10)
    for _ in range(2):
        with pytest.raises(openai.APIConnectionError):
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "Hi"}]
            )


def test_slow_drip(local_gloo: LocalGloo) -> None:
    """Everything arrives, in pieces that end anywhere, also within a character."""
    local_gloo.answer("ä" * 20)
    local_gloo.fault(V2, drip=0.001, drip_bytes=7)
    got = send(local_gloo, V2, DIRECT)
    assert got.json["choices"][0]["message"]["content"] == "ä" * 20
    local_gloo.fault(V2, drip=0.001, drip_bytes=7)
    assert send(local_gloo, V2, {**DIRECT, "stream": True}).events[-1] == "[DONE]"


def test_fault_with_a_status_may_break_off(local_gloo: LocalGloo) -> None:
    """The kinds of faults combine."""
    local_gloo.fault(V2, status=500, body="x" * 100, drop_after=50, delay=0.01)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, DIRECT)
    assert caught.value.partial == b"x" * 50


@pytest.mark.parametrize("wrong", [{"body": "x"}, {"headers": {"a": "b"}}, {"drop": "after"}])
def test_faults_that_say_nothing(local_gloo: LocalGloo, wrong: dict[str, Any]) -> None:
    """A body without a status would be lost silently."""
    with pytest.raises(ValueError, match=r"status|drop_after"):
        local_gloo.fault("*", **wrong)
