"""Chat completions, in one piece: what they answer, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gloo_openai.testing import LocalGloo

from .bare_client import (
    AUTO,
    DIRECT,
    FAMILIES,
    HELLO,
    MODEL,
    RESPONSES,
    ROUTING,
    TIER,
    V1,
    V2,
    send,
)


def test_v1_answers_like_gloo(local_gloo: LocalGloo) -> None:
    """OpenAI's fields with their nulls, nothing of Gloo's; the model is optional."""
    got = send(local_gloo, V1, {"messages": HELLO}).json
    choice = got["choices"][0]
    assert set(got) == {
        "id",
        "choices",
        "created",
        "model",
        "object",
        "service_tier",
        "system_fingerprint",
        "usage",
    }
    assert set(choice) == {"finish_reason", "index", "logprobs", "message"}
    assert set(choice["message"]) == {
        "content",
        "refusal",
        "role",
        "annotations",
        "audio",
        "function_call",
        "tool_calls",
    }
    assert got["model"].startswith("us.")


def test_v2_with_a_model_answers_like_gloo(local_gloo: LocalGloo) -> None:
    """Direct: neither tier nor confidence."""
    got = send(local_gloo, V2, {**DIRECT, "auto_routing": False, "tradition": "catholic"}).json
    base = {"id", "object", "created", "model", "choices", "usage", "tradition"}
    assert set(got) == base | ROUTING
    assert got["model"] == MODEL
    assert got["model_family"] == "OpenAI"
    assert got["provider"] == "Gloo AI"
    assert got["auto_routing"] is False
    assert got["routing_mechanism"] == "direct_model_selection"
    assert got["tradition"] == "catholic"
    assert got["choices"][0]["message"]["role"] == "assistant"
    assert set(got["usage"]) == {
        "completion_tokens",
        "prompt_tokens",
        "total_tokens",
        "cache_read_input_tokens",
        "cost",
        "cost_details",
    }


def test_v2_with_auto_routing_answers_like_gloo(local_gloo: LocalGloo) -> None:
    """With tier and confidence; without a tradition nobody asked for."""
    got = send(local_gloo, V2, AUTO).json
    assert set(got) == {"id", "object", "created", "model", "choices", "usage"} | ROUTING | TIER
    assert got["auto_routing"] is True
    assert got["routing_mechanism"] == "auto_routing"
    assert got["routing_tier"] == "tier_1"
    assert 0 <= got["routing_confidence"] <= 1


@pytest.mark.parametrize(
    ("family", "canonical"),
    [("anthropic", "Anthropic"), ("OPEN source", "Open Source"), ("OpenAI", "OpenAI")],
)
def test_v2_with_a_family_answers_like_gloo(
    local_gloo: LocalGloo, family: str, canonical: str
) -> None:
    """Whatever its case."""
    got = send(local_gloo, V2, {"model_family": family, "messages": HELLO}).json
    models = {row["id"] for row in local_gloo.models if row.get("family") == canonical}
    assert got["model"] in models
    assert got["model_family"] == canonical
    assert got["routing_mechanism"] == "model_family"
    assert set(got) >= TIER


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize(
    "routing",
    [
        {},
        {"auto_routing": False},
        {"model": None},
        {"model": ""},
        {"auto_routing": True, "model": MODEL},
        {"auto_routing": True, "model_family": "openai"},
        {"model_family": "openai", "model": MODEL},
    ],
)
def test_exactly_one_mechanism(local_gloo: LocalGloo, path: str, routing: dict[str, Any]) -> None:
    """None, or more than one, is an AI error that says not to retry."""
    got = send(local_gloo, path, {"messages": HELLO, **routing})
    assert got.status == 400
    error = got.json["error"]
    assert error["code"] == 1001
    assert error["name"] == "INVALID_REQUEST"
    assert error["retryable"] is False
    assert {"type", "message", "category", "fault", "trace_id", "request_id"} <= set(error)


@pytest.mark.parametrize("model", ["gloo-auto", "gloo-auto-anthropic", "gpt-4o", "auto"])
def test_unknown_model(local_gloo: LocalGloo, model: str) -> None:
    """Names that adapters and frameworks invent are nothing to Gloo."""
    got = send(local_gloo, V2, {"model": model, "messages": HELLO})
    assert (got.status, got.json["error"]["code"]) == (404, 1001)


@pytest.mark.parametrize("model", ["gloo-newer-than-the-list", "us.meta.llama3", "my-model"])
def test_known_model(local_gloo: LocalGloo, model: str) -> None:
    """What the catalogue lists, and what looks like an id of Gloo's: it is never complete."""
    local_gloo.models.append({"id": "my-model"})
    assert send(local_gloo, V2, {"model": model, "messages": HELLO}).json["model"] == model


@pytest.mark.parametrize(
    ("wrong", "field", "type_"),
    [
        ({"messages": "Hello!"}, "messages", "list_type"),
        ({"messages": []}, "messages", "too_short"),
        ({"messages": ["Hello!"]}, "messages", "value_error"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "messages", "value_error"),
        ({"messages": [{"role": "system", "content": "Hi"}]}, "messages", "value_error"),
        ({"model": 5}, "model", "string_type"),
        ({"model_family": ["openai"], "model": None}, "model_family", "string_type"),
        ({"model_family": "acme", "model": None}, "model_family", "literal_error"),
        ({"auto_routing": "yes"}, "auto_routing", "bool_type"),
        ({"tradition": 1}, "tradition", "string_type"),
        ({"stream": 1}, "stream", "bool_type"),
        ({"temperature": "hot"}, "temperature", "float_type"),
        ({"temperature": 2.1}, "temperature", "less_than_equal"),
        ({"max_tokens": 0}, "max_tokens", "greater_than_equal"),
        ({"max_tokens": True}, "max_tokens", "int_type"),
        ({"tools": {}}, "tools", "list_type"),
    ],
)
def test_wrong_field_is_a_422(
    local_gloo: LocalGloo, wrong: dict[str, Any], field: str, type_: str
) -> None:
    """That says which one, and what it was given."""
    got = send(local_gloo, V2, {**DIRECT, **wrong})
    assert got.status == 422
    (entry,) = got.json["detail"]
    assert set(entry) == {"type", "loc", "msg", "input"}
    assert (entry["loc"], entry["type"]) == (["body", field], type_)
    assert entry["input"] == wrong[field]


def test_every_wrong_field_is_listed(local_gloo: LocalGloo) -> None:
    """In one answer; the missing ones first."""
    detail = send(local_gloo, V2, {"model": 1, "tradition": 2}).json["detail"]
    assert [entry["loc"][1] for entry in detail] == ["messages", "model", "tradition"]
    assert detail[0]["type"] == "missing"


def test_not_faith_specific_needs_a_model(local_gloo: LocalGloo) -> None:
    """Observed: 422 with any other mechanism."""
    assert send(local_gloo, V2, {**AUTO, "tradition": "not_faith_specific"}).status == 422
    assert send(local_gloo, V2, {**DIRECT, "tradition": "not_faith_specific"}).status == 200


@pytest.mark.parametrize("body", ["[]", "null", "no json", ""])
def test_body_is_a_json_object(local_gloo: LocalGloo, body: str) -> None:
    """Anything else is a 422, and so is JSON that is not called that."""
    assert send(local_gloo, V2, body, content_type="application/json").status == 422
    assert send(local_gloo, V2, json.dumps(DIRECT), content_type="text/plain").status == 422


@pytest.mark.parametrize(
    ("tradition", "said"), [("Catholic", "Catholic"), ("anglican", None), (None, None)]
)
def test_traditions(local_gloo: LocalGloo, tradition: str | None, said: str | None) -> None:
    """A known one, in any case, is said and costs tokens; an unknown one is dropped."""
    plain = send(local_gloo, V2, DIRECT).json["usage"]["prompt_tokens"]
    got = send(local_gloo, V2, {**DIRECT, "tradition": tradition})
    assert (got.status, got.json.get("tradition")) == (200, said)
    longer = got.json["usage"]["prompt_tokens"] - plain
    assert longer == (10_500 if said else 0)


def test_cost(local_gloo: LocalGloo) -> None:
    """What the tokens cost by the catalogue, in dollars; nothing is charged without a price."""
    usage = send(local_gloo, V2, DIRECT).json["usage"]
    given, made = usage["prompt_tokens"], usage["completion_tokens"]
    assert usage["cost"] == pytest.approx(given * 0.00175 / 1000 + made * 0.014 / 1000)
    assert sum(usage["cost_details"].values()) == pytest.approx(usage["cost"])
    flash = {"model": "gloo-google-gemini-2.5-flash", "messages": HELLO}
    usage = send(local_gloo, V2, flash).json["usage"]
    given, made = usage["prompt_tokens"], usage["completion_tokens"]
    assert usage["cost"] == pytest.approx((given * 0.3 + made * 2.5) / 1_000_000)
    unlisted = send(local_gloo, V2, {"model": "gloo-unlisted", "messages": HELLO})
    assert "cost" not in unlisted.json["usage"]


def test_cached_prompts_cost_less(local_gloo: LocalGloo) -> None:
    """From the second call with a `prompt_cache_key` all but the last message is read again."""
    body = {**DIRECT, "tradition": "catholic", "prompt_cache_key": "k"}
    first, second = (send(local_gloo, V2, body, x_cache_ttl="1h").json["usage"] for _ in range(2))
    assert first["cache_read_input_tokens"] == 0
    assert 10_000 < second["cache_read_input_tokens"] < second["prompt_tokens"]
    assert second["cost"] < first["cost"] / 5


@pytest.mark.parametrize("path", [V2, RESPONSES])
def test_how_long_a_prompt_is_cached(local_gloo: LocalGloo, path: str) -> None:
    """Five minutes or an hour, and nothing else."""
    body = {**DIRECT, "input": "Hello!"}
    assert send(local_gloo, path, body, x_cache_ttl="5m").status == 200
    assert send(local_gloo, path, body, x_cache_ttl="10m").status == 400


def test_models_that_do_not_talk(local_gloo: LocalGloo) -> None:
    """400; of one that paints it points to the Responses API."""
    for model in ("gloo-bfl-flux-2-pro", "gloo-baai-bge-base-en-v1.5"):
        got = send(local_gloo, V2, {"model": model, "messages": HELLO})
        assert (got.status, got.json["error"]["code"]) == (400, 1001)
        assert "Responses API" in got.json["error"]["message"]


def test_unknown_fields_are_ignored(local_gloo: LocalGloo) -> None:
    """OpenAI's, and Gloo's own ones where they mean nothing."""
    assert send(local_gloo, V2, {**DIRECT, "seed": 1, "sources_limit": 99}).status == 200
    assert send(local_gloo, V1, {**AUTO, "model": MODEL, "tradition": "anglican"}).status == 200


def test_reasoning_model_without_tokens(local_gloo: LocalGloo) -> None:
    """503 that calls itself retryable, though retrying never helps."""
    local_gloo.reasoning_floor = 1024
    got = send(local_gloo, V2, {**DIRECT, "max_tokens": 1023})
    error = got.json["error"]
    assert got.status == 503
    assert (error["code"], error["type"]) == (2006, "service_unavailable_error")
    assert (error["fault"], error["retryable"]) == ("provider", True)
    assert send(local_gloo, V2, {**DIRECT, "max_tokens": 1024}).status == 200
    assert send(local_gloo, V2, DIRECT).status == 200
