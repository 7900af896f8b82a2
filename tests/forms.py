"""Every form that a call for a completion can take, for each kind of client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from .conftest import MESSAGES
from .traps import ASK
from .worlds import World

BODY = {"auto_routing": True, "messages": MESSAGES}


class Verse(BaseModel):
    """A shape for `parse`."""

    book: str
    chapter: int


VERSE = '{"book": "James", "chapter": 1}'
"""A text that is a `Verse`."""

Form = Callable[[World, Any], Any]


def plain(world: World, client: Any) -> Any:
    """`create`"""
    return world.call(client.chat.completions.create, **ASK)


def parsed(world: World, client: Any) -> Any:
    """`parse`"""
    return world.call(client.chat.completions.parse, response_format=Verse, **ASK)


def raw(world: World, client: Any) -> Any:
    """`with_raw_response`, the body left as it came"""
    return world.call(client.chat.completions.with_raw_response.create, **ASK)


def raw_and_parsed(world: World, client: Any) -> Any:
    """`with_raw_response` and `parse`, twice"""
    response = raw(world, client)
    response.parse()
    return response.parse()


def raw_of_parse(world: World, client: Any) -> Any:
    """`with_raw_response` of `parse`"""
    create = client.chat.completions.with_raw_response.parse
    return world.call(create, response_format=Verse, **ASK).parse()


def streaming_response(world: World, client: Any) -> Any:
    """`with_streaming_response`"""
    return streaming_response_of(world, client, **ASK)


def streaming_response_of(world: World, client: Any, **call: Any) -> Any:
    """`with_streaming_response` of any call, parsed."""
    entered = client.chat.completions.with_streaming_response.create(**call)

    async def run() -> Any:
        async with entered as response:
            return await response.parse()

    if world.is_async:
        return world.call(run)
    with entered as response:
        return response.parse()


def post(world: World, client: Any) -> Any:
    """`client.post`"""
    return world.call(client.post, "/chat/completions", cast_to=ChatCompletion, body=BODY)


def post_relative(world: World, client: Any) -> Any:
    """`client.post` of a path without its slash"""
    return world.call(client.post, "chat/completions", cast_to=ChatCompletion, body=BODY)


class Body(BaseModel):
    """A request as a model."""

    auto_routing: bool
    messages: list[Any]
    model: str | None = None


def post_model(world: World, client: Any) -> Any:
    """`client.post` of a pydantic model"""
    body = Body(**BODY)  # type: ignore[arg-type]  # BODY mixes types
    return world.call(client.post, "/chat/completions", cast_to=ChatCompletion, body=body)


def streamed(world: World, client: Any) -> Any:
    """`create(stream=True)`"""
    return world.stream(client.chat.completions.create, **ASK)


def raw_stream(world: World, client: Any) -> Any:
    """`with_raw_response` of a stream"""
    create = client.chat.completions.with_raw_response.create
    return world.read(world.call(create, stream=True, **ASK).parse())


def posted_stream(world: World, client: Any) -> Any:
    """`client.post` of a stream"""
    kind: Any = AsyncStream if world.is_async else Stream
    stream = world.call(
        client.post,
        "/chat/completions",
        cast_to=ChatCompletion,
        body={**BODY, "stream": True},
        stream=True,
        stream_cls=kind[ChatCompletionChunk],
    )
    return world.read(stream)


def helper(world: World, client: Any) -> Any:
    """`stream()`, read to its final completion"""
    return helped(world, client, **ASK)


def helped(world: World, client: Any, **call: Any) -> Any:
    """The final completion of `stream()`, for any call."""
    entered = client.chat.completions.stream(**call)

    async def run() -> Any:
        async with entered as stream:
            return await stream.get_final_completion()

    if world.is_async:
        return world.call(run)
    with entered as stream:
        return stream.get_final_completion()


POSTED = [post, post_relative, post_model]
"""Forms that go past `create`."""
WHOLE = [plain, parsed, raw_and_parsed, raw_of_parse, streaming_response, *POSTED]
"""Forms that return a completion."""
CHUNKED = [streamed, raw_stream, posted_stream]
"""Forms that return a list of chunks."""
EVERY: list[Form] = [*WHOLE, raw, *CHUNKED, helper]
