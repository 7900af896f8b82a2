"""Gloo's guardrails: a request that they block, and an answer that they give in a model's place."""

from __future__ import annotations

import pickle
from typing import Any

import openai
import pytest

from gloo_openai import (
    GlooOpenAI,
    GuardrailBlockedError,
    GuardrailRefusalError,
    RoutingMetadata,
    error_details,
    routing_metadata,
)
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK, COMPLETIONS
from ..worlds import World

GUARDED = "/ai/v2/guarded"
CANNED = "I'm sorry, but I can't help with that. Is there something else on your mind?"


@pytest.mark.parametrize("form", forms.EVERY)
def test_a_403_of_the_guarded_family_is_a_block(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """Its own class, which the SDK's contains; never sent again, whatever its body says."""
    body = {"error": {"message": "Not this.", "code": "policy", "retryable": True}}
    gloo.fault("/chat/completions", status=403, body=body, times=None)
    client = world.client(base_url=gloo.origin + GUARDED)
    with pytest.raises(GuardrailBlockedError, match="guardrails") as caught:
        form(world, client)
    assert isinstance(caught.value, openai.PermissionDeniedError)
    assert (caught.value.status_code, error_details(caught.value).code) == (403, "policy")
    assert len(gloo.completions) == 1


@pytest.mark.parametrize(
    ("path", "body", "blocked"),
    [
        (GUARDED, {"error": "no"}, True),
        (GUARDED, b"", True),
        (GUARDED, "<html>no</html>", True),
        (GUARDED, {"detail": {"code": "policy", "message": "no"}}, True),
        (GUARDED, {"error": "Forbidden", "code": "forbidden"}, False),
        (GUARDED, {"error": {"code": "forbidden", "message": "no"}}, False),
        ("/gateway/ai/v2/guarded", {"error": "no"}, True),
        ("/ai/v2", {"error": "no"}, False),
        ("/ai/v2", {"error": "A guardrail blocked this."}, True),
        ("/ai/v2/direct", {"error": "no"}, False),
        ("/ai/v2/grounded", {"error": "no"}, False),
        ("/ai/v1", {"error": "no"}, False),
    ],
    ids=str,
)
def test_which_403_is_a_block(gloo: LocalGloo, path: str, body: Any, blocked: bool) -> None:
    """On the guarded family each but `forbidden`; elsewhere one that names a guardrail."""
    gloo.fault("*", status=403, body=body, times=None)
    client = GlooOpenAI(base_url=gloo.origin + path, api_key="sk_local")
    with client, pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(messages=ASK["messages"], model="gloo-x")
    assert (type(caught.value) is GuardrailBlockedError) is blocked


def test_forbidden_is_a_matter_of_plans(gloo: LocalGloo) -> None:
    """The hint says where to look."""
    body = {"error": "Forbidden - insufficient permissions", "code": "forbidden"}
    gloo.fault(COMPLETIONS, status=403, body=body)
    with GlooOpenAI() as client, pytest.raises(openai.PermissionDeniedError, match="plan"):
        client.chat.completions.create(**ASK)


@pytest.mark.parametrize("form", [*forms.WHOLE[:1], forms.raw_and_parsed, forms.post, forms.helper])
def test_a_refusal_is_told_in_every_form(gloo: LocalGloo, world: World, form: forms.Form) -> None:
    """On the answer, in its routing, and to `on_routing`."""
    heard: list[RoutingMetadata] = []
    gloo.refuse()
    answer = form(world, world.client(on_routing=heard.append))
    assert (answer.guardrail_refusal, answer.routing.refused) == (True, True)
    assert routing_metadata(answer.to_dict()).refused is True
    assert [metadata.refused for metadata in heard] == [True]


@pytest.mark.parametrize("how", ["empty-model", "content-filter"])
def test_a_stream_that_was_read_says_whether_it_was_a_refusal(
    gloo: LocalGloo, world: World, how: str
) -> None:
    """`guardrail_refusal` and `routing` on the stream itself."""
    client = world.client()
    for refused in (True, False):
        if refused and how == "empty-model":
            gloo.refuse()
        elif refused:
            gloo.answer("No.", finish_reason="content_filter")
        stream = world.call(client.chat.completions.create, stream=True, **ASK)
        world.read(stream)
        assert (stream.guardrail_refusal, stream.routing.refused) == (refused, refused)


def parsed_in_a_stream(world: World, client: Any) -> Any:
    """`stream(response_format=…)`"""
    return forms.helped(world, client, response_format=forms.Verse, **ASK)


@pytest.mark.parametrize("how", ["empty-model", "content-filter"])
@pytest.mark.parametrize("form", [forms.parsed, forms.raw_of_parse, parsed_in_a_stream])
def test_what_a_guardrail_said_is_no_broken_json(
    gloo: LocalGloo, world: World, form: forms.Form, how: str
) -> None:
    """The exception is the SDK's for a filtered answer, and shows the words."""
    if how == "empty-model":
        gloo.refuse()
    else:
        gloo.answer(CANNED, finish_reason="content_filter")
    with pytest.raises(GuardrailRefusalError, match="guardrails answered") as caught:
        form(world, world.client())
    assert isinstance(caught.value, openai.ContentFilterFinishReasonError)
    assert caught.value.text == CANNED
    assert repr(CANNED) in str(caught.value)
    assert len(gloo.completions) == 1
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.text, str(again)) == (type(caught.value), CANNED, str(caught.value))


def test_prose_of_a_model_is_the_sdks_error(gloo: LocalGloo, world: World) -> None:
    """Nobody blames a guardrail for it."""
    client = world.client()
    for form in (forms.parsed, parsed_in_a_stream):
        gloo.answer("Rejoice always.")
        with pytest.raises(ValueError, match=r"(?i)json|expected") as caught:
            form(world, client)
        assert "guardrail" not in str(caught.value)


def test_a_refusal_without_a_shape_is_an_answer(gloo: LocalGloo, world: World) -> None:
    """`parse` without a `response_format`."""
    gloo.refuse()
    answer = world.call(world.client().chat.completions.parse, **ASK)
    assert answer.guardrail_refusal is True


def test_a_model_for_images_points_to_responses(gloo: LocalGloo, world: World) -> None:
    """The hint on a 400 whose text does."""
    body = {"error": {"code": 1001, "message": "This model is image only: use the Responses API."}}
    gloo.fault(COMPLETIONS, status=400, body=body)
    with pytest.raises(openai.BadRequestError, match=r"client\.responses\.create"):
        forms.plain(world, world.client())
