"""What Gloo adds to answers, as an editor completes it: mypy and pyright check it."""

from __future__ import annotations

from decimal import Decimal

import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel
from typing_extensions import assert_type

from gloo_openai import (
    AsyncGlooOpenAI,
    Citation,
    ErrorDetails,
    GlooModel,
    GlooOpenAI,
    GlooParsedChatCompletion,
    GlooUsage,
    Pricing,
    RoutingMetadata,
    StreamCutOffError,
    error_details,
    routing_metadata,
)

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello!"}]


class Verse(BaseModel):
    """A shape for `parse`."""

    book: str


def heard(metadata: RoutingMetadata) -> None:
    """A callback for `on_routing`."""
    assert_type(metadata.routing_confidence, float | None)


def sync_answers() -> None:
    """Completions, streams, the catalogue and errors of `GlooOpenAI`."""
    client = GlooOpenAI(on_routing=heard).with_options(on_routing=None)
    completion = client.chat.completions.create(messages=MESSAGES, auto_routing=True)
    assert_type(completion.routing, RoutingMetadata)
    assert_type(completion.routing.model, str | None)
    assert_type(completion.routing.auto_routing, bool | None)
    assert_type(completion.citations, list[Citation])
    assert_type(completion.citations[0].author, list[str] | None)
    assert_type(completion.guardrail_refusal, bool)
    assert_type(completion.usage, GlooUsage | None)
    if completion.usage:
        assert_type(completion.usage.cache_tokens, int | None)
        assert_type(completion.usage.cache_hit_rate, float | None)
    assert_type(routing_metadata(completion), RoutingMetadata)
    for chunk in client.chat.completions.create(messages=MESSAGES, stream=True):
        assert_type(chunk.citations, list[Citation])
        assert_type(chunk.routing, RoutingMetadata)
        assert_type(chunk.choices[0].delta.content, str | None)
    parsed = client.chat.completions.parse(messages=MESSAGES, response_format=Verse)
    assert_type(parsed, GlooParsedChatCompletion[Verse])
    assert_type(parsed.choices[0].message.parsed, Verse | None)
    assert_type(parsed.routing, RoutingMetadata)
    with client.chat.completions.stream(messages=MESSAGES, response_format=Verse) as stream:
        final = stream.get_final_completion()
        assert_type(final.routing, RoutingMetadata)
        assert_type(final.choices[0].message.parsed, Verse | None)
    for model in client.models.list():
        assert_type(model, GlooModel)
        assert_type(model.pricing, Pricing)
        assert_type(model.pricing.input, Decimal | None)
        assert_type(model.context_window, int | None)
    assert_type(client.models.retrieve("gloo-x"), GlooModel)
    assert_type(client.models.price(completion), Decimal | None)


async def async_answers() -> None:
    """The same of `AsyncGlooOpenAI`, awaited."""
    client = AsyncGlooOpenAI(on_routing=heard)
    completion = await client.chat.completions.create(messages=MESSAGES, auto_routing=True)
    assert_type(completion.routing, RoutingMetadata)
    async for chunk in await client.chat.completions.create(messages=MESSAGES, stream=True):
        assert_type(chunk.citations, list[Citation])
    async with client.chat.completions.stream(messages=MESSAGES) as stream:
        final = await stream.get_final_completion()
        assert_type(final.citations, list[Citation])
    async for model in client.models.list():
        assert_type(model, GlooModel)
    page = await client.models.list()
    assert_type(page.data, list[GlooModel])
    assert_type(await client.models.retrieve("gloo-x"), GlooModel)
    assert_type(await client.models.price(completion), Decimal | None)


def errors() -> None:
    """What an error says, typed."""
    try:
        sync_answers()
    except StreamCutOffError as error:
        assert_type(error.text, str)
    except openai.APIStatusError as error:
        details = error_details(error)
        assert_type(details, ErrorDetails)
        assert_type(details.retryable, bool | None)
        assert_type(details.trace_id, str | None)
