"""The public API as a user writes it: nobody runs this, mypy and pyright check it.

Each `assert_type` is a promise to editors. A line that has to be rejected carries an ignore for
each checker, and both report an ignore that is not needed.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from decimal import Decimal

import httpx
import httpx2
import openai
from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam
from pydantic import BaseModel, SecretStr
from typing_extensions import assert_type

from gloo_openai import (
    AUTO,
    AsyncGlooOpenAI,
    AsyncGlooStream,
    Citation,
    GlooAuth,
    GlooChatCompletion,
    GlooChatCompletionChunk,
    GlooOpenAI,
    GlooParsedChatCompletion,
    GlooStream,
    RoutingError,
    RoutingMetadata,
    TokenExchangeError,
    auto_model,
    gloo_body,
)

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello!"}]


class Verse(BaseModel):
    book: str
    chapter: int


async def vault() -> tuple[str, str]:
    return "a", "b"


def constructors(key: Callable[[], str], async_key: Callable[[], Awaitable[str]]) -> None:
    GlooOpenAI()
    GlooOpenAI(client_id="a", client_secret="b", token_url=None, env_file=None)
    GlooOpenAI(api_key=key, base_url=httpx2.URL("https://example.org"), timeout=3, max_retries=0)
    GlooOpenAI(auth=GlooAuth(), default_model=AUTO, tradition="catholic", grounded=True)
    GlooOpenAI(http_client=httpx.Client(), default_headers={"a": "b"}, default_query={"a": 1})
    GlooOpenAI(http_client=httpx2.Client(), timeout=httpx2.Timeout(3))
    AsyncGlooOpenAI(api_key=async_key, http_client=httpx.AsyncClient())
    AsyncGlooOpenAI(http_client=httpx2.AsyncClient(), rag_publisher="Bezalel", sources_limit=3)
    GlooOpenAI(client_id=SecretStr("a"), client_secret=SecretStr("b"))
    GlooOpenAI(credentials=lambda: ("a", "b")).with_options(api_key=SecretStr("c"))
    GlooAuth(credentials=lambda: ("a", SecretStr("b")), api_key=None)
    AsyncGlooOpenAI(credentials=vault)
    GlooOpenAI(client_secret=b"b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    GlooOpenAI(credentials=("a", "b"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    GlooOpenAI(client_ident="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    GlooOpenAI(max_retries="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    GlooOpenAI(http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncGlooOpenAI(http_client=httpx.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def views(client: GlooOpenAI, other: AsyncGlooOpenAI) -> None:
    assert_type(client.with_options(timeout=3, max_retries=2), GlooOpenAI)
    assert_type(client.copy(tradition="mainline", set_default_headers={"a": "b"}), GlooOpenAI)
    assert_type(other.with_options(rag_publisher="Bezalel"), AsyncGlooOpenAI)
    assert_type(client.auth, GlooAuth)
    client.with_options(sources_limit="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def create(client: GlooOpenAI, streamed: bool) -> None:
    completions = client.chat.completions
    assert_type(completions.create(model="gloo-x", messages=MESSAGES), GlooChatCompletion)
    assert_type(completions.create(auto_routing=True, messages=MESSAGES), GlooChatCompletion)
    assert_type(
        completions.create(
            model_family="open source",
            messages=MESSAGES,
            tradition="evangelical",
            temperature=0.5,
            timeout=httpx2.Timeout(3),
            stream=False,
        ),
        GlooChatCompletion,
    )
    assert_type(
        completions.create(model=auto_model("google"), messages=MESSAGES, stream=True),
        GlooStream,
    )
    assert_type(
        completions.create(model_family="a family of tomorrow", messages=MESSAGES, stream=streamed),
        GlooChatCompletion | GlooStream,
    )
    completions.create(messages=MESSAGES, extra_body=gloo_body(auto_routing=True))
    completions.create(auto_routing="yes", messages=MESSAGES)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    completions.create(auto_routing=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    completions.create(model="a", messages=MESSAGES, temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


async def async_create(client: AsyncGlooOpenAI, streamed: bool) -> None:
    completions = client.chat.completions
    assert_type(await completions.create(auto_routing=True, messages=MESSAGES), GlooChatCompletion)
    stream = await completions.create(model=AUTO, messages=MESSAGES, stream=True)
    assert_type(stream, AsyncGlooStream)
    async for chunk in stream:
        assert_type(chunk, GlooChatCompletionChunk)
        assert_type(chunk.citations, list[Citation])
    assert_type(
        await completions.create(model=AUTO, messages=MESSAGES, stream=streamed),
        GlooChatCompletion | AsyncGlooStream,
    )
    parsed = await completions.parse(model=AUTO, messages=MESSAGES, response_format=Verse)
    assert_type(parsed, GlooParsedChatCompletion[Verse])
    async with completions.stream(
        auto_routing=True, messages=MESSAGES, response_format=Verse
    ) as events:
        async for event in events:
            if event.type == "content.done":
                assert_type(event.parsed, Verse | None)
        final = await events.get_final_completion()
        assert_type(final.choices[0].message.parsed, Verse | None)


def parse_and_stream(client: GlooOpenAI) -> None:
    completions = client.chat.completions
    parsed = completions.parse(auto_routing=True, messages=MESSAGES, response_format=Verse)
    assert_type(parsed, GlooParsedChatCompletion[Verse])
    assert_type(parsed.choices[0].message.parsed, Verse | None)
    with completions.stream(model=AUTO, messages=MESSAGES, response_format=Verse) as events:
        for event in events:
            if event.type == "content.delta":
                assert_type(event.delta, str)
        assert_type(events.get_final_completion().choices[0].message.parsed, Verse | None)


def raw(client: GlooOpenAI) -> None:
    view = client.chat.completions.with_raw_response
    assert_type(view.create(auto_routing=True, messages=MESSAGES).parse(), GlooChatCompletion)
    for chunk in view.create(model=AUTO, messages=MESSAGES, stream=True).parse():
        assert_type(chunk, GlooChatCompletionChunk)
    parsed = view.parse(tradition="catholic", messages=MESSAGES, response_format=Verse).parse()
    assert_type(parsed, GlooParsedChatCompletion[Verse])
    bodies = client.chat.completions.with_streaming_response
    with bodies.create(auto_routing=True, messages=MESSAGES) as response:
        assert_type(response.parse().routing, RoutingMetadata)
    with bodies.parse(messages=MESSAGES, response_format=Verse) as parsed_response:
        assert_type(parsed_response.parse(), GlooParsedChatCompletion[Verse])
    view.create(auto_routing="yes", messages=MESSAGES)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


async def async_raw(client: AsyncGlooOpenAI) -> None:
    view = client.chat.completions.with_raw_response
    response = await view.create(model_family="google", messages=MESSAGES)
    assert_type(response.parse(), GlooChatCompletion)
    parsed = await view.parse(messages=MESSAGES, response_format=Verse)
    assert_type(parsed.parse(), GlooParsedChatCompletion[Verse])
    bodies = client.chat.completions.with_streaming_response
    async with bodies.create(auto_routing=True, messages=MESSAGES, stream=True) as body:
        async for chunk in await body.parse():
            assert_type(chunk, GlooChatCompletionChunk)
    async with bodies.parse(messages=MESSAGES, response_format=Verse) as parsed_body:
        assert_type(await parsed_body.parse(), GlooParsedChatCompletion[Verse])


def answers(completion: GlooChatCompletion) -> None:
    assert_type(completion.choices[0].message.content, str | None)
    assert_type(completion.routing, RoutingMetadata)
    assert_type(completion.routing.routing_confidence, float | None)
    assert_type(completion.citations[0].item_title, str | None)
    assert_type(completion.guardrail_refusal, bool)


def catalogue(client: GlooOpenAI, completion: GlooChatCompletion) -> None:
    assert_type(client.models.price(completion), Decimal | None)
    assert_type(client.models.retrieve("gloo-x").family, str | None)


def annotated_for_the_sdk(client: GlooOpenAI) -> str:
    """Code that was written for `openai.OpenAI()` and is now given a `GlooOpenAI()`."""
    whole: ChatCompletion = client.chat.completions.create(model="a", messages=MESSAGES)
    stream: Stream[ChatCompletionChunk] = client.chat.completions.create(
        model="a", messages=MESSAGES, stream=True
    )
    with stream as chunks:
        for chunk in chunks:
            print(chunk.choices[0].delta.content)
    return whole.choices[0].message.content or ""


async def async_annotated_for_the_sdk(client: AsyncGlooOpenAI) -> None:
    stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(
        model="a", messages=MESSAGES, stream=True
    )
    async for chunk in stream:
        print(chunk.choices[0].delta.content)


def code_for_the_sdk(client: openai.OpenAI) -> ChatCompletion:
    """What is written against `openai.OpenAI` takes a `GlooOpenAI`."""
    chunks: Stream[ChatCompletionChunk] = client.chat.completions.create(
        model="a", messages=MESSAGES, stream=True
    )
    print(*chunks)
    return client.chat.completions.create(model="a", messages=MESSAGES)


async def async_code_for_the_sdk(client: openai.AsyncOpenAI) -> ChatCompletion:
    return await client.chat.completions.create(model="a", messages=MESSAGES)


async def it_takes_ours(client: GlooOpenAI, other: AsyncGlooOpenAI) -> None:
    code_for_the_sdk(client)
    await async_code_for_the_sdk(other)
    as_sdk: ChatCompletion = client.chat.completions.create(auto_routing=True, messages=MESSAGES)
    print(as_sdk)


def auth() -> None:
    hook = GlooAuth("id", "secret", env_file=os.devnull)
    httpx.Client(auth=hook)
    httpx2.AsyncClient(auth=hook)
    openai.OpenAI(api_key=hook.token)
    openai.AsyncOpenAI(api_key=hook.atoken)
    assert_type(hook.token(), str)
    assert_type(hook.expires_in, float | None)
    hook.invalidate()


def errors(client: GlooOpenAI) -> None:
    try:
        client.chat.completions.create(messages=MESSAGES)
    except RoutingError as error:
        as_value: ValueError = error
        print(as_value)
    except TokenExchangeError as error:
        as_connection: openai.APIConnectionError = error
        print(as_connection)
