"""Streams: as they come, cut by either side, and ended with the proxy."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from typing import Any

import openai
import pytest

from gloo_openai.testing import LocalGloo

from ..cli.test_chat import Slow, chunk
from .conftest import KEY, Proxy

HI: Any = [{"role": "user", "content": "Hi"}]
STREAM: dict[str, Any] = {"model": "gloo-auto", "messages": HI, "stream": True}


def test_a_stream_passes_chunk_by_chunk(proxy: Proxy, gloo: LocalGloo) -> None:
    """The first half is there before Gloo sends the second."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    stream = proxy.client().chat.completions.create(**STREAM)
    assert next(iter(stream)).choices[0].delta.content == "the first half, "
    slow.go_on.set()
    assert next(iter(stream)).choices[0].delta.content == "the second"


def test_the_bytes_are_gloos(proxy: Proxy, gloo: LocalGloo) -> None:
    """Comments, unknown events, line ends, a missing [DONE]: all as it came."""
    events = [
        ": a comment\n\n",
        "event: x\r\ndata: {}\r\n\r\n",
        'data: {"choices" : [],  "n": 1.0}\r\n\r\n',
        'data: {"citations": []}\n\n',
        "data: {",
    ]
    gloo.answer(chunks=events, done=False)
    with proxy.http().stream("POST", "/chat/completions", json=STREAM) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        got = b"".join(response.iter_raw())
    assert got == "".join(events).replace("{}", '{"choices": []}').encode()


@pytest.mark.parametrize("cut", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("first", "sent"),
    [
        (b'data: {"citations": [1]}\n\n', b'data: {"choices": [], "citations": [1]}\n\n'),
        (b'\xef\xbb\xbfdata:{"a": 1}\r\r', b'\xef\xbb\xbfdata:{"choices": [], "a": 1}\r\r'),
        (
            b'data: {"citations":\ndata: []}\n\n',
            b'data: {"choices": [], "citations":\ndata: []}\n\n',
        ),
        (b'data: {"choices": null, "a": 1}\n\n', b'data: {"choices": [], "a": 1}\n\n'),
        (b'data: {"error": {"message": "no"}}\n\n', b'data: {"error": {"message": "no"}}\n\n'),
        (b"data: [DONE]\n\n", b"data: [DONE]\n\n"),
    ],
)
def test_an_event_before_the_first_choice_gets_an_empty_choices(
    proxy: Proxy, gloo: LocalGloo, first: bytes, sent: bytes, cut: int
) -> None:
    """Wherever its bytes are cut; what comes after is Gloo's, byte by byte."""
    rest = b'data: {"choices": [{"index": 0, "delta": {}}]}\n\ndata: {"usage": {}}\n\n'
    whole = first + rest
    pieces = [whole[at : at + cut] for at in range(0, len(whole), cut)]
    gloo.answer(chunks=pieces, done=True)
    with proxy.http().stream("POST", "/chat/completions", json=STREAM) as response:
        got = b"".join(response.iter_raw())
    assert got == sent + rest + b"data: [DONE]\n\n"


def test_a_grounded_stream_is_one_for_clients_that_take_the_first_choice(
    proxy: Proxy, gloo: LocalGloo
) -> None:
    """Its citations are in an event of OpenAI's shape, even for who asks for compression."""
    asked = {**STREAM, "rag_publisher": "Bezalel", "include_citations": True}
    headers = {"accept-encoding": "gzip, deflate"}
    with proxy.http(**headers).stream("POST", "/chat/completions", json=asked) as response:
        lines = [line for line in response.iter_lines() if line.startswith("data: {")]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert gloo.completions[0].headers["accept-encoding"] == "identity"
    assert events[0]["choices"] == []
    assert events[0]["citations"]
    assert all("choices" in event for event in events)


def test_a_client_that_goes_away_ends_the_request_to_gloo(proxy: Proxy, gloo: LocalGloo) -> None:
    """In the middle of a stream."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    stream = proxy.client().chat.completions.create(**STREAM)
    next(iter(stream))
    stream.close()
    assert slow.cut.wait(20)
    proxy.process.err.until("the client went away")


def test_a_client_may_go_away_before_the_answer_begins(proxy: Proxy, gloo: LocalGloo) -> None:
    """The request to Gloo does not go on for nobody; the proxy serves the next one."""
    fault = gloo.fault("/chat/completions", delay=60)
    body = json.dumps(STREAM)
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        f"Host: 127.0.0.1:{proxy.port}",
        f"Authorization: Bearer {KEY}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall("\r\n".join([*lines, "", body]).encode())
        assert fault.wait(timeout=20)
    proxy.process.err.until("the client went away")
    assert proxy.client().chat.completions.create(model="gloo-auto", messages=HI).choices


def test_a_stream_that_gloo_cuts_does_not_end_as_if_it_were_whole(
    proxy: Proxy, gloo: LocalGloo
) -> None:
    """The client gets an error of OpenAI's shape, and its connection is cut as well."""
    gloo.answer(chunks=[chunk("one "), chunk("two ")])
    gloo.fault("/chat/completions", drop_after=100)
    with pytest.raises((openai.APIError, proxy_error())):
        list(proxy.client(max_retries=0).chat.completions.create(**STREAM))

    def broken() -> Any:
        yield chunk("one ")
        raise ConnectionAbortedError

    gloo.answer(chunks=broken())
    with pytest.raises(openai.APIError, match="cut off: Gloo closed the connection"):
        list(proxy.client(max_retries=0).chat.completions.create(**STREAM))
    gloo.answer(chunks=broken())
    with (
        proxy.http().stream("POST", "/chat/completions", json=STREAM) as response,
        pytest.raises(proxy_error()),
    ):
        b"".join(response.iter_raw())


def proxy_error() -> type[Exception]:
    """What an HTTP client says when a body ends too early."""
    from gloo_openai.http_libraries import SDK_LIBRARY

    error: type[Exception] = SDK_LIBRARY.RemoteProtocolError
    return error


def test_an_answer_cut_short_is_not_whole(proxy: Proxy, gloo: LocalGloo) -> None:
    """Also one that is no stream."""
    gloo.fault("/chat/completions", drop_after=20)
    with pytest.raises(proxy_error()):
        proxy.http().post("/chat/completions", json={"messages": HI})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_lets_running_streams_end(new_proxy: Proxy, gloo: LocalGloo, number: int) -> None:
    """New connections are refused, the stream ends whole, then the proxy exits with 0."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    stream = iter(new_proxy.client().chat.completions.create(**STREAM))
    next(stream)
    new_proxy.process.interrupt(number)
    wait_until_refused(new_proxy)
    slow.go_on.set()
    rest = [each.choices[0].delta.content for each in stream if each.choices]
    assert rest == ["the second", ""]
    done = new_proxy.process.wait()
    assert done.status == 0
    assert "Traceback" not in done.err


def wait_until_refused(proxy: Proxy) -> None:
    """Wait until the proxy takes no new connections."""
    import socket
    import time

    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", proxy.port)) != 0:
                return
        time.sleep(0.05)
    raise AssertionError("the proxy still takes connections")


def test_a_stream_that_does_not_end_is_cut_after_the_grace(
    start: Callable[..., Proxy], gloo: LocalGloo
) -> None:
    """Its request to Gloo is closed, and the exit is clean all the same."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    proxy = start("--grace", "1")
    stream = iter(proxy.client(max_retries=0).chat.completions.create(**STREAM))
    next(stream)
    done = proxy.end()
    assert done.status == 0
    assert "Traceback" not in done.err
    assert slow.cut.wait(20)
    with pytest.raises((openai.APIError, proxy_error())):
        list(stream)


def test_two_hundred_streams_at_once(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """None is lost and none gets a piece of another."""

    async def one(client: openai.AsyncOpenAI, number: int) -> str:
        words = " ".join(f"{number}-{word}" for word in range(20))
        stream = await client.chat.completions.create(
            model="gloo-auto",
            messages=[{"role": "user", "content": f"Reply with only: {words}"}],
            stream=True,
        )
        text = "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])
        return "" if text == words else text

    async def together() -> list[str]:
        async with openai.AsyncOpenAI(base_url=new_proxy.url, api_key=KEY, max_retries=0) as client:
            return await asyncio.gather(*(one(client, number) for number in range(200)))

    assert set(asyncio.run(together())) == {""}
    assert len(gloo.exchanges) == 1


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_an_error_in_an_answer_of_200_is_one_for_clients(
    proxy: Proxy, gloo: LocalGloo, stream: bool
) -> None:
    """With the status of its code; OpenAI's client would take it for an answer of no choices."""
    body = {"error": {"code": 1001, "message": "It is too long", "trace_id": "t-1"}}
    gloo.fault("/chat/completions", status=200, body=body)
    with pytest.raises(openai.BadRequestError, match="It is too long") as caught:
        proxy.client().chat.completions.create(model="gloo-auto", messages=HI, stream=stream)
    assert caught.value.code == "1001"


def test_a_block_of_a_guardrail_is_not_asked_again(proxy: Proxy, gloo: LocalGloo) -> None:
    """Its code says what it is, and clients are told not to retry."""
    body = {"error": "A guardrail blocked this."}
    gloo.fault("/chat/completions", status=403, body=body)
    with pytest.raises(openai.PermissionDeniedError) as caught:
        proxy.client().chat.completions.create(model="gloo-auto", messages=HI)
    assert caught.value.code == "guardrail_blocked"
    assert caught.value.response.headers["x-should-retry"] == "false"
