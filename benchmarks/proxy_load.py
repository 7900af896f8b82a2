"""What the proxy costs: 200 streams at once, added time per request and per chunk, memory.

Everything runs on loopback, bounded in count and time: python benchmarks/proxy_load.py
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gloo_openai.http_libraries import SDK_LIBRARY

KEY = "the-key-of-the-proxy"
STREAMS, WORDS = 200, 50
PAIRS = 300
REQUESTS, AT_ONCE = 10_000, 20
GAP = 0.002
"""Seconds between two chunks of the upstream, so that each travels alone."""

CHUNK = b'data: {"choices": [{"index": 0, "delta": {"content": "%b"}, "finish_reason": null}]}\n\n'


async def upstream(scope: Any, receive: Any, send: Any) -> None:
    """A Gloo that repeats the words it was sent, a chunk each, stamped with the time."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    token = scope["path"] == "/oauth2/token"
    streamed = not token and json.loads(body)["stream"]
    kind = b"text/event-stream" if streamed else b"application/json"
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if token:
        data = b'{"access_token": "local", "expires_in": 3600}'
        await send({"type": "http.response.body", "body": data})
        return
    if not streamed:
        await send({"type": "http.response.body", "body": b'{"choices": []}'})
        return
    name = body.partition(b"stream-")[2].partition(b'"')[0]
    for word in range(WORDS):
        stamp = b"%d %b %d" % (word, name, time.monotonic_ns())
        piece = {"type": "http.response.body", "body": CHUNK % stamp, "more_body": True}
        await send(piece)
        await asyncio.sleep(GAP)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def payload(name: str, *, stream: bool) -> dict[str, Any]:
    """A small request; its name comes back in every chunk of a stream."""
    messages = [{"role": "user", "content": f"stream-{name}"}]
    return {"model": "gloo-auto", "messages": messages, "stream": stream}


async def words(http: Any, url: str, name: str) -> AsyncIterator[tuple[int, str, float]]:
    """The chunks of one stream: number, name, and milliseconds since they were sent."""
    async with http.stream("POST", url, json=payload(name, stream=True)) as response:
        async for line in response.aiter_lines():
            if '"content": "' in line:
                number, owner, sent = line.partition('"content": "')[2].partition('"')[0].split()
                yield int(number), owner, (time.monotonic_ns() - int(sent)) / 1e6


async def together(http: Any, url: str) -> tuple[int, int, float]:
    """Streams at once: how many were not whole, how many were mixed, seconds for all."""

    async def one(name: str) -> tuple[bool, bool]:
        seen = [(number, owner) async for number, owner, _ in words(http, url, name)]
        whole = [number for number, _ in seen] == list(range(WORDS))
        return not whole, any(owner != name for _, owner in seen)

    started = time.monotonic()
    ends = await asyncio.gather(*(one(f"{number:04}") for number in range(STREAMS)))
    took = time.monotonic() - started
    return sum(lost for lost, _ in ends), sum(mixed for _, mixed in ends), took


async def request_times(http: Any, urls: tuple[str, str]) -> list[float]:
    """Median milliseconds of a request, by URL; the two take turns, so both meet the same load."""
    times: dict[str, list[float]] = {url: [] for url in urls}
    for number in range(PAIRS):
        for url in urls:
            started = time.perf_counter()
            (await http.post(url, json=payload(f"{number}", stream=False))).raise_for_status()
            times[url].append(1000 * (time.perf_counter() - started))
    return [statistics.median(times[url]) for url in urls]


async def chunk_times(http: Any, urls: tuple[str, str]) -> list[float]:
    """Median milliseconds from the upstream's sending a chunk to the client's reading it."""
    times: dict[str, list[float]] = {url: [] for url in urls}
    for _ in range(10):
        for url in urls:
            times[url] += [late async for _, _, late in words(http, url, "one")]
    return [statistics.median(times[url]) for url in urls]


async def memory(http: Any, url: str, pid: int) -> list[float]:
    """MiB that the proxy holds after each tenth of the requests."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            (await http.post(url, json=payload("m", stream=False))).raise_for_status()

    held: list[float] = []
    for _ in range(10):
        await asyncio.gather(*(one() for _ in range(REQUESTS // 10)))
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        held.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
    return held


async def measure(direct: str, proxied: str, pid: int) -> None:
    """Print every number."""
    limits = SDK_LIBRARY.Limits(max_connections=None, max_keepalive_connections=50)
    headers = {"authorization": f"Bearer {KEY}"}
    async with SDK_LIBRARY.AsyncClient(headers=headers, limits=limits, timeout=60.0) as http:
        await request_times(http, (direct, proxied))  # warm up
        one, other = await request_times(http, (direct, proxied))
        _say(f"request: {one:.2f} ms direct, {other:.2f} ms proxied, {other - one:.2f} ms added")
        one, other = await chunk_times(http, (direct, proxied))
        _say(f"chunk: {one:.2f} ms direct, {other:.2f} ms proxied, {other - one:.2f} ms added")
        for name, url in (("direct", direct), ("proxied", proxied)):
            lost, mixed, took = await together(http, url)
            _say(f"{STREAMS} streams {name}: {lost} lost, {mixed} mixed, {took:.1f} s")
        held = await memory(http, proxied, pid)
        _say(f"memory over {REQUESTS} requests, MiB: {' '.join(f'{each:.1f}' for each in held)}")


@contextmanager
def running(*command: str, **variables: str) -> Iterator[tuple[str, int]]:
    """A server that prints its URL first: that URL, and the process id."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        yield process.stdout.readline().strip().rpartition("=")[2], process.pid
    finally:
        process.terminate()
        process.wait(30)


def serve_upstream() -> None:
    """Run the upstream alone, in a process of its own."""
    from gloo_openai.proxy import listen, serve

    listener = listen(0)
    _say(f"http://127.0.0.1:{listener.getsockname()[1]}")
    serve(upstream, listener, grace=1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Start both servers, measure, stop them."""
    credentials = {"GLOO_CLIENT_ID": "local", "GLOO_CLIENT_SECRET": "local"}
    # Nobody's own key goes to a local upstream.
    credentials |= dict.fromkeys(("GLOO_API_KEY", "GLOO_AI_API_KEY", "GLOO_TOKEN_URL"), "")
    proxy = ("-m", "gloo_openai", "proxy", "--port", "0", "--key", KEY)
    with (
        running(__file__, "upstream") as (gloo, _),
        running(*proxy, GLOO_BASE_URL=gloo, **credentials) as (url, pid),
    ):
        paths = f"{gloo}/ai/v2/chat/completions", f"{url}/chat/completions"
        asyncio.run(measure(*paths, pid))


if __name__ == "__main__":
    serve_upstream() if sys.argv[1:] == ["upstream"] else main()
