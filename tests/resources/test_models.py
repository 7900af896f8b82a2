"""The catalogue behind `client.models`: rows, pages, prices, and what is wrong with some."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any, cast

import openai
import pytest
from openai.types import Model

from gloo_openai import GlooModel, GlooOpenAI, error_details
from gloo_openai.testing import LocalGloo, odd_models

from ..conftest import MESSAGES
from ..traps import ASK
from ..worlds import World

CATALOGUE = "/platform/v2/models"
HAIKU = "gloo-anthropic-claude-haiku-4.5"


def listed(world: World, client: Any, **call: Any) -> list[Any]:
    """Every model, by iteration, as with the SDK's own pages."""
    return world.read(client.models.list(**call))


def test_the_catalogue_is_typed(gloo: LocalGloo, world: World) -> None:
    """`GlooModel` is the SDK's `Model`, with what Gloo says of it."""
    gloo.models += odd_models()
    models = {model.id: model for model in listed(world, world.client())}
    assert len(models) == len(gloo.models) - 1  # one row has no id
    haiku = models[HAIKU]
    assert isinstance(haiku, GlooModel)
    assert isinstance(haiku, Model)
    assert (haiku.name, haiku.family) == ("Claude Haiku 4.5", "Anthropic")
    assert (haiku.context_window, haiku.max_output_tokens) == (200_000, 64_000)
    assert (haiku.supports_tools, haiku.supports_reasoning) == (True, False)
    assert (haiku.input_modalities, haiku.output_modalities) == (["text"], ["text"])
    assert (haiku.pricing.input, haiku.pricing.output) == (Decimal("0.15"), Decimal(5))
    assert haiku.provider_id == "anthropic/claude-haiku-4.5"
    assert haiku.object == "model"
    bare = models["gloo-acme-sparse-1"]
    assert (bare.pricing.input, bare.pricing.output) == (None, None)
    assert (bare.context_window, bare.supports_tools) == (None, None)
    assert bare.output_modalities == ["text"]
    assert models["gloo-bfl-flux-2-pro"].output_modalities == ["image"]


def test_no_token_is_sent_or_fetched(gloo: LocalGloo, world: World) -> None:
    """The catalogue is public."""
    client = world.client()
    listed(world, client)
    world.call(client.models.retrieve, HAIKU)
    listed(world, client.with_options(api_key="sk_local"))
    assert [request.path for request in gloo.requests] == [CATALOGUE] * 3
    assert not any("authorization" in request.headers for request in gloo.requests)


@pytest.mark.parametrize("base", ["", "/ai/v1", "/ai/v2", "/ai/v2/guarded", "/ai/v2/"])
def test_the_catalogue_is_on_the_origin(gloo: LocalGloo, base: str) -> None:
    """Whatever path the base URL has."""
    with GlooOpenAI(base_url=gloo.origin + base) as client:
        assert list(client.models.list())
        assert client.models.retrieve(HAIKU).id == HAIKU
    assert {request.path for request in gloo.requests} == {CATALOGUE}


def test_a_malformed_row_is_skipped_and_logged(
    gloo: LocalGloo, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are kept, whatever their fields are."""
    good = {"id": "gloo-a", "context_window": "many", "pricing": 7, "new": [1]}
    bad: list[Any] = [None, 1, "gloo-x", [], {}, {"id": None}, {"id": ""}, {"id": 5}]
    gloo.models[:] = [*bad[:4], good, *bad[4:]]
    [model] = listed(world, world.client())
    assert model.to_dict(warnings=False) == good
    assert (model.context_window, model.pricing.input) == ("many", None)
    records = [record for record in caplog.records if record.name == "gloo_openai"]
    assert [record.levelno for record in records] == [logging.WARNING] * len(bad)


@pytest.mark.parametrize("body", [{"data": []}, {"data": None}, {}, {"data": "no"}], ids=str)
def test_an_empty_catalogue_is_empty(gloo: LocalGloo, world: World, body: dict[str, Any]) -> None:
    """An empty list, or none."""
    gloo.fault(CATALOGUE, status=200, body=body)
    assert listed(world, world.client()) == []


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"", b"null", b"[]", b"7", b'"x"', b'{"data": [', b"\xff"], ids=repr
)
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_a_catalogue_that_is_none_is_the_sdks_validation_error(
    gloo: LocalGloo, body: bytes, kind: str
) -> None:
    """HTML, null, a list, half of it."""
    gloo.fault(CATALOGUE, status=200, body=body, headers={"content-type": kind}, times=2)
    with GlooOpenAI(max_retries=0) as client:
        with pytest.raises(openai.APIResponseValidationError):
            client.models.list()
        with pytest.raises(openai.APIResponseValidationError):
            client.models.retrieve(HAIKU)


def test_an_asynchronous_catalogue_that_is_none_is_the_same_error(
    gloo: LocalGloo, world: World
) -> None:
    """In every world."""
    gloo.fault(CATALOGUE, status=200, body="<html></html>", times=2)
    client = world.client(max_retries=0)
    with pytest.raises(openai.APIResponseValidationError):
        listed(world, client)
    with pytest.raises(openai.APIResponseValidationError):
        world.call(client.models.retrieve, HAIKU)


def test_errors_of_the_catalogue_are_those_of_every_call(gloo: LocalGloo, world: World) -> None:
    """Retried, and then the exception of the status."""
    gloo.fault(CATALOGUE, status=500, headers={"retry-after-ms": "1"}, times=1)
    client = world.client()
    assert listed(world, client)
    gloo.fault(CATALOGUE, status=403, body={"error": "no", "code": "forbidden"})
    with pytest.raises(openai.PermissionDeniedError) as caught:
        listed(world, client)
    assert caught.value.code == "forbidden"


def test_pages_are_the_sdks(gloo: LocalGloo, world: World) -> None:
    """One page: `data`, iteration, `iter_pages`, `has_next_page`, `get_next_page`."""
    client = world.client()
    page = world.call(client.models.list)
    assert page.object == "list"
    assert [m.id for m in world.read(page)] == [m.id for m in page.data]
    assert page.data[0].id == "gloo-openai-gpt-5-mini"
    assert page.has_next_page() is False
    assert page.next_page_info() is None
    assert len(world.read(page.iter_pages())) == 1
    with pytest.raises(RuntimeError, match="No next page"):
        world.call(page.get_next_page)
    assert page._request_id


def test_raw_and_streaming_responses_of_the_catalogue(gloo: LocalGloo, world: World) -> None:
    """As for every method of the SDK."""
    client = world.client()
    raw = world.call(client.models.with_raw_response.list)
    assert raw.status_code == 200
    assert raw.parse().data[0].id == "gloo-openai-gpt-5-mini"
    raw = world.call(client.models.with_raw_response.retrieve, HAIKU)
    assert raw.parse().family == "Anthropic"
    entered = client.models.with_streaming_response.list()

    async def read() -> Any:
        async with entered as response:
            return await response.parse()

    if world.is_async:
        page = world.call(read)
    else:
        with entered as response:
            page = response.parse()
    assert page.data[0].id == "gloo-openai-gpt-5-mini"


def test_a_call_may_have_the_sdks_options(gloo: LocalGloo, world: World) -> None:
    """Headers, query and timeout."""
    options: Any = {"extra_headers": {"X-A": "b"}, "extra_query": {"c": "d"}, "timeout": 9}
    client = world.client()
    assert listed(world, client, **options)
    world.call(client.models.retrieve, HAIKU, **options)
    for request in gloo.requests:
        assert (request.headers["x-a"], request.query) == ("b", "c=d")


def test_a_model_that_is_not_there_is_the_sdks_error(gloo: LocalGloo, world: World) -> None:
    """With the closest ids, if any are close."""
    client = world.client()
    for name in ("claude-haiku-4.5", "haiku", "HAIKU-4.5"):
        with pytest.raises(openai.NotFoundError, match=HAIKU) as caught:
            world.call(client.models.retrieve, name)
    assert caught.value.status_code == 404
    assert (cast("Any", caught.value).trace_id, error_details(caught.value).code) == (None, None)
    with pytest.raises(openai.NotFoundError) as caught:
        world.call(client.models.retrieve, "§§§§")
    assert "closest" not in str(caught.value)
    with pytest.raises(ValueError, match="non-empty"):
        world.call(client.models.retrieve, "")
    assert len(gloo.requests) == 4


# Prices


def test_an_answer_has_a_price(gloo: LocalGloo, world: World) -> None:
    """Dollars, exactly; the catalogue is read once for many."""
    client = world.client()
    usage = {"prompt_tokens": 1000, "completion_tokens": 2000, "total_tokens": 3000}
    for _ in range(3):
        gloo.answer("Hi", model=HAIKU, usage=usage)
        completion = world.call(client.chat.completions.create, **ASK)
        assert world.call(client.models.price, completion) == Decimal("0.01015")
    assert [request.path for request in gloo.requests].count(CATALOGUE) == 1


ROW: dict[str, Any] = {
    "id": "gloo-m",
    "pricing": {
        "input": {"rate_per_1k_tokens": "0.001"},
        "output": {"rate_per_1k_tokens": "0.002"},
    },
}
USAGE: dict[str, Any] = {"prompt_tokens": 1000, "completion_tokens": 1000}


def priced(gloo: LocalGloo, row: dict[str, Any], **fields: Any) -> Decimal | None:
    """The price of an answer by a catalogue of one row."""
    gloo.models[:] = [row]
    gloo.answer(body={"id": "gen-1", "choices": [], "model": "gloo-m", "usage": USAGE, **fields})
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(messages=MESSAGES, auto_routing=True)
        return client.models.price(completion)


def test_a_price_is_input_and_output(gloo: LocalGloo) -> None:
    """Rates may be strings or numbers; free is a price."""
    assert priced(gloo, ROW) == Decimal("0.003")
    number = {"input": {"rate_per_1k_tokens": 0.001}, "output": {"rate_per_1k_tokens": 0}}
    assert priced(gloo, {**ROW, "pricing": number}) == Decimal("0.001")


@pytest.mark.parametrize(
    "rate", [None, "", "free", True, [], {}, "NaN", "Infinity", "-1", -1, "9E999999", "1E+400"]
)
def test_a_rate_that_is_none_is_no_price(gloo: LocalGloo, rate: Any) -> None:
    """Malformed, negative, absurd."""
    pricing = {**ROW["pricing"], "input": {"rate_per_1k_tokens": rate}}
    assert priced(gloo, {**ROW, "pricing": pricing}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gloo-unknown"},
        {"model": ""},
        {"model": ["gloo-m"]},
        {"model": {"id": "gloo-m"}},
        {"usage": None},
        {"usage": {}},
        {"usage": "many"},
        {"usage": [1]},
        {"usage": {**USAGE, "prompt_tokens": "7"}},
        {"usage": {**USAGE, "prompt_tokens": None}},
        {"usage": {**USAGE, "completion_tokens": True}},
        {"usage": {**USAGE, "completion_tokens": -1}},
        {"usage": {**USAGE, "completion_tokens": [7]}},
    ],
    ids=str,
)
def test_an_answer_without_what_a_price_needs_has_none(
    gloo: LocalGloo, fields: dict[str, Any]
) -> None:
    """No such model, no usage, no numbers."""
    assert priced(gloo, ROW, **fields) is None


@pytest.mark.parametrize("pricing", [None, "free", 7, [], {}, {"input": 1}, {"input": {}}], ids=str)
def test_a_model_without_pricing_has_no_price(gloo: LocalGloo, pricing: Any) -> None:
    """Malformed or missing."""
    assert priced(gloo, {**ROW, "pricing": pricing}) is None
