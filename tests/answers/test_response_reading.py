"""A response is read whatever Gloo leaves out of it, and what is none is a typed error."""

from __future__ import annotations

import pickle
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gloo_openai import (
    GlooParsedResponse,
    GlooResponse,
    GuardrailRefusalError,
    IncompleteAnswerError,
    routing_metadata,
)
from gloo_openai.testing import LocalGloo

from .. import response_forms as forms
from ..forms import Verse
from ..response_forms import EVERY, MODEL, WHOLE, Form
from ..worlds import World

every_form = pytest.mark.parametrize("form", EVERY, ids=lambda form: form.__name__)
whole_form = pytest.mark.parametrize("form", WHOLE, ids=lambda form: form.__name__)


@every_form
def test_every_field_may_be_missing(world: World, gloo: LocalGloo, form: Form) -> None:
    """`output_text`, `output`, `usage` and what Gloo adds are there to be asked."""
    gloo.answer(body={"object": "response", "output": []})
    answer = form(world, world.client())
    assert (answer.output_text, answer.output, answer.usage) == ("", [], None)
    assert (answer.id, answer.model, answer.is_incomplete) == ("", "", False)
    assert answer.routing.model is None
    assert not answer.guardrail_refusal


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"type": "message"}, ""),
        ({"type": "message", "content": None}, ""),
        ({"type": "message", "content": "Hi"}, "Hi"),
        ({"content": [{"type": "output_text", "text": "Hi"}]}, "Hi"),
        ({"type": "message", "content": [{"type": "output_text", "text": None}]}, ""),
        (
            {"type": "message", "content": [{"type": "odd"}, {"type": "output_text", "text": "a"}]},
            "a",
        ),
        ({"type": "hologram", "light": 3}, ""),
        ("no item", ""),
        (None, ""),
    ],
)
def test_items_may_be_anything(item: Any, text: str) -> None:
    """What nobody knows is kept."""
    answer = GlooResponse.build(response=None, data={"output": [item]})
    assert answer.output_text == text
    assert len(answer.output) == 1
    if isinstance(item, dict) and item.get("type") == "hologram":
        assert answer.output[0].to_dict()["light"] == 3


def test_an_items_fields_that_frameworks_read_are_there() -> None:
    rows = [
        {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        {"type": "function_call", "name": "f", "arguments": {"a": 1}},
        {"type": "reasoning"},
    ]
    message, call, reasoning = GlooResponse.of({"output": rows}).output
    assert message.type == "message"
    assert (message.role, message.status, message.id) == ("assistant", "completed", "msg_0")
    assert message.content[0].annotations == []  # type: ignore[union-attr]  # it is a text
    assert call.type == "function_call"
    assert (call.arguments, call.call_id) == ('{"a": 1}', "fc_1")
    assert reasoning.type == "reasoning"
    assert reasoning.summary == []


def test_usage_has_counts_where_gloo_has_none() -> None:
    usage = GlooResponse.of({"usage": {"input_tokens": 5, "cost": 0.002}}).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cost) == (5, 0, 0.002)
    assert usage.input_tokens_details.cached_tokens == 0
    assert usage.output_tokens_details.reasoning_tokens == 0
    usage.cost = 0.5  # type: ignore[misc]  # frameworks add up in place
    assert usage.cost == 0.5


def test_gloos_own_fields_are_properties() -> None:
    answer = GlooResponse.of({"model": "m", "tradition": "catholic", "trace_id": "t"})
    assert (answer.tradition, answer.trace_id) == ("catholic", "t")
    assert answer.routing == routing_metadata(answer)
    assert answer.routing.tradition == "catholic"


@pytest.mark.parametrize(
    "fields",
    [
        {"model": ""},
        {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]},
        {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
    ],
)
def test_a_refusal_is_told_by_its_evidence(fields: dict[str, Any]) -> None:
    body = {"model": MODEL, "object": "response", **fields}
    answer = GlooResponse.of(body)
    assert answer.guardrail_refusal
    assert answer.routing.refused
    assert routing_metadata(body).refused


@every_form
def test_a_refusal_is_told_in_every_form(world: World, gloo: LocalGloo, form: Form) -> None:
    told: list[Any] = []
    gloo.refuse()
    answer = form(world, world.client(on_routing=told.append))
    assert answer.guardrail_refusal
    assert [each.refused for each in told] == [True]


@every_form
def test_a_block_is_an_error(world: World, gloo: LocalGloo, form: Form) -> None:
    gloo.refuse(403)
    with pytest.raises(openai.PermissionDeniedError):
        form(world, world.client(endpoint="guarded"))
    assert len(gloo.responses) == 1


@whole_form
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"object": "response", "status": "failed", "error": {"code": 2002, "message": "x"}}, 503),
        ({"object": "response", "status": "failed", "error": None}, 500),
        ({"object": "response", "output": [], "error": {"code": "rate_limit_exceeded"}}, 429),
        ({"error": "Rate limit exceeded", "code": "too_many_requests"}, 429),
        ({"detail": {"code": "forbidden", "message": "x"}}, 403),
    ],
)
def test_an_error_inside_a_200_is_the_error(
    world: World, gloo: LocalGloo, form: Form, body: Any, status: int
) -> None:
    gloo.fault("/responses", status=200, body=body, times=None)
    with pytest.raises(openai.APIStatusError) as caught:
        form(world, world.client(max_retries=0))
    assert caught.value.status_code == status


@whole_form
def test_events_where_json_was_asked_are_read(world: World, gloo: LocalGloo, form: Form) -> None:
    told: list[Any] = []
    delta = {"type": "response.output_text.delta", "delta": "Hi"}
    gloo.answer(chunks=[delta, {"type": "response.completed", "id": "resp_1", "model": "m"}])
    answer = form(world, world.client(on_routing=told.append))
    assert (answer.id, answer.output_text) == ("resp_1", "Hi")
    assert [each.model for each in told] == ["m"]


@whole_form
@pytest.mark.parametrize("body", ["<html>Busy</html>", "", "[1]", '"text"'])
def test_what_is_no_response_is_the_sdks_validation_error(
    world: World, gloo: LocalGloo, form: Form, body: str
) -> None:
    headers = {"content-type": "text/html" if "<" in body else "application/json"}
    gloo.fault("/responses", status=200, body=body, headers=headers, times=None)
    with pytest.raises(openai.APIResponseValidationError):
        form(world, world.client(max_retries=0))


PARSING = [forms.parsed, lambda *args, **call: forms.helper(*args, text_format=Verse, **call)]
parsing_form = pytest.mark.parametrize("form", PARSING, ids=["parse", "stream"])


@parsing_form
def test_a_parsed_response_has_gloos_fields(world: World, gloo: LocalGloo, form: Form) -> None:
    gloo.answer('{"book": "James", "chapter": 1}')
    answer = form(world, world.client())
    assert isinstance(answer, GlooParsedResponse)
    assert answer.output_parsed == Verse(book="James", chapter=1)
    assert answer.usage is not None
    assert answer.usage.cost
    assert answer.routing.model == MODEL


@pytest.mark.parametrize("form", [*PARSING, *EVERY])
def test_what_is_read_crosses_to_other_processes(world: World, gloo: LocalGloo, form: Form) -> None:
    """Pickled whole: the same fields, and the same answers to what is asked of it."""
    gloo.answer('{"book": "James", "chapter": 1}', tradition="catholic")
    answer = form(world, world.client())
    again = pickle.loads(pickle.dumps(answer))
    assert again.to_dict() == answer.to_dict()
    assert (again.output_text, again.routing) == (answer.output_text, answer.routing)


@parsing_form
@pytest.mark.parametrize("text", ["A verse of James.", '```json\n{"book": "James"}\n```', "{}"])
def test_prose_fails_with_its_text(world: World, gloo: LocalGloo, form: Form, text: str) -> None:
    """The SDK's own exception, that shows the answer and says which call keeps to a format."""
    gloo.answer(text)
    with pytest.raises(ValidationError) as caught:
        form(world, world.client())
    assert text in str(caught.value)
    assert caught.value.errors()[0]["input"] == text
    assert "client.chat.completions.parse" in str(caught.value)


@parsing_form
@pytest.mark.parametrize("text", ['{"book": "Ja', '{"book": "James", "chapter": 1}'])
def test_parse_says_that_an_answer_is_incomplete(
    world: World, gloo: LocalGloo, form: Form, text: str
) -> None:
    gloo.answer(text, finish_reason="length")
    with pytest.raises(IncompleteAnswerError, match="max_output_tokens") as caught:
        form(world, world.client())
    assert isinstance(caught.value, openai.LengthFinishReasonError)
    assert (caught.value.text, caught.value.reason) == (text, "max_output_tokens")
    assert caught.value.completion.is_incomplete
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.text, str(again)) == (text, str(caught.value))


@parsing_form
def test_parse_says_that_a_guardrail_answered(world: World, gloo: LocalGloo, form: Form) -> None:
    gloo.refuse()
    with pytest.raises(GuardrailRefusalError) as caught:
        form(world, world.client())
    assert caught.value.text
    assert caught.value.text in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ["id", "model", "status", "output", "usage", "incomplete_details", "tools", "tool_choice"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json_may_come_as_a_response(body: dict[str, Any]) -> None:
    """Nothing that is asked of it breaks."""
    answer = GlooResponse.of(body)
    assert isinstance(answer.output_text, str)
    assert answer.routing is not None
    assert isinstance(answer.guardrail_refusal, bool)
    assert isinstance(answer.is_incomplete, bool)
