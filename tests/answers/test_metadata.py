"""`routing_metadata` finds the same in an answer and in whatever is wrapped around it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from gloo_openai import GlooOpenAI, RoutingMetadata, routing_metadata
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK
from ..worlds import World

EMPTY = RoutingMetadata()


@dataclass
class Wrapper:
    """What a framework gives its users in place of a completion."""

    response_metadata: Any = None
    raw: Any = None
    _raw_response: Any = None
    raw_response: Any = None
    provider_details: Any = None
    additional_kwargs: Any = None
    meta: Any = None
    message: Any = None
    model_extra: Any = None
    content: str = "Rejoice always."
    usage: dict[str, int] = field(default_factory=lambda: {"total_tokens": 3})


def test_it_is_found_in_every_form_of_an_answer(gloo: LocalGloo, world: World) -> None:
    """A completion, a parsed one, a chunk, a dict, JSON's own dict, a raw response."""
    client = world.client()
    whole = forms.plain(world, client)
    trace = {"trace_id": whole.trace_id}
    assert whole.routing.model
    assert whole.routing.routing_mechanism == "auto_routing"
    for form in forms.WHOLE:
        gloo.answer(forms.VERSE, **trace)
        assert routing_metadata(form(world, client)) == whole.routing
    gloo.answer(**trace)
    raw = forms.raw(world, client)
    assert routing_metadata(raw) == whole.routing
    assert routing_metadata(whole.model_dump()) == whole.routing
    assert routing_metadata(whole.to_dict()) == whole.routing
    assert routing_metadata(json.loads(whole.to_json())) == whole.routing
    gloo.answer("Hi", **trace)
    chunk = next(chunk for chunk in forms.streamed(world, client) if chunk.routing_mechanism)
    assert routing_metadata(chunk) == chunk.routing == whole.routing


@pytest.mark.parametrize(
    "name",
    [
        "response_metadata",
        "raw",
        "_raw_response",
        "raw_response",
        "provider_details",
        "additional_kwargs",
        "meta",
        "message",
        "model_extra",
    ],
)
def test_it_is_found_where_frameworks_keep_an_answer(gloo: LocalGloo, name: str) -> None:
    """As an object or a dict, one or two wrappers deep."""
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(**ASK)
    wanted = completion.routing
    # Some keep the whole answer, some only the fields that the SDK has no place for.
    for kept in (completion, completion.to_dict()):
        assert routing_metadata(Wrapper(**{name: kept})) == wanted
        assert routing_metadata({name: kept}) == wanted
        assert routing_metadata(SimpleNamespace(raw=Wrapper(**{name: kept}))) == wanted
    extra = routing_metadata(Wrapper(**{name: completion.model_extra}))
    assert extra.trace_id == wanted.trace_id
    assert extra.routing_tier == wanted.routing_tier


def test_it_is_found_beside_the_names_of_langchain(gloo: LocalGloo) -> None:
    """`response_metadata` has the model as `model_name`, and Gloo's fields in it."""
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(**ASK)
    metadata = {"model_name": completion.model, "finish_reason": "stop", **completion.to_dict()}
    assert routing_metadata(Wrapper(response_metadata=metadata)) == completion.routing


class Raises:
    """A wrapper each of whose attributes raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class Endless:
    """A wrapper each of whose attributes is one more, as mocks are."""

    def __getattr__(self, name: str) -> Any:
        return Endless()


def cycle() -> dict[str, Any]:
    """A dict that contains itself."""
    loop: dict[str, Any] = {}
    loop["raw"] = loop["meta"] = loop
    return loop


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        7,
        "model",
        b"model",
        [],
        [{"model": "x"}],
        {},
        {1: 2},
        object(),
        object,
        Raises(),
        Endless(),
        cycle(),
        Wrapper(),
        Wrapper(raw=[1], meta=7, response_metadata={"raw": None}),
        SimpleNamespace(model_extra=[("a", 1)]),
        SimpleNamespace(model_extra={1: 2}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rubbish_has_none(rubbish: Any) -> None:
    """An empty `RoutingMetadata`, never an exception."""
    assert routing_metadata(rubbish) == EMPTY
