"""The sample bodies of fixtures/wire: each is read whole, and each request is what we send."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

from gloo_openai import GlooAuth, GlooOpenAI, RoutingMetadata, error_details
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS, TOKEN, Clock

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"


def sample(name: str) -> Any:
    """A sample body."""
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))


def asked(name: str) -> Any:
    """The messages of a sample request."""
    return sample(name)["messages"]


# Requests

Call = Callable[[GlooOpenAI], object]
V2 = "/ai/v2/chat/completions"
REQUESTS: dict[str, tuple[str, Call]] = {
    "v2_request": (
        V2,
        lambda client: client.chat.completions.create(
            messages=asked("v2_request"),
            auto_routing=True,
            tradition="evangelical",
            temperature=0.7,
            max_tokens=1024,
        ),
    ),
    "v2_request_direct_model": (
        V2,
        lambda client: client.chat.completions.create(
            messages=asked("v2_request_direct_model"),
            model="gloo-google-gemini-2.5-pro",
            auto_routing=False,
        ),
    ),
    "v2_request_model_family": (
        V2,
        lambda client: client.chat.completions.create(
            messages=asked("v2_request_model_family"), model_family="anthropic", auto_routing=False
        ),
    ),
    "v2_request_tools": (
        V2,
        lambda client: client.chat.completions.create(
            messages=asked("v2_request_tools"),
            auto_routing=True,
            tools=sample("v2_request_tools")["tools"],
            tool_choice="auto",
        ),
    ),
    "grounded_request": (
        f"{V2}/grounded",
        lambda client: client.chat.completions.create(
            messages=asked("grounded_request"),
            auto_routing=True,
            sources_limit=3,
            tradition="evangelical",
        ),
    ),
    "grounded_request_citations": (
        f"{V2}/grounded",
        lambda client: client.chat.completions.create(
            messages=asked("grounded_request_citations"),
            auto_routing=True,
            rag_publisher="Bezalel",
            sources_limit=5,
            tradition="evangelical",
            include_citations=True,
            parallel_tool_calls=False,
            stream=False,
        ),
    ),
    "v1_request": (
        "/ai/v1/chat/completions",
        lambda client: client.chat.completions.create(
            messages=asked("v1_request"),
            model="us.meta.llama3-3-70b-instruct-v1:0",
            max_tokens=1024,
            stream=False,
            temperature=0.7,
            tools=[],
            tool_choice="none",
        ),
    ),
    "v1_request_n3": (
        "/ai/v1/chat/completions",
        lambda client: client.chat.completions.create(
            messages=asked("v1_request_n3"),
            model="us.meta.llama3-3-70b-instruct-v1:0",
            n=3,
            temperature=0.0,
        ),
    ),
    "responses_request": (
        "/ai/v2/guarded/responses",
        lambda client: client.responses.create(**sample("responses_request")),
    ),
    "responses_request_tools": (
        "/ai/v2/guarded/responses",
        lambda client: client.responses.create(**sample("responses_request_tools")),
    ),
    "responses_second_turn": (
        "/ai/v2/guarded/responses",
        lambda client: client.responses.create(**sample("responses_second_turn")),
    ),
    "embeddings_request": (
        "/ai/v2/direct/embeddings",
        lambda client: client.embeddings.create(
            model="gloo-baai-bge-base-en-v1.5",
            input=sample("embeddings_request")["input"],
            encoding_format="float",
        ),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_sample_request_is_what_the_client_sends(gloo: LocalGloo, name: str) -> None:
    """The same JSON to the same path."""
    path, call = REQUESTS[name]
    base = path.partition("/chat/")[0].removesuffix("/embeddings").removesuffix("/responses")
    with GlooOpenAI(base_url=gloo.origin + base) as client:
        call(client)
    assert gloo.requests[-1].path == path
    body = gloo.requests[-1].json
    wanted = sample(name)
    # Beside another mechanism auto_routing=false says nothing, so either form is the sample's.
    if wanted.get("auto_routing") is False:
        wanted.pop("auto_routing")
        assert body.pop("auto_routing", False) is False
    assert body == wanted


# Completions

COMPLETION_NAMES = [
    "v2_response_guide_auto_routing",
    "v2_response_guide_direct_model",
    "v2_response_guide_model_family",
    "v2_response_reference",
    "v2_response_tutorial",
    "grounded_response",
    "v1_response",
]


@pytest.mark.parametrize("name", COMPLETION_NAMES)
def test_a_sample_completion_is_read_whole(gloo: LocalGloo, name: str) -> None:
    """Each field reachable, nothing lost; also as an answer to `parse`-less `client.post`."""
    body = sample(name)
    gloo.answer(body=body)
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(**ASK)
    assert completion.to_dict() == body
    assert completion.routing == RoutingMetadata.read(body)
    assert completion.model == body["model"]
    assert completion.sources_returned == body.get("sources_returned")
    assert completion.guardrail_refusal is False
    assert completion.choices == [] or completion.choices[0].message.content
    if "usage" in body:
        assert completion.usage
        assert completion.usage.total_tokens == body["usage"]["total_tokens"]


def test_the_sample_of_citations_is_read(gloo: LocalGloo) -> None:
    """In a completion and in the event of a stream that has nothing else."""
    body = sample("grounded_citation_shape")
    gloo.answer(body=body)
    with GlooOpenAI() as client:
        completion = client.chat.completions.create(**ASK)
        gloo.answer(chunks=[body], done=True)
        [chunk] = client.chat.completions.create(stream=True, **ASK)
    for answer in (completion, chunk):
        assert answer.sources_returned is True
        assert [citation.to_dict() for citation in answer.citations] == body["citations"]


def test_the_sample_chunk_is_read(gloo: LocalGloo) -> None:
    """It has neither an id, nor an index, nor an object."""
    body = sample("sse_chunk")
    gloo.answer(chunks=[body], done=True)
    with GlooOpenAI() as client:
        [chunk] = client.chat.completions.create(stream=True, **ASK)
    assert chunk.choices[0].delta.content == "Hello"
    assert chunk.choices[0].index == 0


def test_the_sample_of_embeddings_is_read(gloo: LocalGloo) -> None:
    """By the SDK's own method."""
    gloo.fault("/embeddings", status=200, body=sample("embeddings_response_shape"))
    with GlooOpenAI(base_url=f"{gloo.origin}/ai/v2/direct") as client:
        answer = client.embeddings.create(
            model="gloo-baai-bge-base-en-v1.5", input="Hi", encoding_format="float"
        )
    assert answer.data[0].embedding == [0.0]


# Errors


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        (
            "error_401_missing_authorization",
            401,
            (
                openai.AuthenticationError,
                "unauthorized_missing_authorization",
                "Missing Authorization",
            ),
        ),
        (
            "error_403_forbidden",
            403,
            (openai.PermissionDeniedError, "forbidden", "insufficient permissions"),
        ),
        (
            "error_422_missing_param",
            422,
            (openai.UnprocessableEntityError, None, "query.chat_id: Field required"),
        ),
        (
            "error_429_rate_limit",
            429,
            (openai.RateLimitError, "too_many_requests", "Rate limit exceeded"),
        ),
        (
            "error_503_ai_error_object",
            503,
            (openai.InternalServerError, "2006", "service_unavailable_error"),
        ),
        ("error_v1_500", 500, (openai.InternalServerError, None, "Error generating response.")),
    ],
)
def test_a_sample_error_is_the_sdks_exception(
    gloo: LocalGloo, name: str, status: int, said: tuple[type[Exception], str | None, str]
) -> None:
    """With its code and its words."""
    kind, code, words = said
    gloo.fault(COMPLETIONS, status=status, body=sample(name), times=None)
    with GlooOpenAI(max_retries=0) as client, pytest.raises(kind, match=words) as caught:
        client.chat.completions.create(**ASK)
    assert error_details(caught.value).code == code


def test_the_sample_error_in_a_stream_is_raised(gloo: LocalGloo) -> None:
    """After HTTP 200."""
    body = sample("error_midstream_object")
    ended = {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}], "error": body}
    gloo.answer(chunks=[sample("sse_chunk"), ended], done=False)
    with GlooOpenAI() as client, pytest.raises(openai.InternalServerError) as caught:
        list(client.chat.completions.create(stream=True, **ASK))
    details = error_details(caught.value)
    assert (details.code, details.fault, details.type) == ("3001", "internal", "internal_error")
    assert details.message is None or body["message"] in details.message
    assert body["message"] in str(caught.value)


# Tokens


def test_the_sample_token_is_used(gloo: LocalGloo) -> None:
    """As a bearer, from the sample of a token response."""
    body = sample("token_response")
    gloo.static_keys.add(body["access_token"])
    gloo.fault(TOKEN, status=200, body=body)
    with GlooOpenAI() as client:
        client.chat.completions.create(**ASK)
    assert gloo.completions[-1].bearer == body["access_token"]


def test_the_sample_of_rejected_credentials_is_an_authentication_error(gloo: LocalGloo) -> None:
    """At once, and not again."""
    gloo.fault(TOKEN, status=400, body=sample("token_error_400"), times=None)
    with GlooOpenAI() as client, pytest.raises(openai.AuthenticationError, match="invalid_client"):
        client.chat.completions.create(**ASK)
    assert len(gloo.exchanges) == 1


def test_the_sample_claims_say_how_long_a_token_lives(gloo: LocalGloo) -> None:
    """`exp - iat`, when the token response has no `expires_in`."""
    claims = sample("jwt_claims_shape")

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    token = f"{part({'alg': 'none'})}.{part(claims)}.signature"
    gloo.static_keys.add(token)
    gloo.fault(TOKEN, status=200, body={"access_token": token}, times=None)
    clock = Clock()
    with GlooOpenAI(auth=GlooAuth(clock=clock)) as client:
        client.chat.completions.create(**ASK)
        clock.forward((claims["exp"] - claims["iat"]) / 2)
        client.chat.completions.create(**ASK)
        assert len(gloo.exchanges) == 1
        clock.forward(claims["exp"])
        client.chat.completions.create(**ASK)
    assert len(gloo.exchanges) == 2


# The catalogue


@pytest.mark.parametrize("name", ["models_list_sample", "models_list_image_model"])
def test_a_sample_catalogue_is_read_whole(gloo: LocalGloo, name: str) -> None:
    """Each row, each field."""
    rows = sample(name)["data"]
    gloo.models[:] = rows
    with GlooOpenAI() as client:
        models = list(client.models.list())
    assert [model.to_dict() for model in models] == rows
    for model, row in zip(models, rows, strict=True):
        assert model.output_modalities == row.get("output_modalities", ["text"])
        rate = row.get("pricing", {}).get("input", {}).get("rate_per_1k_tokens")
        assert str(model.pricing.input) == ("None" if rate is None else "0.15000")


def test_a_sample_response_is_read_whole(gloo: LocalGloo) -> None:
    """Its text, and what it counts."""
    gloo.answer(body=sample("responses_response_shape"))
    with GlooOpenAI(endpoint="guarded") as client:
        answer = client.responses.create(**sample("responses_request"))
    assert answer.output_text == "Listen first."
    assert answer.usage is not None
    assert answer.usage.total_tokens == 875
    assert answer.to_dict() == sample("responses_response_shape")


def test_each_sample_has_a_test() -> None:
    """A new one is noticed here."""
    source = Path(__file__).read_text(encoding="utf-8")
    names = [path.stem for path in WIRE.glob("*.json")]
    assert len(names) >= 31
    assert [name for name in names if f'"{name}"' not in source] == []
