"""The Responses API as a user's type checker sees it."""

from __future__ import annotations

from pydantic import BaseModel

from gloo_openai import (
    AsyncGlooOpenAI,
    AsyncGlooResponseEventStream,
    GlooOpenAI,
    GlooParsedResponse,
    GlooResponse,
    GlooResponseEventStream,
)


class Verse(BaseModel):
    book: str


def sync(client: GlooOpenAI) -> None:
    answer: GlooResponse = client.responses.create(model="m", input="Hi", tradition="catholic")
    cost: float | None = answer.usage.cost if answer.usage else None
    stream: GlooResponseEventStream = client.responses.create(model="m", input="Hi", stream=True)
    kinds: list[str] = [event.type for event in stream]
    parsed: GlooParsedResponse[Verse] = client.responses.parse(input="Hi", text_format=Verse)
    verse: Verse | None = parsed.output_parsed
    raw: GlooResponse = client.responses.with_raw_response.create(model="m", input="Hi").parse()
    with client.responses.stream(model="m", input="Hi", text_format=Verse) as events:
        final: GlooParsedResponse[Verse] = events.get_final_response()
    print(cost, kinds, verse, raw.routing, final.output_text)


async def awaited(client: AsyncGlooOpenAI) -> None:
    answer: GlooResponse = await client.responses.create(model="m", input="Hi")
    stream: AsyncGlooResponseEventStream = await client.responses.create(
        model="m", input="Hi", stream=True
    )
    kinds: list[str] = [event.type async for event in stream]
    async with client.responses.stream(model="m", input="Hi", text_format=Verse) as events:
        final: GlooParsedResponse[Verse] = await events.get_final_response()
    print(answer.guardrail_refusal, kinds, final.is_incomplete)
