"""The local Gloo keeps to what is known of Gloo's protocol, and does what a test tells it."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, Field

from gloo_openai.testing import LocalGloo

V1 = "/ai/v1/chat/completions"
V2 = "/ai/v2/chat/completions"
GROUNDED = ["/ai/v2/chat/completions/grounded", "/ai/v2/grounded/chat/completions"]
NEWER = ["/ai/v2/guarded/chat/completions", "/ai/v2/direct/chat/completions"]
EMBEDDINGS = "/ai/v2/direct/embeddings"
RESPONSES = "/ai/v2/guarded/responses"
FAMILIES = [V2, *GROUNDED, *NEWER]
MODEL = "gloo-openai-gpt-5.2"
HELLO = [{"role": "user", "content": "Hello!"}]
DIRECT = {"model": MODEL, "messages": HELLO}
AUTO = {"auto_routing": True, "messages": HELLO}
GRANT = "grant_type=client_credentials&scope=api/access"
ROUTING = {"provider", "model_family", "auto_routing", "routing_mechanism", "trace_id"}
TIER = {"routing_tier", "routing_confidence"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


@dataclass
class Got:
    """A response as it came, from a client that adds and hides nothing."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of its events; `[DONE]` as that string."""
        data = [event.removeprefix("data: ") for event in self.body.decode().split("\n\n")[:-1]]
        return [each if each == "[DONE]" else json.loads(each) for each in data]


def send(
    gloo: LocalGloo,
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    token: str | None = "sk_local",
    **headers: str,
) -> Got:
    """One request over a connection of its own."""
    with connected(gloo) as connection:
        return send_over(connection, path, body, method=method, token=token, **headers)


def send_over(
    connection: http.client.HTTPConnection,
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    token: str | None = "sk_local",
    **headers: str,
) -> Got:
    """One request over this connection; a body that is not text is sent as JSON."""
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        headers = {"content_type": "application/json", **headers}
    if token is not None:
        headers = {"authorization": f"Bearer {token}", **headers}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    return Got(response.status, response.headers, response.read())


class connected:  # noqa: N801 - reads as a function
    """A connection to the local Gloo, closed at the end."""

    def __init__(self, gloo: LocalGloo) -> None:
        self._connection = http.client.HTTPConnection(
            gloo.origin.removeprefix("http://"), timeout=20
        )

    def __enter__(self) -> http.client.HTTPConnection:
        return self._connection

    def __exit__(self, *exc_info: object) -> None:
        self._connection.close()


def exchange(
    gloo: LocalGloo, body: str = GRANT, *, basic: str | None = None, **headers: str
) -> Got:
    """A token request, with the right credentials unless told otherwise."""
    pair = f"{gloo.client_id}:{gloo.client_secret}" if basic is None else basic
    headers = {
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "content_type": "application/x-www-form-urlencoded",
        **headers,
    }
    return send(gloo, "/oauth2/token", body, token=None, **headers)


def claims_of(token: str) -> Any:
    """The claims of a JWT, unverified, as a client reads them."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture
def client(local_gloo: LocalGloo) -> Iterator[OpenAI]:
    """The plain OpenAI client, as Gloo's guide sets it up: with a token for a key."""
    with OpenAI(
        api_key=local_gloo.issue_token(), base_url=local_gloo.base_url, max_retries=0
    ) as client:
        yield client


# The token endpoint


def test_exchange_answers_like_gloo(local_gloo: LocalGloo) -> None:
    """An access token in the form of a JWT, its life in whole seconds, and its type."""
    got = exchange(local_gloo)
    assert got.status == 200
    assert got.json == {
        "access_token": local_gloo.tokens[0],
        "expires_in": 3600,
        "token_type": "Bearer",
    }
    assert isinstance(got.json["expires_in"], int)


def test_token_has_the_claims_of_cognito(local_gloo: LocalGloo) -> None:
    """Three parts; `exp - iat` is the life, and both client id claims are there."""
    token = exchange(local_gloo).json["access_token"]
    claims = claims_of(token)
    assert token.count(".") == 2
    assert set(claims) == {
        "sub",
        "token_use",
        "scope",
        "auth_time",
        "iss",
        "exp",
        "iat",
        "version",
        "jti",
        "client_id",
    }
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["client_id"] == claims["sub"] == local_gloo.client_id
    assert abs(claims["iat"] - time.time()) < 60


def test_every_token_is_another(local_gloo: LocalGloo) -> None:
    """Two exchanges in the same second still differ."""
    tokens = {exchange(local_gloo).json["access_token"] for _ in range(3)}
    assert len(tokens) == 3
    assert tokens == set(local_gloo.tokens)


@pytest.mark.parametrize("encode", [str, quote], ids=["raw", "percent-encoded"])
def test_credentials_come_raw_or_percent_encoded(encode: Any) -> None:
    """Gloo's own clients do either; it matters for reserved characters."""
    with LocalGloo(client_id="a+b c", client_secret="p%4:/ä") as gloo:
        assert exchange(gloo, basic=f"{encode('a+b c')}:{encode('p%4:/ä')}").status == 200
        assert exchange(gloo, basic=f"{encode('a+b c')}:{encode('other')}").status == 400


@pytest.mark.parametrize(
    "authorization",
    [
        {"basic": "local-client:wrong"},
        {"basic": "wrong:local-secret"},
        {"basic": "local-client"},
        {"authorization": "Basic ?"},
        {"authorization": "Bearer local-secret"},
        {"authorization": ""},
    ],
)
def test_wrong_credentials_are_a_400(local_gloo: LocalGloo, authorization: dict[str, str]) -> None:
    """Observed: 400, not 401."""
    got = exchange(local_gloo, **authorization)
    assert got.status == 400
    assert got.json == {"error": "invalid_client", "error_description": "invalid_client_secret"}
    assert local_gloo.tokens == []


def test_credentials_in_the_form_do_not_count(local_gloo: LocalGloo) -> None:
    """Basic authentication is the only way in."""
    form = f"{GRANT}&client_id=local-client&client_secret=local-secret"
    assert exchange(local_gloo, form, authorization="").json["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("scope=api/access", "invalid_request"),
        ("grant_type=password&scope=api/access", "unsupported_grant_type"),
        ("grant_type=client_credentials", "invalid_scope"),
        ("grant_type=client_credentials&scope=everything", "invalid_scope"),
    ],
)
def test_wrong_form_is_a_400(local_gloo: LocalGloo, form: str, error: str) -> None:
    """In the shape of the token endpoint."""
    got = exchange(local_gloo, form)
    assert got.status == 400
    assert got.json["error"] == error
    assert set(got.json) == {"error", "error_description"}


def test_token_request_is_a_form(local_gloo: LocalGloo) -> None:
    """JSON is refused."""
    got = exchange(local_gloo, content_type="application/json")
    assert (got.status, got.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("lifetime", [5.0, 0.25])
def test_lifetime_is_settable(local_gloo: LocalGloo, lifetime: float) -> None:
    """At any time, for the tokens from then on; also shorter than a second."""
    local_gloo.token_lifetime = lifetime
    got = exchange(local_gloo).json
    claims = claims_of(got["access_token"])
    assert got["expires_in"] == lifetime
    assert claims["exp"] - claims["iat"] == pytest.approx(lifetime)


def test_answer_without_expires_in(local_gloo: LocalGloo) -> None:
    """Only `access_token` is certain; the JWT still says an hour."""
    local_gloo.token_lifetime = None
    got = exchange(local_gloo).json
    claims = claims_of(got["access_token"])
    assert set(got) == {"access_token", "token_type"}
    assert claims["exp"] - claims["iat"] == 3600


# Bearer tokens


def test_missing_authorization(local_gloo: LocalGloo) -> None:
    """401, word for word."""
    got = send(local_gloo, V2, DIRECT, token=None)
    assert got.status == 401
    assert got.json == {
        "error": "Missing Authorization",
        "code": "unauthorized_missing_authorization",
    }


@pytest.mark.parametrize("path", [V1, *FAMILIES, EMBEDDINGS, RESPONSES])
def test_every_family_takes_issued_tokens_and_static_keys(local_gloo: LocalGloo, path: str) -> None:
    """And refuses anything else with a 401."""
    body = {**DIRECT, "input": "Hello!"}
    for token in (exchange(local_gloo).json["access_token"], local_gloo.issue_token(), "sk_local"):
        assert send(local_gloo, path, body, token=token).status == 200
    got = send(local_gloo, path, body, token="unknown")
    assert (got.status, got.json["code"]) == (401, "unauthorized_invalid_token")


def test_tokens_die_when_told(local_gloo: LocalGloo) -> None:
    """The ones issued so far, and no later ones."""
    old = local_gloo.issue_token()
    local_gloo.expire_tokens()
    new = local_gloo.issue_token()
    assert send(local_gloo, V2, DIRECT, token=old).status == 401
    assert send(local_gloo, V2, DIRECT, token=new).status == 200


def test_tokens_die_of_age() -> None:
    """On the clock that the test gives."""
    now = 1000.0
    with LocalGloo(token_lifetime=60, clock=lambda: now) as gloo:
        token = exchange(gloo).json["access_token"]
        now += 59.9
        assert send(gloo, V2, DIRECT, token=token).status == 200
        now += 0.1
        assert send(gloo, V2, DIRECT, token=token).status == 401


def test_issued_token_may_live_shorter(local_gloo: LocalGloo) -> None:
    """Or not at all."""
    assert send(local_gloo, V2, DIRECT, token=local_gloo.issue_token(0)).status == 401


# Completions


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
        "cache_tokens",
        "cache_hit_rate",
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


def test_model_without_tools(local_gloo: LocalGloo) -> None:
    """400 where the catalogue says so; routing goes round such models."""
    llama = "gloo-meta-llama-3.1-8b-instruct"
    got = send(local_gloo, V2, {"model": llama, "messages": HELLO, "tools": [WEATHER]})
    assert (got.status, got.json["error"]["retryable"]) == (400, False)
    assert send(local_gloo, V2, {"model": llama, "messages": HELLO, "tools": []}).status == 200
    local_gloo.models = [row for row in local_gloo.models if row.get("id") == llama]
    assert send(local_gloo, V2, {**AUTO, "tools": [WEATHER]}).status == 400


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
        ({"tradition": "anglican"}, "tradition", "literal_error"),
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


# Grounded


@pytest.mark.parametrize("path", GROUNDED)
def test_grounded_answers_like_gloo(local_gloo: LocalGloo, path: str) -> None:
    """It says whether there were sources, and cites them only when asked."""
    got = send(local_gloo, path, AUTO).json
    assert got["sources_returned"] is True
    assert "citations" not in got
    cited = send(local_gloo, path, {**AUTO, "include_citations": True}).json["citations"]
    assert len(cited) == 3
    fields = {"item_title", "item_url", "author", "publisher", "publication_date", "snippets"}
    assert all(set(citation) <= fields for citation in cited)


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (4, 4), (10, 4)])
def test_sources_limit(local_gloo: LocalGloo, limit: int, count: int) -> None:
    """At most that many, at most what there is."""
    body = {**AUTO, "include_citations": True, "sources_limit": limit}
    assert len(send(local_gloo, GROUNDED[0], body).json["citations"]) == count


@pytest.mark.parametrize("limit", [0, 11, "3"])
def test_sources_limit_out_of_range(local_gloo: LocalGloo, limit: object) -> None:
    """From 1 to 10, and a number."""
    got = send(local_gloo, GROUNDED[0], {**AUTO, "sources_limit": limit})
    assert (got.status, got.json["detail"][0]["loc"]) == (422, ["body", "sources_limit"])


def test_publishers(local_gloo: LocalGloo) -> None:
    """Known ones by their exact name; another is forbidden."""
    for publisher, status in (("Bezalel", 200), ("bezalel", 403), ("Acme", 403), (None, 200)):
        got = send(local_gloo, GROUNDED[0], {**AUTO, "rag_publisher": publisher})
        assert got.status == status
    local_gloo.publishers.add("Acme")
    assert send(local_gloo, GROUNDED[0], {**AUTO, "rag_publisher": "Acme"}).status == 200


def test_unknown_publisher_word_for_word(local_gloo: LocalGloo) -> None:
    """The shape of Gloo's 403."""
    got = send(local_gloo, GROUNDED[0], {**AUTO, "rag_publisher": "Acme"})
    assert got.json == {"error": "Forbidden - insufficient permissions", "code": "forbidden"}


def test_nothing_retrieved(local_gloo: LocalGloo) -> None:
    """The answer comes all the same, and says so; a stream has no event for it."""
    local_gloo.sources = []
    body = {**AUTO, "include_citations": True}
    assert send(local_gloo, GROUNDED[0], body).json["sources_returned"] is False
    first = send(local_gloo, GROUNDED[0], {**body, "stream": True}).events[0]
    assert first["sources_returned"] is False
    assert first["choices"]


# Streams


def test_stream_in_the_order_of_gloo(local_gloo: LocalGloo) -> None:
    """A role, words, a reason to finish, `[DONE]`; the metadata on every chunk."""
    got = send(local_gloo, V2, {**AUTO, "stream": True})
    *chunks, done = got.events
    assert got.headers["content-type"].startswith("text/event-stream")
    assert done == "[DONE]"
    choices = [chunk["choices"][0] for chunk in chunks]
    assert choices[0]["delta"] == {"role": "assistant"}
    assert all(set(choice["delta"]) == {"content"} for choice in choices[1:-1])
    assert (choices[-1]["delta"], choices[-1]["finish_reason"]) == ({}, "stop")
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    assert len(choices) > 4
    assert all(set(chunk) >= ROUTING | TIER for chunk in chunks)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    words = "".join(choice["delta"].get("content", "") for choice in choices)
    assert words == send(local_gloo, V2, AUTO).json["choices"][0]["message"]["content"]


def test_stream_with_usage(local_gloo: LocalGloo) -> None:
    """After the finish, with no choices."""
    body = {**DIRECT, "stream": True, "stream_options": {"include_usage": True}}
    *chunks, usage, _done = send(local_gloo, V2, body).events
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] > 0
    assert all("usage" not in chunk for chunk in chunks)


def test_stream_without_done(local_gloo: LocalGloo) -> None:
    """For every stream, or for one."""
    body = {**DIRECT, "stream": True}
    local_gloo.answer("one", done=False)
    assert send(local_gloo, V2, body).events[-1] != "[DONE]"
    assert send(local_gloo, V2, body).events[-1] == "[DONE]"
    local_gloo.done = False
    assert send(local_gloo, V2, body).events[-1]["choices"][0]["finish_reason"] == "stop"


def test_stream_starts_with_citations(local_gloo: LocalGloo) -> None:
    """In an event that has no choices."""
    body = {**AUTO, "stream": True, "include_citations": True, "sources_limit": 2}
    first, second, *_rest = send(local_gloo, GROUNDED[0], body).events
    assert set(first) == {"sources_returned", "citations"}
    assert len(first["citations"]) == 2
    assert second["choices"][0]["delta"] == {"role": "assistant"}


def test_stream_of_v1(local_gloo: LocalGloo) -> None:
    """Without Gloo's metadata."""
    *chunks, _done = send(local_gloo, V1, {"messages": HELLO, "stream": True}).events
    assert not any(set(chunk) & (ROUTING | TIER) for chunk in chunks)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant"}


def test_events_arrive_one_by_one(local_gloo: LocalGloo) -> None:
    """The first is there before the second is made."""
    go_on = threading.Event()

    def chunks() -> Iterator[str]:
        yield "data: 1\n\n"
        assert go_on.wait(20)
        yield "data: 2\n\n"

    local_gloo.answer(chunks=chunks())
    with connected(local_gloo) as connection:
        headers = {"Authorization": "Bearer sk_local", "Content-Type": "application/json"}
        connection.request("POST", V2, json.dumps({**DIRECT, "stream": True}), headers)
        response = connection.getresponse()
        assert response.read1(100) == b"data: 1\n\n"
        go_on.set()
        assert response.read() == b"data: 2\n\ndata: [DONE]\n\n"


# The default answers


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Return EXACTLY this string and nothing else: PING-9473e0", "PING-9473e0"),
        ("Reply with only: STREAM-OK", "STREAM-OK"),
        ("Say ONE word that is exactly SUN.", "SUN"),
    ],
)
@pytest.mark.parametrize("path", [V1, V2])
def test_health_checks(local_gloo: LocalGloo, path: str, question: str, answer: str) -> None:
    """The ones of Gloo's quickstart get what they wait for, in each of n choices."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": question}], "n": 3}
    choices = send(local_gloo, path, body).json["choices"]
    assert [choice["message"]["content"] for choice in choices] == [answer] * 3
    assert [choice["index"] for choice in choices] == [0, 1, 2]


def test_default_answer_repeats_the_question(client: OpenAI) -> None:
    """Also one in parts, and the same way each time."""
    parts: Any = [{"type": "text", "text": "Why"}, {"type": "text", "text": "joy?"}]
    messages: Any = [{"role": "developer", "content": "Be kind."}, {"role": "user"}]
    messages[1]["content"] = parts
    answers = {
        client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content
        for _ in range(2)
    }
    (answer,) = answers
    assert answer is not None
    assert answer.endswith("Why joy?")


def test_any_text_can_be_repeated(local_gloo: LocalGloo) -> None:
    """JSON can carry half a character; UTF-8 cannot."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Reply with only: ä\ud800"}]}
    assert send(local_gloo, V2, body).json["choices"][0]["message"]["content"] == "ä?"


class Verse(BaseModel):
    book: str
    chapter: int = Field(ge=1)
    score: float = Field(gt=0, lt=1)


class Reading(BaseModel):
    title: str = Field(min_length=12)
    verses: list[Verse]
    kind: str | None
    sure: bool
    next: Reading | None


def test_structured_output(client: OpenAI) -> None:
    """What the SDK's `parse` asks for, it can parse: nesting, references, unions, bounds."""
    completion = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "Read"}], response_format=Reading
    )
    reading = completion.choices[0].message.parsed
    assert reading is not None
    assert reading.verses[0].book == "book"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": "many"},
        {"$ref": 5},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    ],
)
def test_broken_schema(local_gloo: LocalGloo, schema: Any) -> None:
    """Is refused, and breaks nothing."""
    shape = {"type": "json_schema", "json_schema": {"name": "broken", "schema": schema}}
    got = send(local_gloo, V2, {**DIRECT, "response_format": shape})
    assert (got.status, got.json["error"]["code"]) == (400, 1001)


def test_json_object(client: OpenAI) -> None:
    """Some JSON object."""
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Reply with only: yes"}],
        response_format={"type": "json_object"},
    )
    assert json.loads(completion.choices[0].message.content or "") == {"answer": "yes"}


def test_tool_round_trip(client: OpenAI) -> None:
    """The first tool is called, with arguments that fit; its result is told."""
    tools: Any = [WEATHER]
    messages: list[Any] = [{"role": "user", "content": "What's the weather in Shanghai?"}]
    choice = client.chat.completions.create(model=MODEL, messages=messages, tools=tools).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"location": "location"}
    messages += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    assert answer.choices[0].message.content == "The tool answered: sunny"


def test_tool_choice(local_gloo: LocalGloo) -> None:
    """`none` means none; a named one is called."""
    other = {"type": "function", "function": {"name": "other"}}
    body = {**DIRECT, "tools": [WEATHER, other]}
    none = send(local_gloo, V2, {**body, "tool_choice": "none"}).json["choices"][0]
    assert none["finish_reason"] == "stop"
    named = {"type": "function", "function": {"name": "other"}}
    called = send(local_gloo, V2, {**body, "tool_choice": named}).json["choices"][0]["message"]
    assert called["tool_calls"][0]["function"] == {"name": "other", "arguments": "{}"}


def test_streamed_tool_call(local_gloo: LocalGloo) -> None:
    """Its id and name first, then its arguments in pieces."""
    chunks = send(local_gloo, V2, {**DIRECT, "tools": [WEATHER], "stream": True}).events[1:-2]
    first, *rest = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks]
    assert first["id"]
    assert first["function"] == {"name": "get_weather", "arguments": ""}
    assert len(rest) > 1
    pieces = [call["function"].pop("arguments") for call in rest]
    assert json.loads("".join(pieces)) == {"location": "location"}
    assert rest == [{"index": 0, "function": {}}] * len(rest)


# The answers a test chooses


def test_chosen_answers_queue_up(local_gloo: LocalGloo) -> None:
    """First come, first served; then the default is back."""
    local_gloo.answer("one", routing_tier="standard", provider="Anthropic")
    local_gloo.answer("two", model="gloo-x", finish_reason="length")
    one, two, three = (send(local_gloo, V2, AUTO).json for _ in range(3))
    assert one["choices"][0]["message"]["content"] == "one"
    assert (one["routing_tier"], one["provider"]) == ("standard", "Anthropic")
    assert (two["model"], two["choices"][0]["finish_reason"]) == ("gloo-x", "length")
    assert three["choices"][0]["message"]["content"].endswith("Hello!")


def test_chosen_answer_waits_for_a_good_request(local_gloo: LocalGloo) -> None:
    """A refused one does not use it up."""
    local_gloo.answer("mine")
    assert send(local_gloo, V2, DIRECT, token="unknown").status == 401
    assert send(local_gloo, V2, {}).status == 422
    assert send(local_gloo, V2, DIRECT).json["choices"][0]["message"]["content"] == "mine"


def test_chosen_fields_are_streamed(local_gloo: LocalGloo) -> None:
    """On every chunk; what is added to the message comes before the words."""
    local_gloo.answer("yes", routing_tier="tier_4", message={"reasoning_content": "hm"})
    *chunks, _done = send(local_gloo, V2, {**AUTO, "stream": True}).events
    assert {chunk["routing_tier"] for chunk in chunks} == {"tier_4"}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [{"role": "assistant"}, {"reasoning_content": "hm"}, {"content": "yes"}, {}]


@pytest.mark.parametrize("arguments", [{"location": "Shanghai"}, '{"location": "Shanghai"}'])
def test_chosen_tool_calls(client: OpenAI, local_gloo: LocalGloo, arguments: Any) -> None:
    """With arguments as an object or as the text on the wire."""
    local_gloo.answer(tool_calls=[{"name": "get_weather", "arguments": arguments, "id": "call_1"}])
    choice = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hi"}]
    ).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert (call.id, json.loads(call.function.arguments)) == ("call_1", {"location": "Shanghai"})


def test_chosen_citations(local_gloo: LocalGloo) -> None:
    """As they are, whatever the request asked for."""
    local_gloo.answer("see there", citations=[{"item_title": "There"}])
    local_gloo.answer("see there", citations=[{"item_title": "There"}])
    got = send(local_gloo, V2, AUTO).json
    assert (got["sources_returned"], got["citations"]) == (True, [{"item_title": "There"}])
    first = send(local_gloo, V2, {**AUTO, "stream": True}).events[0]
    assert first == {"sources_returned": True, "citations": [{"item_title": "There"}]}


def test_chosen_body(local_gloo: LocalGloo) -> None:
    """Instead of the whole completion."""
    local_gloo.answer(body={"id": "x"})
    assert send(local_gloo, V2, AUTO).json == {"id": "x"}


def test_chosen_chunks(local_gloo: LocalGloo) -> None:
    """Mappings are events; text and bytes go out untouched."""
    error = {"code": 3001, "type": "internal_error", "message": "Streaming error occurred"}
    failed = {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}], "error": error}
    local_gloo.answer(chunks=[": hello\n\n", {"choices": []}, b"\n", failed], done=False)
    got = send(local_gloo, V2, {**DIRECT, "stream": True}).body.decode()
    hello, empty, failure, rest = got.split("\n\n", 3)
    assert (hello, empty, rest) == (": hello", 'data: {"choices":[]}', "")
    assert json.loads(failure.strip().removeprefix("data: ")) == failed


def test_guardrail_refusal(local_gloo: LocalGloo) -> None:
    """An ordinary 200, with an empty model and no metadata, streamed or not."""
    local_gloo.refuse()
    local_gloo.refuse()
    got = send(local_gloo, V2, AUTO)
    assert got.status == 200
    assert got.json["model"] == ""
    assert not set(got.json) & (ROUTING | TIER)
    assert "can't help" in got.json["choices"][0]["message"]["content"]
    *chunks, _done = send(local_gloo, V2, {**AUTO, "stream": True}).events
    assert all(chunk["model"] == "" and not set(chunk) & (ROUTING | TIER) for chunk in chunks)


# Other endpoints


def test_catalogue_needs_no_authorization(local_gloo: LocalGloo) -> None:
    """And has rows of every kind, broken ones too."""
    got = send(local_gloo, "/platform/v2/models", method="GET", token=None).json
    assert set(got) == {"object", "data"}
    rows = got["data"]
    whole = next(row for row in rows if row.get("id") == MODEL)
    assert set(whole) == {
        "id",
        "provider_id",
        "name",
        "family",
        "description",
        "context_window",
        "max_output_tokens",
        "input_modalities",
        "output_modalities",
        "supports_tools",
        "supports_reasoning",
        "pricing",
    }
    assert isinstance(whole["pricing"]["input"]["rate_per_1k_tokens"], str)
    assert len({row.get("family") for row in rows}) > 4
    assert any("id" not in row for row in rows)
    assert any(row.get("output_modalities") == ["image"] for row in rows)
    assert any("id" in row and "output_modalities" not in row for row in rows)
    assert any(row.get("supports_tools") is False for row in rows)


def test_catalogue_is_settable(local_gloo: LocalGloo) -> None:
    """Routing then picks from it."""
    local_gloo.models = [{"id": "gloo-one", "family": "One"}]
    assert send(local_gloo, "/platform/v2/models", method="GET").json["data"] == local_gloo.models
    assert send(local_gloo, V2, {"model_family": "one", "messages": HELLO}).json["model"] == (
        "gloo-one"
    )


@pytest.mark.parametrize("path", ["/ai/v2/models", "/ai/v1/chat", "/", "/ai/v2/embeddings"])
def test_unknown_path(local_gloo: LocalGloo, path: str) -> None:
    """Also those that OpenAI has and Gloo has not."""
    got = send(local_gloo, path, method="GET")
    assert (got.status, got.json) == (404, {"detail": "Not Found"})


def test_wrong_method(local_gloo: LocalGloo) -> None:
    """405, naming the right one."""
    got = send(local_gloo, V2, method="GET")
    assert (got.status, got.json) == (405, {"detail": "Method Not Allowed"})
    assert got.headers["allow"] == "POST"


def test_every_response_has_an_id_and_a_date(local_gloo: LocalGloo) -> None:
    """Another id each time, on refusals too."""
    ids = {send(local_gloo, path, DIRECT).headers["x-request-id"] for path in (V1, V2, "/")}
    assert len(ids) == 3
    assert send(local_gloo, V2, DIRECT).headers["date"]


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings(local_gloo: LocalGloo, encoding: Any) -> None:
    """A unit vector for every text, the same for the same; the SDK reads both encodings."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/direct") as client:
        got = client.embeddings.create(
            model="gloo-baai-bge-base-en-v1.5",
            input=["one", "two", "one"],
            encoding_format=encoding,
        )
    one, two, again = (each.embedding for each in got.data)
    if encoding == "float":
        assert sum(value * value for value in one) == pytest.approx(1)
    assert one == again
    assert one != two


def test_embeddings_without_input(local_gloo: LocalGloo) -> None:
    """A 422, like the others."""
    assert send(local_gloo, EMBEDDINGS, {"model": "m"}).status == 422


def test_responses(local_gloo: LocalGloo) -> None:
    """OpenAI's Responses, in one piece or streamed."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/guarded") as client:
        whole = client.responses.create(model=MODEL, input="Reply with only: one two")
        assert whole.output_text == "one two"
        items: Any = [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]
        stream = client.responses.create(model=MODEL, input=items, stream=True)
        types = [event.type for event in stream]
    assert types[0] == "response.created"
    assert types.count("response.output_text.delta") > 3
    assert types[-1] == "response.completed"
    assert send(local_gloo, RESPONSES, {"model": MODEL}).status == 422


# Faults


def test_fault_answers_instead(local_gloo: LocalGloo) -> None:
    """Once, with this status, body and headers."""
    fault = local_gloo.fault(
        V2,
        status=429,
        body={"error": "Rate limit exceeded", "code": "too_many_requests"},
        headers={"X-RateLimit-Reset": "5"},
    )
    got = send(local_gloo, V2, DIRECT)
    assert got.status == 429
    assert got.json == {"error": "Rate limit exceeded", "code": "too_many_requests"}
    assert got.headers["x-ratelimit-reset"] == "5"
    assert got.headers["content-type"] == "application/json"
    assert fault.hits == 1
    assert send(local_gloo, V2, DIRECT).status == 200
    assert fault.hits == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/plain"),
        ("down", "text/plain"),
        ("<html>", "text/html"),
        ([], "application/json"),
    ],
)
def test_fault_bodies(local_gloo: LocalGloo, body: Any, content_type: str) -> None:
    """Bytes, text, HTML or JSON; a content type of one's own wins."""
    local_gloo.fault("*", status=502, body=body, times=2)
    assert send(local_gloo, V2).headers["content-type"] == content_type
    local_gloo.reset()
    local_gloo.fault("*", status=502, body=body, headers={"Content-Type": "a/b"})
    assert send(local_gloo, V2).headers.get_all("content-type") == ["a/b"]


def test_faults_queue_up(local_gloo: LocalGloo) -> None:
    """Each as often as it says, the oldest first, only for its paths."""
    local_gloo.fault("/chat/completions", status=500, times=2)
    local_gloo.fault("*", status=503)
    assert exchange(local_gloo).status == 503
    assert [send(local_gloo, path, DIRECT).status for path in (V1, V2, V2)] == [500, 500, 200]
    assert send(local_gloo, GROUNDED[0], DIRECT).status == 200


def test_lasting_fault(local_gloo: LocalGloo) -> None:
    """Until it is cleared; a reset clears everything but the tokens."""
    token = local_gloo.issue_token()
    local_gloo.fault("/oauth2/token", status=500, times=None)
    assert [exchange(local_gloo).status for _ in range(3)] == [500] * 3
    local_gloo.clear_faults()
    assert exchange(local_gloo).status == 200
    local_gloo.answer("forgotten")
    local_gloo.fault("*", status=500)
    local_gloo.reset()
    assert local_gloo.requests == []
    got = send(local_gloo, V2, DIRECT, token=token)
    assert got.json["choices"][0]["message"]["content"] != "forgotten"


def test_held_answer(local_gloo: LocalGloo) -> None:
    """The request is seen; its answer comes when the test lets go."""
    go_on = threading.Event()
    fault = local_gloo.fault(V2, hold=go_on)
    got: list[Got] = []
    thread = threading.Thread(target=lambda: got.append(send(local_gloo, V2, DIRECT)))
    thread.start()
    assert fault.wait(timeout=20)
    assert (len(local_gloo.requests), got) == (1, [])
    go_on.set()
    thread.join()
    assert got[0].status == 200
    assert not fault.wait(hits=2, timeout=0)


def test_late_answer(local_gloo: LocalGloo) -> None:
    """It comes after the delay, and not before."""
    local_gloo.fault(V2, delay=0.1)
    started = time.monotonic()
    assert send(local_gloo, V2, DIRECT).status == 200
    assert time.monotonic() - started >= 0.1


def test_drop_before_any_byte(local_gloo: LocalGloo) -> None:
    """As if the request had never been handled: no token, no answer used up."""
    local_gloo.fault("*", drop="before", times=2)
    local_gloo.answer("still there")
    with pytest.raises(http.client.RemoteDisconnected):
        exchange(local_gloo)
    with pytest.raises(http.client.RemoteDisconnected):
        send(local_gloo, V2, DIRECT)
    assert local_gloo.tokens == []
    assert send(local_gloo, V2, DIRECT).json["choices"][0]["message"]["content"] == "still there"


@pytest.mark.parametrize("count", [0, 20])
def test_drop_within_a_json_body(local_gloo: LocalGloo, count: int) -> None:
    """After exactly that many bytes of those declared."""
    local_gloo.fault(V2, drop_after=count)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, DIRECT)
    assert len(caught.value.partial) == count
    assert caught.value.expected


@pytest.mark.parametrize("count", [0, 20, 500])
def test_drop_within_a_stream(local_gloo: LocalGloo, count: int) -> None:
    """Wherever the events end."""
    local_gloo.fault(V2, drop_after=count)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, {**DIRECT, "stream": True})
    assert len(caught.value.partial) == count


def test_drop_as_the_sdk_sees_it(client: OpenAI, local_gloo: LocalGloo) -> None:
    """A broken connection, before the answer and within it."""
    local_gloo.fault(V2, drop="before")
    local_gloo.fault(V2, drop_after=10)
    for _ in range(2):
        with pytest.raises(openai.APIConnectionError):
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "Hi"}]
            )


def test_slow_drip(local_gloo: LocalGloo) -> None:
    """Everything arrives, in pieces that end anywhere, also within a character."""
    local_gloo.answer("ä" * 20)
    local_gloo.fault(V2, drip=0.001, drip_bytes=7)
    got = send(local_gloo, V2, DIRECT)
    assert got.json["choices"][0]["message"]["content"] == "ä" * 20
    local_gloo.fault(V2, drip=0.001, drip_bytes=7)
    assert send(local_gloo, V2, {**DIRECT, "stream": True}).events[-1] == "[DONE]"


def test_fault_with_a_status_may_break_off(local_gloo: LocalGloo) -> None:
    """The kinds of faults combine."""
    local_gloo.fault(V2, status=500, body="x" * 100, drop_after=50, delay=0.01)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(local_gloo, V2, DIRECT)
    assert caught.value.partial == b"x" * 50


@pytest.mark.parametrize("wrong", [{"body": "x"}, {"headers": {"a": "b"}}, {"drop": "after"}])
def test_faults_that_say_nothing(local_gloo: LocalGloo, wrong: dict[str, Any]) -> None:
    """A body without a status would be lost silently."""
    with pytest.raises(ValueError, match=r"status|drop_after"):
        local_gloo.fault("*", **wrong)


# What it saw


def test_requests_are_kept(local_gloo: LocalGloo) -> None:
    """In order, with all there is to know of them."""
    token = exchange(local_gloo).json["access_token"]
    send(local_gloo, f"{V2}?a=1&b=2", DIRECT, token=token, x_trace="42")
    send(local_gloo, "/nowhere", token=None, method="GET")
    first, second, third = local_gloo.requests
    assert (first.method, first.path, first.json, first.bearer) == (
        "POST",
        "/oauth2/token",
        None,
        None,
    )
    assert first.body == GRANT.encode()
    assert (second.path, second.query, second.json, second.bearer) == (V2, "a=1&b=2", DIRECT, token)
    assert second.headers["X-Trace"] == second.headers["x-trace"] == "42"
    assert "X-TRACE" in second.headers
    assert (third.method, third.body, third.bearer) == ("GET", b"", None)
    assert local_gloo.exchanges == [first]
    assert local_gloo.completions == [second]


def test_refused_requests_are_kept(local_gloo: LocalGloo) -> None:
    """Those that never got past the door too."""
    send(local_gloo, GROUNDED[1], DIRECT, token=None)
    assert len(local_gloo.completions) == 1


def test_answers_without_a_body(local_gloo: LocalGloo) -> None:
    """Leave the connection in order."""
    local_gloo.fault(V2, status=204)
    with connected(local_gloo) as connection:
        for method, status in (("POST", 204), ("HEAD", 405), ("POST", 422)):
            got = send_over(connection, V2, {}, method=method)
            assert (got.status, got.headers["transfer-encoding"]) == (status, None)
    assert local_gloo.connections == 1


def test_secrets_stay_out_of_failure_messages(local_gloo: LocalGloo) -> None:
    """pytest prints what it compares, so a request does not show its headers and body."""
    exchange(local_gloo)
    assert "Basic" not in repr(local_gloo.requests)


def test_connections_are_kept_open_and_counted(local_gloo: LocalGloo) -> None:
    """One client, one connection; streams and refusals leave it usable."""
    with connected(local_gloo) as connection:
        for body in (DIRECT, {**DIRECT, "stream": True}, {}, DIRECT):
            send_over(connection, V2, body)
    assert local_gloo.connections == 1
    assert len({request.peer for request in local_gloo.requests}) == 1
    send(local_gloo, V2, DIRECT)
    assert local_gloo.connections == 2


def test_chunked_request(local_gloo: LocalGloo) -> None:
    """A body of unknown length is read to its end, and no further."""
    headers = {"Authorization": "Bearer sk_local", "Content-Type": "application/json"}
    data = json.dumps(DIRECT).encode()
    with connected(local_gloo) as connection:
        for _ in range(2):
            connection.request("POST", V2, iter([data[:9], data[9:]]), headers, encode_chunked=True)
            response = connection.getresponse()
            assert (response.status, bool(response.read())) == (200, True)
    assert local_gloo.connections == 1


def test_old_clients_get_no_chunks(local_gloo: LocalGloo) -> None:
    """HTTP/1.0 reads a stream until the connection ends."""
    with connected(local_gloo) as connection:
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]  # an older protocol, which it cannot be asked for
        got = send_over(connection, V2, {**DIRECT, "stream": True})
    assert got.headers["transfer-encoding"] is None
    assert got.events[-1] == "[DONE]"


def test_two_hundred_at_once(local_gloo: LocalGloo) -> None:
    """All of them are in the server at the same moment, and all are answered."""
    go_on = threading.Event()
    fault = local_gloo.fault(V2, hold=go_on, times=None)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(send(local_gloo, V2, DIRECT).status))
        for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    together = fault.wait(hits=200, timeout=60)
    go_on.set()
    for thread in threads:
        thread.join()
    assert together
    assert statuses == [200] * 200


# Its life


def test_fixture_is_fresh(local_gloo: LocalGloo) -> None:
    """Nothing of another test is left in it."""
    assert (local_gloo.requests, local_gloo.tokens, local_gloo.connections) == ([], [], 0)


def test_environ_points_here(local_gloo: LocalGloo) -> None:
    """Credentials of both kinds and the origin, which has no path."""
    assert local_gloo.environ == {
        "GLOO_API_KEY": "sk_local",
        "GLOO_CLIENT_ID": "local-client",
        "GLOO_CLIENT_SECRET": "local-secret",
        "GLOO_BASE_URL": local_gloo.origin,
    }
    assert local_gloo.base_url == f"{local_gloo.origin}/ai/v2"
    assert local_gloo.origin in repr(local_gloo)


def test_environ_leaves_no_key_of_the_developers_own() -> None:
    """Without a static key both names are there and empty, which counts as absent."""
    environ = LocalGloo(static_keys=()).environ
    assert (environ["GLOO_API_KEY"], environ["GLOO_AI_API_KEY"]) == ("", "")


def test_credentials_can_be_rotated(local_gloo: LocalGloo) -> None:
    """The old secret is then wrong."""
    local_gloo.client_secret = "another"
    assert exchange(local_gloo, basic="local-client:local-secret").status == 400
    assert exchange(local_gloo).status == 200


@pytest.mark.parametrize("fault", [{"delay": 60}, {"hold": threading.Event()}, {"drip": 60}])
def test_stop_waits_for_nobody(local_gloo: LocalGloo, fault: dict[str, Any]) -> None:
    """Held, late and slow answers end at once, as broken connections."""
    handle = local_gloo.fault(V2, **fault)
    broken: list[BaseException] = []

    def call() -> None:
        with pytest.raises((http.client.HTTPException, ConnectionError)) as caught:
            send(local_gloo, V2, DIRECT)
        broken.append(caught.value)

    thread = threading.Thread(target=call)
    threads = threading.active_count()
    thread.start()
    assert handle.wait(timeout=20)
    started = time.monotonic()
    local_gloo.stop()
    assert time.monotonic() - started < 2
    thread.join(timeout=20)
    assert broken
    assert threading.active_count() == threads - 1  # the server's own thread is gone too


def test_stop_cuts_idle_connections_and_leaves_no_thread() -> None:
    """A client that keeps its connection does not keep the server."""
    before = threading.active_count()
    with LocalGloo() as gloo, connected(gloo) as connection:
        send_over(connection, V2, DIRECT)
        gloo.stop()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            send_over(connection, V2, DIRECT)
    assert threading.active_count() == before


def test_restart_on_the_same_port() -> None:
    """An outage, for those who talk to it: the tokens are good afterwards."""
    with LocalGloo() as gloo:
        origin, token = gloo.origin, gloo.issue_token()
        gloo.stop()
        with pytest.raises(ConnectionError):
            send(gloo, V2, DIRECT)
        gloo.start()
        assert gloo.origin == origin
        assert send(gloo, V2, DIRECT, token=token).status == 200
    gloo.stop()  # again, which does nothing


def test_taken_port(local_gloo: LocalGloo) -> None:
    """An error that says so, and not the end of the program."""
    port = int(local_gloo.origin.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        LocalGloo(port).start()


def test_says_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither requests nor broken connections appear in a test's output."""
    caplog.set_level("INFO", "werkzeug")
    with LocalGloo() as gloo:
        send(gloo, V2, DIRECT)
        gloo.fault(V2, drop_after=1)
        with pytest.raises(http.client.IncompleteRead):
            send(gloo, V2, DIRECT)
        with connected(gloo) as connection:
            connection.putrequest("POST", V2)
            connection.putheader("Content-Length", "100")
            connection.endheaders(b"cut off")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert caplog.records == []


MISSING = """
import sys
sys.modules["pytest_httpserver"] = None  # as if it were not installed
import gloo_openai.testing.plugin
from gloo_openai.testing import Answer, SeenRequest
try:
    from gloo_openai.testing import LocalGloo
except ImportError as error:
    print(error)
"""


def test_without_the_extra() -> None:
    """The plugin loads, since pytest loads it always; only the server says what is missing."""
    run = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, check=True
    )
    assert "pip install 'gloo-openai[testing]'" in run.stdout
    assert run.stderr == ""
