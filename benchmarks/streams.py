"""CPU per streamed chunk in the client's process: from memory, and over a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from openai import OpenAI

from gloo_openai import GlooOpenAI
from gloo_openai.http_libraries import SDK_LIBRARY

from . import subjects
from .crowds import longest_gap
from .local import Server
from .measure import Block, Row, Spread, Taken, in_processes, interleaved, ratio
from .server import BASE, CHUNKS, STATIC_KEY
from .subjects import MESSAGES, MODEL, PLAIN, RESPONSE

SECTION = "CPU per streamed chunk ÷ OpenAI with a static key"
PEERS = "Streamed, others"
IN_MEMORY = 1000
"""Chunks of a stream from memory: so many that the request before them does not count."""
PACE = 0.001
"""Seconds between two chunks over the socket, so that each arrives alone."""
AT_ONCE = 100

CALL = {"index": 0, "function": {"arguments": '{"city"'}}
TEXT = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0}


def chunks(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """A stream of one kind of chunk, and its end."""
    shared = {**BASE, "object": "chat.completion.chunk"}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return [{**shared, "choices": [choice]}] * IN_MEMORY + [{**shared, "choices": [end]}]


def events() -> list[dict[str, Any]]:
    """A stream of a Response's text."""
    whole = {
        **{"id": "resp_1", "object": "response", "created_at": 1, "model": MODEL, "output": []},
        **{"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "status": "completed"},
    }
    text = {**TEXT, "content_index": 0, "delta": " joy", "logprobs": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress"}
    part = {"type": "output_text", "text": "", "annotations": []}
    begun: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**whole, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {**text, "type": "response.content_part.added", "part": part},
    ]
    said = {**part, "text": " joy" * IN_MEMORY}
    done = {**item, "status": "completed", "content": [said]}
    ended: list[dict[str, Any]] = [
        {**text, "type": "response.output_text.done", "text": said["text"]},
        {**text, "type": "response.content_part.done", "part": said},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": {**whole, "output": [done]}},
    ]
    told = [*begun, *[text] * IN_MEMORY, *ended]
    return [{**event, "sequence_number": number} for number, event in enumerate(told)]


def flattened() -> list[dict[str, Any]]:
    """The same as Gloo sends it: no lifecycle events, no numbers, and an end without its output."""
    text = {**TEXT, "content_index": 0, "delta": " joy"}
    end = {"type": "response.completed", "id": "resp_1", "model": MODEL, "status": "completed"}
    return [*[text] * IN_MEMORY, end]


class Pieces(SDK_LIBRARY.SyncByteStream):  # type: ignore[name-defined,misc]  # the library is chosen at run time
    """A body that arrives event by event."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def client_of(make: Callable[..., Any], bodies: list[dict[str, Any]]) -> Any:
    """A client whose every answer is these events, from memory."""
    pieces = [f"event: {b.get('type', 'message')}\n".encode() for b in bodies]
    pieces = [
        head + f"data: {json.dumps(body)}\n\n".encode()
        for head, body in zip(pieces, bodies, strict=True)
    ]
    headers = {"content-type": "text/event-stream"}

    def answer(_request: Any) -> Any:
        return SDK_LIBRARY.Response(200, headers=headers, stream=Pieces([*pieces, DONE]))

    http = SDK_LIBRARY.Client(transport=SDK_LIBRARY.MockTransport(answer))
    return make(api_key=STATIC_KEY, base_url="http://127.0.0.1/ai/v2", http_client=http)


DONE = b"data: [DONE]\n\n"


def reading(client: Any) -> Block:
    """Streams of a chat completion, read to their end."""
    return repeated(lambda: client.chat.completions.create(stream=True, **PLAIN))


def helped(client: Any) -> Block:
    """The same by the SDK's helper, which puts the completion together."""

    def block(count: int) -> None:
        for _ in range(count):
            with client.chat.completions.stream(**PLAIN) as stream:
                for _event in stream:
                    pass
                stream.get_final_completion()

    return block


def responding(client: Any) -> Block:
    """Streams of a Response, read to their end."""
    return repeated(lambda: client.responses.create(stream=True, **RESPONSE))


def helped_to_respond(client: Any) -> Block:
    """The same by the SDK's helper, which puts the response together."""

    def block(count: int) -> None:
        for _ in range(count):
            with client.responses.stream(**RESPONSE) as stream:
                for _event in stream:
                    pass
                stream.get_final_response()

    return block


def repeated(begin: Callable[[], Any]) -> Block:
    """Blocks of streams, one after the other."""

    def block(count: int) -> None:
        for _ in range(count):
            for _chunk in begin():
                pass

    return block


KINDS: dict[str, tuple[list[dict[str, Any]], Callable[[Any], Block], float | None]] = {
    "a chunk, from memory": (chunks({"content": " joy"}), reading, 0.3),
    "a chunk of a tool call, from memory": (chunks({"tool_calls": [CALL]}), reading, 0.4),
    "a chunk by `.stream()`, from memory": (chunks({"content": " joy"}), helped, None),
    "an event of a Response, from memory": (events(), responding, 0.6),
    "an event of a flattened Response, from memory": (flattened(), responding, 0.6),
    "an event by `responses.stream()`, from memory": (events(), helped_to_respond, None),
}


def from_memory(name: str, _origin: str, rounds: int) -> Taken:
    """One kind of stream, by both clients."""
    bodies, block, _ = KINDS[name]
    pair = {"static": client_of(OpenAI, bodies), "gloo": client_of(GlooOpenAI, bodies)}
    return interleaved({n: block(client) for n, client in pair.items()}, rounds=rounds, calls=1)


def over_a_socket(origin: str, rounds: int) -> Taken:
    """Chunks that arrive one by one."""
    pair = {"static": subjects.static(origin), "gloo": subjects.gloo(origin)}
    return interleaved({n: reading(client) for n, client in pair.items()}, rounds=rounds, calls=1)


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    found = []
    processes, rounds = max(1, round(5 * size)), max(2, round(30 * min(1, size * 5)))
    for name, (_, _, target) in KINDS.items():
        taken = in_processes(processes, partial(from_memory, name), server.origin, rounds)
        found.append(row(name, taken, target, IN_MEMORY))
    server.counts(pace=PACE)
    taken = in_processes(processes, over_a_socket, server.origin, rounds)
    server.counts(pace=0.0)
    found.append(row("a chunk over a socket, each flushed", taken, 0.6, CHUNKS))
    found.append(gaps(server, max(2, round(15 * size))))
    return found + beside(server.origin, max(2, round(60 * size)))


def row(name: str, taken: Taken, target: float | None, chunks_of_one: int) -> Row:
    """One kind's ratio, and what a chunk costs with the SDK."""
    base = sorted(taken["static"])[len(taken["static"]) // 2] / chunks_of_one * 1e6
    of = ratio(taken, "gloo", "static")
    note = f"the SDK's own: {base:.0f} µs"
    return Row(SECTION, name, of.median, "x", target, of.low, of.high, note)


def gaps(server: Server, rounds: int) -> Row:
    """What the event loop notices of a hundred streams that arrive together."""

    async def read(client: Any) -> None:
        async for _chunk in await client.chat.completions.create(stream=True, **PLAIN):
            pass

    found, base = [], []
    for index in range(rounds):
        gap = {}
        for kind in ("gloo", "static") if index % 2 else ("static", "gloo"):
            make = subjects.agloo if kind == "gloo" else subjects.astatic
            gap[kind] = asyncio.run(longest_gap(make(server.origin), AT_ONCE, read))
        found.append(gap["gloo"] / gap["static"])
        base.append(gap["static"])
    of = Spread.of(found)
    name = f"{AT_ONCE} streams at once: longest gap of the event loop"
    note = f"the SDK's own: {sorted(base)[len(base) // 2] * 1000:.0f} ms"
    return Row(SECTION, name, of.median, "x", 0.6, of.low, of.high, note)


def beside(origin: str, rounds: int) -> list[Row]:
    """What people use in the adapter's place, on the same hundred chunks that come at once."""
    blocks = {"static": reading(subjects.static(origin)), "gloo": reading(subjects.gloo(origin))}
    for name, (module, make) in STREAMED.items():
        if find_spec(module):
            blocks[name] = repeated(make(origin))
    taken = interleaved(blocks, rounds=rounds, calls=2)
    found = []
    for name in ("gloo", *STREAMED):
        label = "gloo-openai" if name == "gloo" else name
        if name not in taken:
            found.append(Row(PEERS, label, float("nan"), note="not installed"))
            continue
        of = ratio(taken, name, "static")
        found.append(Row(PEERS, label, of.median, "x", None, of.low, of.high))
    return found


def recipe(origin: str) -> Callable[[], Iterator[Any]]:
    """Gloo's guide: `requests`, and the lines of the answer."""
    import requests

    def call() -> Iterator[Any]:
        url, headers = f"{origin}/ai/v2/chat/completions", {"Authorization": f"Bearer {STATIC_KEY}"}
        body = {**PLAIN, "stream": True}
        with requests.post(url, headers=headers, json=body, stream=True, timeout=60) as response:
            for line in response.iter_lines():
                if line.startswith(b"data: ") and line != b"data: [DONE]":
                    yield json.loads(line[6:])

    return call


def langchain(origin: str) -> Callable[[], Iterator[Any]]:
    """LangChain's `ChatOpenAI`."""
    from langchain_openai import ChatOpenAI

    key: Any = {"api_key": STATIC_KEY, "base_url": f"{origin}/ai/v2"}
    model = ChatOpenAI(model=MODEL, **key)
    return lambda: model.stream(MESSAGES[0]["content"])


def litellm(origin: str) -> Callable[[], Iterator[Any]]:
    """LiteLLM."""
    subjects.litellm(origin)
    import litellm

    key: Any = {"api_key": STATIC_KEY, "base_url": f"{origin}/ai/v2", "stream": True}
    return lambda: litellm.completion(model=f"openai/{MODEL}", messages=MESSAGES, **key)


STREAMED: dict[str, tuple[str, Callable[[str], Callable[[], Iterator[Any]]]]] = {
    "Gloo's guide: requests.post and iter_lines": ("requests", recipe),
    "LangChain ChatOpenAI, static key": ("langchain_openai", langchain),
    "LiteLLM, static key": ("litellm", litellm),
}
