"""Every form that a Responses call can take, for each kind of client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openai import AsyncStream, Stream
from openai.types.responses import Response, ResponseStreamEvent

from .forms import Verse
from .worlds import World

MODEL = "gloo-anthropic-claude-sonnet-4.5"
ASK: dict[str, Any] = {"model": MODEL, "input": "Hi"}

Form = Callable[..., Any]


def plain(world: World, client: Any, **call: Any) -> Any:
    """`create`"""
    return world.call(client.responses.create, **{**ASK, **call})


def raw(world: World, client: Any, **call: Any) -> Any:
    """`with_raw_response`, parsed"""
    return world.call(client.responses.with_raw_response.create, **{**ASK, **call}).parse()


def streaming_response(world: World, client: Any, **call: Any) -> Any:
    """`with_streaming_response`, parsed"""
    entered = client.responses.with_streaming_response.create(**{**ASK, **call})

    async def run() -> Any:
        async with entered as response:
            return await response.parse()

    if world.is_async:
        return world.call(run)
    with entered as response:
        return response.parse()


def post(world: World, client: Any, **call: Any) -> Any:
    """`client.post`"""
    return world.call(client.post, "/responses", cast_to=Response, body={**ASK, **call})


def streamed(world: World, client: Any, **call: Any) -> Any:
    """`create(stream=True)`: the response of the last event"""
    return events(world, client, **call)[-1].response


def raw_stream(world: World, client: Any, **call: Any) -> Any:
    """`with_raw_response` of a stream"""
    return world.read(raw(world, client, stream=True, **call))[-1].response


def posted_stream(world: World, client: Any, **call: Any) -> Any:
    """`client.post` of a stream"""
    return world.read(posted(world, client, None, **call))[-1].response


def helper(world: World, client: Any, **call: Any) -> Any:
    """`stream()`, read to its final response"""
    return helped(world, client, **call)[1]


def events(world: World, client: Any, **call: Any) -> list[Any]:
    """The events of `create(stream=True)`."""
    return world.stream(client.responses.create, **{**ASK, **call})


def posted(world: World, client: Any, stream_cls: Any, **call: Any) -> Any:
    """The stream of a `client.post`, of this class if one is given."""
    kind: Any = AsyncStream if world.is_async else Stream
    return world.call(
        client.post,
        "/responses",
        cast_to=Response,
        body={**ASK, "stream": True, **call},
        stream=True,
        stream_cls=stream_cls or kind[ResponseStreamEvent],
    )


def helped(world: World, client: Any, **call: Any) -> tuple[list[Any], Any]:
    """The events of `stream()`, and its final response."""
    entered = client.responses.stream(**{**ASK, **call})

    async def run() -> Any:
        async with entered as stream:
            return [event async for event in stream], await stream.get_final_response()

    if world.is_async:
        return world.call(run)
    with entered as stream:
        return list(stream), stream.get_final_response()


def parsed(world: World, client: Any, **call: Any) -> Any:
    """`parse`"""
    return world.call(client.responses.parse, **{**ASK, "text_format": Verse, **call})


WHOLE: list[Form] = [plain, raw, streaming_response, post]
"""Forms that return a response."""
STREAMED: list[Form] = [streamed, raw_stream, posted_stream, helper]
"""Forms that return a response out of a stream."""
EVERY = [*WHOLE, *STREAMED]
