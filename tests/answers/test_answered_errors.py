"""An answer is read by what it says: 200 with an error in it is the error, in every form."""

from __future__ import annotations

import time
from typing import Any

import anyio
import openai
import pytest

from gloo_openai import GlooOpenAI, RoutingMetadata, error_details
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK, COMPLETIONS
from ..worlds import World

AI_ERROR = {"code": 1001, "name": "INVALID_REQUEST", "message": "It is too long", "trace_id": "t-1"}
CHOICE = {"index": 0, "finish_reason": "error", "message": {"role": "assistant", "content": "He"}}
SILENT = {"index": 0, "finish_reason": None, "message": {"role": "assistant", "content": ""}}
SAYS = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
DEEP = "[" * 100_000


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause before another try takes no time."""

    async def wait(_delay: float) -> None: ...

    monkeypatch.setattr(time, "sleep", lambda _delay: None)
    monkeypatch.setattr(anyio, "sleep", wait)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "Missing", "code": "unauthorized_invalid_token"}, openai.AuthenticationError),
        ({"error": "Forbidden", "code": "forbidden"}, openai.PermissionDeniedError),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, openai.InternalServerError),
        ({"detail": "Error generating response."}, openai.InternalServerError),
        ({"error": "Slow down", "code": "too_many_requests"}, openai.RateLimitError),
        ({"error": AI_ERROR}, openai.BadRequestError),
        ({"detail": {"code": 2002, "message": "down"}}, openai.InternalServerError),
        ({"error": "conflict", "message": "later"}, openai.InternalServerError),
        ({"error": "invalid", "error_description": "no"}, openai.InternalServerError),
        ({"error": {"code": 429, "message": "no"}}, openai.RateLimitError),
        ({"choices": [], "error": AI_ERROR}, openai.BadRequestError),
        ({"choices": [SILENT], "error": AI_ERROR}, openai.BadRequestError),
        ({"choices": [CHOICE]}, openai.InternalServerError),
        ({"choices": [CHOICE], "error": AI_ERROR}, openai.BadRequestError),
        ({"choices": [{**CHOICE, "error": AI_ERROR}]}, openai.BadRequestError),
        ({"choices": [{**SILENT, "error": AI_ERROR}]}, openai.BadRequestError),
    ],
    ids=str,
)
def test_an_error_of_any_shape_in_a_200_is_the_error(
    gloo: LocalGloo, world: World, body: dict[str, Any], kind: type[Exception]
) -> None:
    """The class of its code; and nothing is an answer of no choices."""
    gloo.fault(COMPLETIONS, status=200, body=body, times=None)
    client = world.client(max_retries=0)
    with pytest.raises(kind, match="of HTTP 200"):
        forms.plain(world, client)
    with pytest.raises(kind, match="in the middle of a stream"):
        forms.streamed(world, client)


@pytest.mark.parametrize("form", [f for f in forms.EVERY if f is not forms.raw])
def test_every_form_raises_it(gloo: LocalGloo, world: World, form: forms.Form) -> None:
    """With what Gloo says of it; `on_routing` is not told of what is no answer."""
    heard: list[RoutingMetadata] = []
    gloo.fault(COMPLETIONS, status=200, body={"error": AI_ERROR}, times=None)
    with pytest.raises(openai.BadRequestError, match="It is too long") as caught:
        form(world, world.client(on_routing=heard.append))
    details = error_details(caught.value)
    assert (details.code, details.trace_id, caught.value.status_code) == ("1001", "t-1", 400)
    assert details.request_id
    assert (heard, len(gloo.completions)) == ([], 1)


def test_a_post_into_anything_raises_it(gloo: LocalGloo, world: World) -> None:
    """A dict, a string: it is an error all the same."""
    client = world.client()
    gloo.fault(COMPLETIONS, status=200, body={"error": AI_ERROR}, times=None)
    for kind in (object, str):
        with pytest.raises(openai.BadRequestError):
            world.call(client.post, "/chat/completions", cast_to=kind, body=forms.BODY)


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [SAYS], "error": None},
        {"choices": [SAYS], "error": {"message": "a warning"}},
        {"choices": [SAYS], "code": 7, "message": "x"},
        {"choices": []},
        {"choices": [{**SAYS, "finish_reason": "a_new_one"}]},
    ],
    ids=str,
)
def test_an_answer_that_says_something_is_an_answer(gloo: LocalGloo, body: dict[str, Any]) -> None:
    """Whatever stands beside its words."""
    gloo.answer(body=body)
    with GlooOpenAI() as client:
        assert client.chat.completions.create(**ASK).to_dict() == body


@pytest.mark.parametrize("form", [forms.plain, forms.parsed, forms.post])
@pytest.mark.parametrize(
    "body",
    [
        "<html><title>Sign in</title></html>",
        b"",
        b'{"id": "ge',
        b"\xff",
        DEEP.encode(),
        {"error": {"code": 2002, "message": "down", "retryable": True}},
        {"error": "Slow down", "code": "too_many_requests"},
    ],
    ids=["html", "empty", "cut", "not-utf-8", "deep", "retryable", "rate-limit"],
)
def test_a_200_without_an_answer_is_worth_one_more_try(
    gloo: LocalGloo, world: World, form: forms.Form, body: Any
) -> None:
    """One, and none with `max_retries=0`; the SDK knows only of bad statuses."""
    json_type = {"content-type": "application/json"}
    gloo.answer(forms.VERSE)
    gloo.fault(COMPLETIONS, status=200, body=body, headers=json_type)
    assert form(world, world.client()).choices
    assert len(gloo.completions) == 2
    fault = gloo.fault(COMPLETIONS, status=200, body=body, headers=json_type, times=None)
    for retries, tries in ((0, 1), (5, 2)):
        gloo.requests.clear()
        with pytest.raises(openai.APIError):
            form(world, world.client(max_retries=retries))
        assert len(gloo.completions) == tries
    assert fault.hits == 3


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("form", [f for f in forms.EVERY if f is not forms.raw])
def test_a_hundred_thousand_brackets_are_a_typed_error(
    gloo: LocalGloo, world: World, form: forms.Form, kind: str
) -> None:
    """No RecursionError, in whatever is read."""
    headers = {"content-type": kind}
    client = world.client(max_retries=0)
    for body in (DEEP, f"data: {DEEP}\n\n", '{"a":' * 100_000):
        gloo.fault(COMPLETIONS, status=200, body=body, headers=headers)
        with pytest.raises(openai.APIError):
            form(world, client)
        gloo.fault(COMPLETIONS, status=500, body=body, headers=headers)
        with pytest.raises(openai.InternalServerError):
            form(world, client)
