"""What an answer cost: as Gloo charged it, else by the catalogue; and all that a budget needs."""

from __future__ import annotations

import copy
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gloo_openai import GlooUsage, RoutingMetadata
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK
from ..worlds import World

CATALOGUE = "/platform/v2/models"
CHARGED = 0.002508165
USAGE: dict[str, Any] = {
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "total_tokens": 1100,
    "cost": CHARGED,
    "cost_details": {"upstream": 0.002},
    "cache_read_input_tokens": 600,
}
UNCHARGED = {name: value for name, value in USAGE.items() if not name.startswith("cost")}
ROW: dict[str, Any] = {
    "id": "gloo-m",
    "pricing": {
        "input": {"rate_per_1k_tokens": "0.001"},
        "output": {"rate_per_1m_tokens": "2"},
        "cache_read": {"rate_per_1m_tokens": "0.1"},
    },
}
BY_THE_CATALOGUE = Decimal("0.00066")
"""400 tokens at 1 dollar a million, 600 at 10 cents, 100 at 2 dollars."""


@pytest.mark.parametrize("form", [*forms.WHOLE, forms.helper])
def test_what_was_charged_is_typed_and_is_the_price(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """In every form; the catalogue is not asked."""
    gloo.answer(forms.VERSE, usage=USAGE, ttft_ms=213)
    client = world.client()
    if form is forms.helper:
        answer = forms.helped(world, client, stream_options={"include_usage": True}, **ASK)
    else:
        answer = form(world, client)
    assert isinstance(answer.usage, GlooUsage)
    assert (answer.usage.cost, answer.usage.cost_details) == (CHARGED, {"upstream": 0.002})
    assert (answer.usage.cache_read_input_tokens, answer.ttft_ms) == (600, 213)
    assert (answer.routing.cost, answer.routing.usage.total_tokens) == (CHARGED, 1100)
    assert world.call(client.models.price, answer) == Decimal("0.002508165")
    assert CATALOGUE not in {request.path for request in gloo.requests}


def test_a_price_of_the_catalogue_has_the_caches_rate(gloo: LocalGloo, world: World) -> None:
    """Rates per thousand or per million; cached tokens are among the prompt's."""
    gloo.models[:] = [ROW]
    client = world.client()
    details = {n: v for n, v in UNCHARGED.items() if n != "cache_read_input_tokens"}
    details["prompt_tokens_details"] = {"cached_tokens": 600}
    for usage in (UNCHARGED, details):
        gloo.answer("Hi", model="gloo-m", usage=usage)
        answer = forms.plain(world, client)
        assert world.call(client.models.price, answer) == BY_THE_CATALOGUE
    [model] = world.read(client.models.list())
    rates = (model.pricing.input, model.pricing.output, model.pricing.cache_read)
    assert rates == (Decimal(1), Decimal(2), Decimal("0.1"))


RESPONSES = {
    "input_tokens": 1000,
    "output_tokens": 100,
    "input_tokens_details": {"cached_tokens": 600},
}


@pytest.mark.parametrize(
    ("answer", "price"),
    [
        ({"model": "gloo-m", "usage": UNCHARGED}, BY_THE_CATALOGUE),
        ({"model": "gloo-m", "usage": RESPONSES}, BY_THE_CATALOGUE),
        (SimpleNamespace(model="gloo-m", usage=SimpleNamespace(**UNCHARGED)), BY_THE_CATALOGUE),
        (RoutingMetadata.read({"model": "gloo-m", "usage": UNCHARGED}), BY_THE_CATALOGUE),
        ({"usage": {"cost": "0.1"}}, Decimal("0.1")),
        ({"usage": {"cost": 0}}, Decimal(0)),
        ({"usage": {"cost": 1e-07}}, Decimal("1E-7")),
        ({"model": "gloo-m", "usage": {**UNCHARGED, "cost": "free"}}, BY_THE_CATALOGUE),
        ({"model": "gloo-m", "usage": {**UNCHARGED, "cost": -1}}, BY_THE_CATALOGUE),
        ({"model": "gloo-m", "usage": {**UNCHARGED, "cost": True}}, BY_THE_CATALOGUE),
        (
            {"model": "gloo-m", "usage": {**UNCHARGED, "cache_read_input_tokens": 5000}},
            Decimal("0.0003"),
        ),
        ({"usage": UNCHARGED}, None),
        ({"model": "", "usage": UNCHARGED}, None),
        ({"model": "gloo-m"}, None),
        (None, None),
    ],
    ids=repr,
)
def test_whatever_has_a_usage_and_a_model_has_a_price(
    gloo: LocalGloo, world: World, answer: object, price: Decimal | None
) -> None:
    """Answers of Responses too; where nothing can be known, nothing is sent."""
    gloo.models[:] = [ROW]
    assert world.call(world.client().models.price, answer) == price
    unpriceable = price is None or not isinstance(price, Decimal)
    assert not (unpriceable and gloo.requests)


@pytest.mark.parametrize("form", [*forms.WHOLE, forms.raw])
def test_on_routing_is_all_that_a_budget_needs(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """Cost and usage, also of an answer that nobody parses."""
    heard: list[RoutingMetadata] = []
    gloo.answer(forms.VERSE, usage=USAGE)
    form(world, world.client(on_routing=heard.append))
    [metadata] = heard
    assert (metadata.cost, metadata.usage and metadata.usage.prompt_tokens) == (CHARGED, 1000)
    assert metadata.refused is False


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "not-asked"])
@pytest.mark.parametrize("form", [forms.streamed, forms.helper])
def test_a_stream_has_its_cost_if_it_was_asked_for(
    gloo: LocalGloo, world: World, form: forms.Form, asked: bool
) -> None:
    """The usage is the last chunk, after the finish; it is told of once, with it."""
    heard: list[RoutingMetadata] = []
    gloo.answer("Hi there", usage=USAGE)
    call = {**ASK, **({"stream_options": {"include_usage": True}} if asked else {})}
    client = world.client(on_routing=heard.append)
    if form is forms.helper:
        forms.helped(world, client, **call)
    else:
        world.stream(client.chat.completions.create, **call)
    [metadata] = heard
    assert metadata.cost == (CHARGED if asked else None)
    assert (metadata.usage is not None) is asked


def test_metadata_is_frozen_hashable_and_copied() -> None:
    """Two are equal if they say the same of the routing; `to_dict` is plain JSON."""
    body = {"model": "gloo-m", "routing_tier": "tier_1", "usage": USAGE}
    metadata = RoutingMetadata.read(body)
    assert metadata == RoutingMetadata(model="gloo-m", routing_tier="tier_1")
    assert len({metadata, RoutingMetadata.read(body)}) == 1
    assert copy.deepcopy(metadata) == metadata
    assert metadata.to_dict()["usage"]["cost"] == CHARGED
    assert metadata.to_dict()["cost"] == CHARGED
