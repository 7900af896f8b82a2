"""Messages speak of what the caller passed, and of what Gloo has."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import BaseModel

from gloo_openai import GlooModel
from gloo_openai.testing import LocalGloo

from ..worlds import World

NOWHERE: Any = {"api_key": "sk-none", "env_file": None}


@pytest.mark.parametrize("name", ["workload_identity", "data_residency", "provider"])
@pytest.mark.parametrize("place", ["constructor", "copy"])
def test_openais_own_ways_are_named_themselves(world: World, name: str, place: str) -> None:
    """Not `api_key` or `base_url`, which nobody passed beside them; as the package's own kind."""
    foreign: Any = {name: {"client_id": "x"} if name == "workload_identity" else "eu"}
    client = world.client(**NOWHERE)
    make = client.with_options if place == "copy" else world.client
    with pytest.raises(openai.OpenAIError, match=f"{name}= is OpenAI's own") as caught:
        make(**foreign)
    assert "exclusive" not in str(caught.value)


@pytest.mark.parametrize("name", ["workload_identity", "data_residency", "provider"])
def test_none_of_them_is_no_error(world: World, name: str) -> None:
    """As the SDK's own default is, where the SDK knows the keyword."""
    try:
        openai.OpenAI(api_key="x", **{name: None})
    except TypeError:
        pytest.skip(f"this SDK has no {name}=")
    assert world.client(**NOWHERE, **{name: None})


@pytest.mark.parametrize("method", ["unwrap", "verify_signature"])
def test_webhooks_without_a_secret_do_not_ask_for_openais_environment(
    monkeypatch: pytest.MonkeyPatch, world: World, method: str
) -> None:
    """It is not read; one that is given is used."""
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "whsec_foreign")
    webhooks = world.client(**NOWHERE).webhooks
    with pytest.raises(
        ValueError, match="pass secret=, or webhook_secret= to the client"
    ) as caught:
        getattr(webhooks, method)("{}", {})
    assert "OPENAI_" not in str(caught.value)
    signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    for client, options in (
        (world.client(**NOWHERE, webhook_secret="whsec_eA=="), {}),
        (world.client(**NOWHERE), {"secret": "whsec_eA=="}),
    ):
        with pytest.raises(openai.InvalidWebhookSignatureError):
            getattr(client.webhooks, method)("{}", signed, **options)


class Row(BaseModel):
    """What somebody wants to know of a model."""

    id: str
    family: str


def test_a_raw_model_can_be_read_into_another_type(gloo: LocalGloo, world: World) -> None:
    """It is the one model, and nothing complains of a completion."""
    models = world.client().models
    name = str(gloo.models[0]["id"])
    raw = world.call(models.with_raw_response.retrieve, name)
    assert isinstance(raw.parse(), GlooModel)
    row = raw.parse(to=Row)
    assert (type(row), row.id, row.family) == (Row, name, gloo.models[0]["family"])
    assert raw.parse(to=object)["id"] == name
    assert name in raw.parse(to=str)
    missing = world.call(models.with_raw_response.retrieve, "gloo-nothing")
    with pytest.raises(openai.NotFoundError, match="no model 'gloo-nothing'"):
        missing.parse(to=Row)
