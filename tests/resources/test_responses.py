"""`client.responses`: what is asked, in every form, and what reaches Gloo."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, get_args

import openai
import pytest
from openai.resources.responses import AsyncResponses, Responses
from openai.types.responses import ParsedResponse, Response
from pydantic import BaseModel

import gloo_openai
from gloo_openai import RoutingError, StreamCutOffError
from gloo_openai.testing import LocalGloo

from .. import response_forms as forms
from ..response_forms import ASK, EVERY, MODEL, Form
from ..worlds import World
from .test_keywords import assert_same, listed

TOOL: Any = {
    "type": "function",
    "name": "next_service",
    "description": "Time of the next service",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
        "additionalProperties": False,
    },
    "strict": True,
}
NESTED: Any = {"type": "function", "function": {n: v for n, v in TOOL.items() if n != "type"}}
GUARDED = "/ai/v2/guarded/responses"

every_form = pytest.mark.parametrize("form", EVERY, ids=lambda form: form.__name__)


@every_form
def test_every_form_answers(world: World, gloo: LocalGloo, form: Form) -> None:
    """As the SDK's type, with Gloo's fields, and told of once."""
    told: list[Any] = []
    client = world.client(endpoint="guarded", on_routing=told.append)
    answer = form(world, client)
    assert isinstance(answer, Response)
    assert answer.output_text == "This is the local Gloo, so the answer is made up. You asked: Hi"
    assert answer.usage.cost > 0
    assert answer.routing.model == MODEL
    assert answer.routing.cost == answer.usage.cost
    assert [each.cost for each in told] == [answer.usage.cost]
    assert told[0].usage.completion_tokens == answer.usage.output_tokens
    assert [request.path for request in gloo.responses] == [GUARDED]


@every_form
def test_every_form_takes_the_clients_tradition(world: World, gloo: LocalGloo, form: Form) -> None:
    """And those of its copies."""
    client = world.client(tradition="evangelical")
    form(world, client)
    form(world, client.with_options(tradition="catholic"))
    assert [each.json["tradition"] for each in gloo.responses] == ["evangelical", "catholic"]


@every_form
def test_a_calls_own_tradition_wins(world: World, gloo: LocalGloo, form: Form) -> None:
    client = world.client(tradition="evangelical")
    form(world, client, tradition="mainline")
    assert gloo.responses[0].json["tradition"] == "mainline"


@every_form
def test_every_form_takes_the_default_model(world: World, gloo: LocalGloo, form: Form) -> None:
    """One that the client was made with, where the call names none."""
    client = world.client(default_model="gloo-openai-gpt-5-mini")
    call = {"model": openai.omit} if form not in (forms.post, forms.posted_stream) else {}
    if call:
        form(world, client, **call)
        assert gloo.responses[0].json["model"] == "gloo-openai-gpt-5-mini"


@every_form
def test_what_responses_cannot_is_an_error_before_anything_is_sent(
    world: World, gloo: LocalGloo, form: Form
) -> None:
    """A pseudo model, or a promise of the client's."""
    with pytest.raises(RoutingError, match=r"client\.chat\.completions\.create"):
        form(world, world.client(), model="gloo-auto")
    with pytest.raises(RoutingError, match=r"client\.chat\.completions\.create"):
        form(world, world.client(rag_publisher="GlooGrounded"))
    assert gloo.responses == []


@pytest.mark.parametrize("asked", [{"auto_routing": True}, {"model_family": "google"}])
def test_keywords_of_completions_are_told_from_unknown_ones(
    world: World, gloo: LocalGloo, asked: dict[str, Any]
) -> None:
    with pytest.raises(RoutingError, match="does not choose a model"):
        forms.plain(world, world.client(), **asked)


@pytest.mark.parametrize("form", [forms.plain, forms.streamed, forms.helper])
def test_no_model_at_all_says_what_to_write(world: World, gloo: LocalGloo, form: Form) -> None:
    with pytest.raises(RoutingError, match="names no model"):
        form(world, world.client(), model=openai.omit)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/ai/v2", "/ai/v2/responses"),
        ("/ai/v2/guarded", GUARDED),
        ("/ai/v2/direct", GUARDED),
        ("/ai/v2/grounded", GUARDED),
        ("/ai/v1", "/ai/v1/responses"),
    ],
)
def test_responses_go_where_gloo_has_them(
    world: World, gloo: LocalGloo, base: str, path: str
) -> None:
    forms.plain(world, world.client(base_url=gloo.origin + base))
    assert gloo.requests[-1].path == path


@pytest.mark.parametrize("tool", [TOOL, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("form", [*EVERY, forms.parsed], ids=lambda form: form.__name__)
def test_tools_of_either_form_are_called(
    world: World, gloo: LocalGloo, form: Form, tool: Any
) -> None:
    """Flat or nested, chosen by name; the caller's objects stay as they are."""
    gloo.answer(tool_calls=[{"name": "next_service", "arguments": {"place": "town"}}])
    before = json.dumps(tool)
    call: dict[str, Any] = {"tools": [tool]}
    if form is forms.parsed:
        call["text_format"] = openai.omit
    choice = {"type": "function", "name": "next_service"}
    answer = form(world, world.client(), tool_choice=choice, **call)
    (item,) = [each for each in answer.output if each.type == "function_call"]
    assert (item.name, json.loads(item.arguments)) == ("next_service", {"place": "town"})
    assert item.call_id
    assert json.dumps(tool) == before
    sent = gloo.responses[0].json
    assert sent["tools"] == [NESTED]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "next_service"}}


@pytest.mark.parametrize("form", [forms.parsed, forms.helper])
def test_arguments_are_parsed(world: World, gloo: LocalGloo, form: Form) -> None:
    """By the SDK's own, into the class that the tool was made of."""

    class NextService(BaseModel):
        place: str

    gloo.answer(tool_calls=[{"name": "NextService", "arguments": {"place": "town"}}])
    tools: Any = [openai.pydantic_function_tool(NextService)]
    answer = form(world, world.client(), tools=tools, text_format=openai.omit)
    assert isinstance(answer, ParsedResponse)
    (call,) = [item for item in answer.output if item.type == "function_call"]
    assert call.parsed_arguments == NextService(place="town")


@every_form
def test_a_second_turn_replays_everything(world: World, gloo: LocalGloo, form: Form) -> None:
    """The whole output goes back, as objects or as dicts; Gloo would answer 400 to its ids."""
    client = world.client()
    thinking = {"reasoning_content": "Which town?"}
    for dump in (False, True):
        gloo.answer(
            "I look.",
            message=thinking,
            tool_calls=[{"name": "next_service", "arguments": {"place": "town"}}],
        )
        first = form(world, client, tools=[TOOL])
        asked: list[Any] = [{"role": "user", "content": "When?"}]
        output = [item.to_dict() for item in first.output] if dump else list(first.output)
        (called,) = [item for item in first.output if item.type == "function_call"]
        answered = {"type": "function_call_output", "call_id": called.call_id, "output": "10:00"}
        if form in (forms.post, forms.posted_stream) and not dump:
            continue  # what is posted is JSON
        second = form(world, client, tools=[TOOL], input=[*asked, *output, answered])
        assert second.status == "completed"
        sent = gloo.responses[-1].json["input"]
        kinds = [item.get("type") for item in sent]
        assert kinds == [None, "message", "function_call", "function_call_output"]
        assert [item.get("call_id") for item in sent][2:] == [called.call_id] * 2
        assert not any("id" in item or "status" in item for item in sent)


def test_images_come_inline(world: World, gloo: LocalGloo) -> None:
    """An image model answers with an `image_generation_call`; so does its stream."""
    for form in (forms.plain, forms.streamed, forms.helper):
        answer = form(world, world.client(), model="gloo-bfl-flux-2-pro", input="Lilies")
        (image,) = [item for item in answer.output if item.type == "image_generation_call"]
        assert image.result
        assert answer.output_text == ""


CLASSES = [(Responses, False), (AsyncResponses, True)]


@pytest.mark.parametrize("method", ["create", "parse", "stream"])
def test_editors_see_the_keywords_of_a_response(method: str) -> None:
    """`ResponseParseParameters` is what the SDK's methods take beside `input`, `model` and such."""
    apart = {"self", "input", "model", "stream", "text_format", "parse_as"}
    apart |= {"response_id", "starting_after"}
    for kind, _ in CLASSES:
        theirs = set(inspect.signature(getattr(kind, method)).parameters) - apart
        ours = listed("ResponseParseParameters") - {"tradition"}
        assert_same(ours if method == "parse" else ours - {"verbosity"}, theirs)


def with_defaults(method: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(method).parameters
    return {name: each.default for name, each in parameters.items() if name != "self"}


@pytest.mark.parametrize("method", ["create", "parse"])
def test_a_response_takes_every_keyword(world: World, gloo: LocalGloo, method: str) -> None:
    """With the SDK's default; what is omitted is not sent."""
    call = with_defaults(getattr(Responses, method)) | ASK
    answer = world.call(getattr(world.client().responses, method), **call)
    assert answer.output_text
    assert set(gloo.responses[0].json) - {"stream"} == {"model", "input"}


def test_the_helper_takes_every_keyword(world: World, gloo: LocalGloo) -> None:
    """With the SDK's default."""
    call = with_defaults(Responses.stream) | ASK
    assert forms.helped(world, world.client(), **call)[1].output_text


def test_values_reach_the_wire_untouched(world: World, gloo: LocalGloo) -> None:
    """What Gloo may or may not know goes out as the SDK sends it."""
    values: dict[str, Any] = {
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "max_output_tokens": 2048,
        "metadata": {"team": "youth"},
        "parallel_tool_calls": False,
        "previous_response_id": "resp_0",
        "reasoning": {"effort": "low"},
        "store": False,
        "temperature": 0.3,
        "text": {"format": {"type": "text"}},
        "tool_choice": "none",
        "top_p": 0.9,
        "truncation": "auto",
    }
    extra = {"extra_body": {"a_field_of_tomorrow": {"deep": [1]}}}
    forms.plain(world, world.client(), **values, **extra)
    assert gloo.responses[0].json == {**ASK, **values, **extra["extra_body"]}


def test_what_gloo_has_not_is_the_sdks_own(world: World, gloo: LocalGloo) -> None:
    """`retrieve`, `delete`, … are there, and are a 404."""
    responses = world.client().responses
    for method in (responses.retrieve, responses.delete, responses.cancel):
        with pytest.raises(openai.NotFoundError):
            world.call(method, "resp_1")


@pytest.mark.skipif(
    find_spec("openai.resources.beta.responses") is None, reason="this SDK has none"
)
def test_the_beta_of_responses_is_under_the_same_rules(world: World, gloo: LocalGloo) -> None:
    """The SDK's own beta types, whole; what Gloo cannot is an error, and so is a cut stream."""
    from openai.types.beta import BetaResponse, BetaResponseStreamEvent

    told: list[Any] = []
    client = world.client(endpoint="direct", tradition="catholic", on_routing=told.append)
    beta = client.beta.responses
    asking: list[Callable[[], Any]] = [
        lambda: world.call(beta.create, **ASK, tools=[TOOL]),
        lambda: world.call(beta.with_raw_response.create, **ASK, tools=[TOOL]).parse(),
        lambda: world.stream(beta.create, **ASK, tools=[TOOL])[-1].response,
    ]
    for ask in asking:
        told.clear()
        gloo.answer("Listen first.")
        answer = ask()
        assert isinstance(answer, BetaResponse)
        assert (answer.output_text, answer.guardrail_refusal) == ("Listen first.", False)  # type: ignore[attr-defined]  # Gloo's own
        assert answer.usage.cost == told[0].cost  # type: ignore[union-attr]  # Gloo's own
        assert len(told) == 1
        assert gloo.responses[-1].path == "/ai/v2/guarded/responses"
        assert gloo.responses[-1].json["tools"] == [NESTED]
        assert gloo.responses[-1].json["tradition"] == "catholic"
    gloo.answer(body={"output": []})
    assert world.call(beta.create, **ASK).output_text == ""
    gloo.answer("Listen first.")
    kinds = get_args(get_args(BetaResponseStreamEvent)[0])
    assert {type(event) for event in world.stream(beta.create, **ASK)} <= set(kinds)
    with pytest.raises(RoutingError, match="does not choose a model"):
        world.call(beta.create, **{**ASK, "model": "gloo-auto"})
    gloo.answer(chunks=[{"type": "response.output_text.delta", "delta": "Listen"}])
    with pytest.raises(StreamCutOffError):
        world.stream(beta.create, **ASK)


def test_nothing_of_responses_is_loaded_before_a_call() -> None:
    """Whoever makes a client pays for nothing that their calls do not need."""
    code = (
        "import sys, gloo_openai; gloo_openai.GlooOpenAI(api_key='k', env_file=None);"
        "print([n for n in sys.modules if n.startswith('gloo_openai.') and 'response_' in n])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_there() -> None:
    for name in (
        "GlooResponse",
        "GlooParsedResponse",
        "GlooResponseUsage",
        "GlooResponseEventStream",
        "AsyncGlooResponseEventStream",
        "IncompleteAnswerError",
    ):
        assert name in gloo_openai.__all__
        assert getattr(gloo_openai, name)
