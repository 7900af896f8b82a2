"""Whatever JSON arrives: no exception but the SDK's own, and nothing lost that was there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gloo_openai import (
    AsyncGlooOpenAI,
    GlooOpenAI,
    RoutingMetadata,
    error_details,
    routing_metadata,
)
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK, COMPLETIONS
from ..worlds import libraries

# Values

TEXT = st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def shape(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of these fields, some of them of a wrong type, and some others."""
    known = {name: value | JSON for name, value in fields.items()}
    rest = st.dictionaries(TEXT, JSON, max_size=2)
    return st.builds(lambda a, b: {**b, **a}, st.fixed_dictionaries({}, optional=known), rest)


INDEX = st.integers(0, 3)
REASON = st.sampled_from(["stop", "length", "content_filter", "tool_calls", "error", None])
CALL = shape(
    id=TEXT,
    index=INDEX,
    type=st.just("function"),
    function=shape(name=TEXT, arguments=st.sampled_from(["{", '{"a": 1}', ""])),
)
MESSAGE = shape(
    role=st.just("assistant"),
    content=TEXT | st.just(forms.VERSE),
    refusal=TEXT,
    tool_calls=st.lists(CALL, max_size=2),
)
ROUTING: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXT,
    "model": TEXT,
    "created": st.integers(),
    "provider": TEXT,
    "model_family": TEXT,
    "auto_routing": st.booleans(),
    "routing_tier": TEXT,
    "routing_confidence": st.floats(0, 1),
    "trace_id": TEXT,
    "sources_returned": st.booleans(),
    "citations": st.lists(
        shape(item_title=TEXT, author=st.lists(TEXT, max_size=2), snippets=st.lists(TEXT)),
        max_size=2,
    ),
    "usage": shape(
        prompt_tokens=st.integers(),
        completion_tokens=st.integers(),
        cache_tokens=st.integers(),
        prompt_tokens_details=shape(cached_tokens=st.integers()),
    ),
}
COMPLETION = shape(
    object=st.just("chat.completion"),
    choices=st.lists(shape(index=INDEX, finish_reason=REASON, message=MESSAGE), max_size=2),
    **ROUTING,
)
CHUNK = shape(
    object=st.just("chat.completion.chunk"),
    choices=st.lists(shape(index=INDEX, finish_reason=REASON, delta=MESSAGE), max_size=2),
    **ROUTING,
)
AI_ERROR = shape(
    type=TEXT,
    code=st.sampled_from([1001, 2001, 2002, 2006, 3001]) | TEXT,
    name=TEXT | st.just("SPENDING_LIMIT_EXCEEDED"),
    message=TEXT,
    fault=TEXT,
    retryable=st.booleans(),
    trace_id=TEXT,
    request_id=TEXT,
)
VALIDATION = shape(type=TEXT, loc=st.lists(TEXT, max_size=2), msg=TEXT)
ERROR = shape(
    error=TEXT | AI_ERROR,
    code=TEXT,
    message=TEXT,
    detail=TEXT | AI_ERROR | st.lists(VALIDATION, max_size=2),
    error_description=TEXT,
)
RATE = shape(rate_per_1k_tokens=st.sampled_from(["0.001", 0.2, "9E999999", "-1", "NaN", "x"]))
ROW = shape(
    id=st.sampled_from(["a", "b", ""]),
    context_window=st.integers(),
    supports_tools=st.booleans(),
    input_modalities=st.lists(TEXT, max_size=2),
    pricing=shape(input=RATE, output=RATE),
)
CATALOGUE = shape(object=st.just("list"), data=st.lists(ROW | JSON, max_size=3))
STATUS = st.sampled_from([400, 401, 403, 404, 408, 409, 418, 422, 429, 500, 503, 504])

many = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
few = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)


# Clients that never leave the process


@pytest.fixture(params=libraries(), ids=lambda library: library.__name__, scope="module")
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Each HTTP library that the SDK takes."""
    return request.param


@pytest.fixture(params=["sync", "async"])
def ask(
    request: pytest.FixtureRequest, library: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """`ask(answer, call)`: what a call comes to, or the SDK's exception, if that is the answer.

    `call` is given a client and a function that waits for a result, whichever kind it is.
    """
    monkeypatch.setenv("GLOO_API_KEY", "sk_local")
    sent: dict[str, Any] = {}

    def handler(_request: Any) -> Any:
        kind = {"content-type": sent["kind"]}
        return library.Response(sent["status"], headers=kind, content=sent["body"])

    transport = library.MockTransport(handler)
    options: Any = {"max_retries": 0, "on_routing": heard.append}
    if request.param == "sync":
        http = library.Client(transport=transport)
        client: Any = GlooOpenAI(http_client=http, **options)
        run: Any = None
    else:
        http = library.AsyncClient(transport=transport)
        client = AsyncGlooOpenAI(http_client=http, **options)
        run = asyncio.Runner() if hasattr(asyncio, "Runner") else Loop()

    def call(answer: bytes, function: Any, *, status: int = 200, kind: str = JSON_TYPE) -> Any:
        sent.update(status=status, body=answer, kind=kind)
        heard.clear()
        try:
            return run.run(awaited(function, client)) if run else function(client)
        except openai.OpenAIError as error:
            return error

    yield call
    if run:
        run.run(client.close())
        run.close()
    else:
        client.close()


class Loop:
    """`asyncio.Runner`, which Python 3.10 has not."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def run(self, coroutine: Any) -> Any:
        """Run to the end."""
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()


# The SDK's own parsing dumps what it was given, and pydantic remarks on wrong types.
SDK_DUMPS = "ignore:Pydantic serializer warnings"
JSON_TYPE = "application/json"
EVENTS = "text/event-stream"
heard: list[RoutingMetadata] = []


async def awaited(function: Any, client: Any) -> Any:
    """Await what a call returns, and read streams to their end."""
    result = await function(client)
    if hasattr(result, "__aiter__"):
        return [item async for item in result]
    return result


def encoded(value: Any) -> bytes:
    """JSON as a careless server writes it: NaN and lone surrogates included."""
    return json.dumps(value).encode()


def same(got: Any, sent: Any) -> bool:
    """Whether all that was sent is there; null and other empty values say nothing."""
    if isinstance(sent, dict):
        return isinstance(got, dict) and all(
            same(got.get(name), value)
            for name, value in sent.items()
            if value not in (None, [], {})
        )
    if isinstance(sent, list):
        return isinstance(got, list) and len(got) == len(sent) and all(map(same, got, sent))
    return (not sent and not got) or repr(got) == repr(sent) or is_reading_of(got, sent)


def is_reading_of(got: Any, sent: Any) -> bool:
    """Whether a scalar is what pydantic makes of another: the SDK reads `True` as the integer 1."""
    try:
        return bool(TypeAdapter(type(got)).validate_python(sent) == got)
    except ValidationError:
        return False


def read_all(answer: Any) -> None:
    """Every property of an answer may be read."""
    for name in dir(type(answer)):
        if isinstance(getattr(type(answer), name, None), property) and name[0] != "_":
            getattr(answer, name)
    assert isinstance(routing_metadata(answer), RoutingMetadata)
    for citation in getattr(answer, "citations", []):
        assert citation.to_dict(warnings=False) is not None


# Completions


@many
@given(body=COMPLETION | JSON)
def test_any_json_may_come_as_a_completion(ask: Callable[..., Any], body: Any) -> None:
    """As an object it is a completion that has all of it; else it is a validation error."""
    answer = ask(encoded(body), lambda client: client.chat.completions.create(**ASK))
    if not isinstance(body, dict):
        assert isinstance(answer, openai.APIResponseValidationError)
        return
    assert same(answer.to_dict(warnings=False), body)
    assert same(answer.model_dump(warnings=False), body)
    read_all(answer)
    assert len(heard) == 1


@pytest.mark.filterwarnings(SDK_DUMPS)
@many
@given(body=COMPLETION | JSON)
def test_any_json_may_come_to_parse(ask: Callable[..., Any], body: Any) -> None:
    """A parsed completion, or the SDK's exception; or pydantic's, as the SDK has it."""

    def call(client: Any) -> Any:
        return client.chat.completions.parse(response_format=forms.Verse, **ASK)

    answer = ask(encoded(body), call)
    if not isinstance(answer, Exception):
        read_all(answer)
        body = {name: value for name, value in body.items() if name != "choices"}
        assert same(answer.to_dict(warnings=False), body)


@few
@given(body=COMPLETION | JSON)
def test_any_json_may_come_raw(ask: Callable[..., Any], body: Any) -> None:
    """`with_raw_response` and `parse`."""
    raw = ask(encoded(body), lambda client: client.chat.completions.with_raw_response.create(**ASK))
    try:
        assert same(raw.parse().to_dict(warnings=False), body)
    except openai.OpenAIError:
        assert not isinstance(body, dict)


# Streams


def events(chunks: list[Any]) -> bytes:
    """Server-sent events, without DONE."""
    return b"".join(b"data: " + encoded(chunk) + b"\n\n" for chunk in chunks)


@many
@given(chunks=st.lists(CHUNK | JSON, max_size=4), done=st.booleans())
def test_any_json_may_come_in_a_stream(
    ask: Callable[..., Any], chunks: list[Any], done: bool
) -> None:
    """Each event is a chunk that has all of it, until the stream ends or an error comes."""
    got: list[Any] = []

    def keep(client: Any) -> Any:
        create = client.chat.completions.create(stream=True, **ASK)
        if isinstance(client, AsyncGlooOpenAI):
            return collect(create, got)
        got.extend(create)
        return None

    error = ask(events(chunks) + (b"data: [DONE]\n\n" if done else b""), keep, kind=EVENTS)
    assert error is None or isinstance(error, openai.OpenAIError)
    for chunk, sent in zip(got, chunks, strict=False):
        whole = sent if isinstance(sent, dict) else {"data": sent}
        assert same(chunk.to_dict(warnings=False), whole)
        read_all(chunk)
    if error is None:
        assert len(got) == len(chunks)
    else:
        assert isinstance(getattr(error, "text", None), str)


async def collect(create: Any, got: list[Any]) -> None:
    """Keep what arrives before an exception, too."""
    async for chunk in await create:
        got.append(chunk)


@pytest.mark.filterwarnings(SDK_DUMPS)
@many
@given(chunks=st.lists(CHUNK | JSON, max_size=4))
def test_any_json_may_come_to_the_stream_helper(ask: Callable[..., Any], chunks: list[Any]) -> None:
    """`stream()` gives a final completion or raises the SDK's exception."""

    def sync(client: Any) -> Any:
        with client.chat.completions.stream(**ASK) as stream:
            return stream.get_final_completion()

    async def not_sync(client: Any) -> Any:
        async with client.chat.completions.stream(**ASK) as stream:
            return await stream.get_final_completion()

    def call(client: Any) -> Any:
        return (not_sync if isinstance(client, AsyncGlooOpenAI) else sync)(client)

    answer = ask(events(chunks) + b"data: [DONE]\n\n", call, kind=EVENTS)
    if not isinstance(answer, Exception):
        read_all(answer)


# Errors and the catalogue


@many
@given(body=ERROR | JSON, status=STATUS)
def test_any_json_may_come_as_an_error(ask: Callable[..., Any], body: Any, status: int) -> None:
    """The exception of its status, with readable details and the body."""

    def call(client: Any) -> Any:
        return client.chat.completions.create(**ASK)

    error = ask(encoded(body), call, status=status)
    assert isinstance(error, openai.APIStatusError)
    assert error.status_code == status
    assert str(error).startswith(f"Error code: {status} - ")
    details = error_details(error)
    for value in (details.code, details.trace_id, details.request_id, details.fault):
        assert value is None or isinstance(value, str)
    assert details.retryable in (None, True, False)
    assert same(error.response.json(), body)


@many
@given(body=CATALOGUE | JSON)
def test_any_json_may_come_as_the_catalogue(ask: Callable[..., Any], body: Any) -> None:
    """Rows with an id are kept whole, the others are skipped; no object is a validation error."""

    def call(client: Any) -> Any:
        return client.models.list()

    models = ask(encoded(body), call)
    if not isinstance(body, dict):
        assert isinstance(models, openai.APIResponseValidationError)
        return
    rows = body.get("data") if isinstance(body.get("data"), list) else []
    good = [r for r in rows if isinstance(r, dict) and isinstance(r.get("id"), str) and r["id"]]
    got = list(models)
    assert len(got) == len(good)
    for model, row in zip(got, good, strict=True):
        assert same(model.to_dict(warnings=False), row)
        assert model.pricing is not None


# The same over real HTTP


@contextmanager
def real(gloo: LocalGloo) -> Iterator[GlooOpenAI]:
    """A client of a local Gloo that is as good as new."""
    gloo.reset()
    with GlooOpenAI(max_retries=0) as client:
        yield client


@few
@given(body=COMPLETION | JSON)
def test_any_completion_over_http(gloo: LocalGloo, body: Any) -> None:
    """A completion or a validation error."""
    with real(gloo) as client:
        headers = {"content-type": JSON_TYPE}
        gloo.fault(COMPLETIONS, status=200, body=encoded(body), headers=headers)
        if isinstance(body, dict):
            completion = client.chat.completions.create(**ASK)
            assert same(completion.to_dict(warnings=False), body)
            read_all(completion)
        else:
            with pytest.raises(openai.APIResponseValidationError):
                client.chat.completions.create(**ASK)


@few
@given(chunks=st.lists(CHUNK | JSON, max_size=4))
def test_any_stream_over_http(gloo: LocalGloo, chunks: list[Any]) -> None:
    """Chunks, and then perhaps one of the SDK's exceptions."""
    with real(gloo) as client:
        gloo.answer(chunks=[events(chunks)], done=True)
        got = []
        try:
            for chunk in client.chat.completions.create(stream=True, **ASK):
                got.append(chunk)
        except openai.OpenAIError:
            assert len(got) < len(chunks)
        for chunk, sent in zip(got, chunks, strict=False):
            assert same(chunk.to_dict(warnings=False), sent if isinstance(sent, dict) else {})


@few
@given(body=ERROR | JSON, status=STATUS)
def test_any_error_over_http(gloo: LocalGloo, body: Any, status: int) -> None:
    """The exception of its status."""
    with real(gloo) as client:
        headers = {"content-type": JSON_TYPE}
        gloo.fault(COMPLETIONS, status=status, body=encoded(body), headers=headers, times=None)
        with pytest.raises(openai.APIStatusError) as caught:
            client.chat.completions.create(**ASK)
        assert caught.value.status_code == status
