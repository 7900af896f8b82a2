"""A user's script behaves the same with `GlooOpenAI` as with `OpenAI` and a valid token.

Every script here runs on both clients against one local Gloo; the results are compared field by
field, and so are the requests as they came over the wire.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import openai
import pytest
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from .conftest import MESSAGES
from .forward_proxy import forward_proxy
from .worlds import World

MODEL = "gloo-openai-gpt-5-mini"
CALL: dict[str, Any] = {"model": MODEL, "messages": MESSAGES}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }
]
QUICK = {"retry-after-ms": "1"}
"""A header that keeps the SDK from waiting between its retries."""

Script = Callable[[World, Any], Any]


class Verse(BaseModel):
    book: str
    chapter: int


def create(world: World, client: Any) -> Any:
    """The plain call."""
    return world.call(client.chat.completions.create, **CALL, temperature=0.5, max_tokens=2048)


def create_streamed(world: World, client: Any) -> Any:
    """Every chunk of a streamed call."""
    options = {"include_usage": True}
    return world.stream(client.chat.completions.create, **CALL, stream_options=options)


def use_tools(world: World, client: Any) -> Any:
    """A tool call, and the second turn that answers it."""
    first = world.call(client.chat.completions.create, **CALL, tools=TOOLS, tool_choice="required")
    message = first.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}
    turn = [*MESSAGES, message, result]
    second = world.call(client.chat.completions.create, model=MODEL, messages=turn, tools=TOOLS)
    return [first, second]


def parse(world: World, client: Any) -> Any:
    """An answer as an object of the user's own."""
    answer = world.call(client.chat.completions.parse, **CALL, response_format=Verse)
    assert isinstance(answer.choices[0].message.parsed, Verse)
    return answer


def beta_parse(world: World, client: Any) -> Any:
    """The same under the name it had before."""
    return world.call(client.beta.chat.completions.parse, **CALL, response_format=Verse)


def stream_helper(world: World, client: Any) -> Any:
    """The events of the stream helper and its final completion, parsed."""
    manager = client.chat.completions.stream(**CALL, response_format=Verse)
    if not world.is_async:
        with manager as stream:
            return [*stream, of_the_sdk(stream.get_final_completion())]

    async def run() -> Any:
        async with manager as stream:
            events = [event async for event in stream]
            return [*events, of_the_sdk(await stream.get_final_completion())]

    return world.call(run)


def of_the_sdk(completion: Any) -> dict[str, Any]:
    """The SDK's fields: of Gloo's it keeps those of the first chunk only, and ours all."""
    return {name: getattr(completion, name) for name in ChatCompletion.model_fields}


def raw_response(world: World, client: Any) -> Any:
    """Status and headers beside the parsed answer."""
    raw = world.call(client.chat.completions.with_raw_response.create, **CALL)
    return [raw.status_code, raw.headers["content-type"], raw.retries_taken, raw.parse()]


def client_wide_raw_response(world: World, client: Any) -> Any:
    """`with_raw_response` where it stands before the resource."""
    return world.call(client.with_raw_response.chat.completions.create, **CALL).parse()


def streaming_response(world: World, client: Any) -> Any:
    """The lines of a response that is read by hand."""
    manager = client.chat.completions.with_streaming_response.create(**CALL)
    if not world.is_async:
        with manager as response:
            return [response.status_code, len([*response.iter_lines()])]

    async def run() -> Any:
        async with manager as response:
            return [response.status_code, len([line async for line in response.iter_lines()])]

    return world.call(run)


def view(world: World, client: Any) -> Any:
    """A view with other options, and with headers and a query of its own."""
    other = client.with_options(
        timeout=7,
        max_retries=5,
        default_headers={"x-team": "youth"},
        set_default_query={"trace": "1"},
    )
    assert (other.timeout, other.max_retries) == (7, 5)
    extra = {"extra_headers": {"x-one": "1"}, "extra_query": {"two": "2"}}
    return world.call(other.chat.completions.create, **CALL, **extra, timeout=9)


def post(world: World, client: Any) -> Any:
    """The raw POST."""
    return world.call(
        client.post, "/chat/completions", body=CALL, cast_to=openai.types.chat.ChatCompletion
    )


SCRIPTS = [
    create,
    create_streamed,
    use_tools,
    parse,
    beta_parse,
    stream_helper,
    raw_response,
    client_wide_raw_response,
    streaming_response,
    view,
    post,
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_behaves_the_same(world: World, gloo: LocalGloo, script: Script) -> None:
    """Same results, same requests."""
    ours, theirs = on_both(world, gloo, script)
    assert ours["result"] == theirs["result"]
    assert ours["requests"] == theirs["requests"]
    assert ours["requests"]


@pytest.mark.parametrize("family", ["direct", "guarded"])
def test_other_resources_behave_the_same(world: World, gloo: LocalGloo, family: str) -> None:
    """Embeddings and responses: the same requests, and the same of what arrived."""

    def script(world: World, client: Any) -> Any:
        if family == "direct":
            # Left out, it is `float` here: `base64` is in no document of Gloo's.
            asked = {"model": "gloo-baai-bge", "input": ["a", "b"], "encoding_format": "float"}
            return world.call(client.embeddings.create, **asked)
        return world.call(client.responses.create, model=MODEL, input="Hello!").to_dict()

    ours, theirs = on_both(world, gloo, script, path=f"/ai/v2/{family}")
    assert ours == theirs


def test_errors_are_of_the_same_class(world: World, gloo: LocalGloo) -> None:
    """What caught the SDK's exceptions goes on catching them, with the same fields."""

    def fail(world: World, client: Any, status: int) -> Any:
        body = {"error": {"message": "No.", "type": "odd", "code": "odd"}}
        gloo.fault("/chat/completions", status=status, body=body)
        with pytest.raises(openai.APIStatusError) as caught:
            create(world, client)
        error = caught.value
        assert error.request_id
        return [type(error).__name__, error.status_code, error.body, error.response.json()]

    def script(world: World, client: Any) -> Any:
        return [fail(world, client, each) for each in (400, 403, 404, 409, 422, 429, 500, 503)]

    ours, theirs = on_both(world, gloo, script, max_retries=0)
    assert ours == theirs


def test_a_401_that_stays_is_the_same_error(world: World, gloo: LocalGloo) -> None:
    """The adapter asks once more with a new token; then the caller gets what the SDK raises."""

    def script(world: World, client: Any) -> Any:
        gloo.fault("/chat/completions", status=401, body={"error": "No."}, times=2)
        with pytest.raises(openai.AuthenticationError) as caught:
            create(world, client)
        gloo.clear_faults()
        return [type(caught.value).__name__, caught.value.status_code]

    ours, theirs = on_both(world, gloo, script, max_retries=0)
    assert ours["result"] == theirs["result"]
    assert (len(ours["requests"]), len(theirs["requests"])) == (2, 1)


@pytest.mark.parametrize(
    ("status", "max_retries", "failures"),
    [(408, 2, 2), (409, 2, 3), (429, 1, 1), (429, 1, 2), (500, 2, 3), (503, 0, 1)],
)
def test_retries_are_as_many(
    world: World, gloo: LocalGloo, status: int, max_retries: int, failures: int
) -> None:
    """A fault that passes is ridden out in as many tries; one that stays, after as many."""

    def script(world: World, client: Any) -> Any:
        gloo.fault("/chat/completions", status=status, headers=QUICK, times=failures)
        try:
            return create(world, client)
        except openai.APIStatusError as error:
            return type(error).__name__

    ours, theirs = on_both(world, gloo, script, max_retries=max_retries)
    assert ours == theirs
    assert len(ours["requests"]) == min(failures, max_retries) + 1


def test_timeouts_are_the_same(world: World, gloo: LocalGloo) -> None:
    """An answer that is too late is an `APITimeoutError`."""
    let_go = threading.Event()

    def script(world: World, client: Any) -> Any:
        gloo.fault("/chat/completions", hold=let_go)
        with pytest.raises(openai.APITimeoutError) as caught:
            world.call(client.with_options(timeout=0.3).chat.completions.create, **CALL)
        return [type(caught.value).__name__, caught.value.message]

    ours, theirs = on_both(world, gloo, script, max_retries=0)
    let_go.set()
    assert ours == theirs


def test_broken_connections_are_the_same(world: World, gloo: LocalGloo) -> None:
    """A connection that breaks is an `APIConnectionError`."""

    def script(world: World, client: Any) -> Any:
        gloo.fault("/chat/completions", drop="before")
        with pytest.raises(openai.APIConnectionError) as caught:
            create(world, client)
        return [type(caught.value).__name__, caught.value.message]

    ours, theirs = on_both(world, gloo, script, max_retries=0)
    assert ours == theirs


def test_client_wide_headers_and_query_are_the_same(world: World, gloo: LocalGloo) -> None:
    """`default_headers`, `default_query`, `organization`, `project` go with every request."""
    options: dict[str, Any] = {
        "default_headers": {"x-team": "youth"},
        "default_query": {"trace": "1"},
        "organization": "an-org",
        "project": "a-project",
    }
    ours, theirs = on_both(world, gloo, create, **options)
    assert ours == theirs
    assert ours["requests"][0]["headers"]["openai-organization"] == "an-org"


def test_a_custom_http_client_is_used(world: World, gloo: LocalGloo) -> None:
    """Its pool serves the exchange too, and its own headers go with the calls."""
    http = world.http(headers={"x-mine": "1"})
    client = world.client(http_client=http)
    world.call(client.chat.completions.create, **CALL)
    assert [request.headers["x-mine"] for request in gloo.completions] == ["1"]
    assert gloo.connections == 1


def test_a_proxy_is_used(world: World, gloo: LocalGloo) -> None:
    """For the exchange and for the calls."""
    with forward_proxy() as (url, seen):
        client = world.client(http_client=world.http(proxy=url))
        answer = world.call(client.chat.completions.create, **CALL)
        assert answer.choices[0].message.content
        assert seen == ["/oauth2/token", "/ai/v2/chat/completions"]
        world.close()


def test_a_proxy_of_the_environment_is_not_used_on_the_way_to_loopback(
    world: World, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own HTTP clients go directly; a given one that follows it is refused."""
    with forward_proxy() as (url, seen):
        monkeypatch.setenv("HTTP_PROXY", url)
        given = world.client(http_client=world.http())
        with pytest.raises(openai.OpenAIError, match=r"Add 127\.0\.0\.1 to NO_PROXY"):
            world.call(given.chat.completions.create, **CALL)
        if world.http_library is SDK_LIBRARY:
            answer = world.call(world.client().chat.completions.create, **CALL)
            assert answer.choices[0].message.content
        assert seen == []
        world.close()


@pytest.mark.usefixtures("gloo")
def test_a_client_can_be_looked_through(world: World) -> None:
    """As a mock with its specification does, and `inspect`; what Gloo has not is not there."""
    client = world.client()
    assert mock.create_autospec(client, instance=True).chat
    assert dict(inspect.getmembers(client))["max_retries"] == 2
    assert not hasattr(client, "websocket_base_url")


def test_a_client_is_a_context_manager(world: World, gloo: LocalGloo) -> None:
    """It is closed when the block ends; it is the SDK's client to `isinstance`."""

    def script(world: World, client: Any) -> Any:
        if not world.is_async:
            with client as opened:
                answer = create(world, opened)
        else:

            async def run() -> Any:
                async with client as opened:
                    return await opened.chat.completions.create(**CALL)

            answer = world.call(run)
        assert client.is_closed()
        return answer

    ours, theirs = on_both(world, gloo, script)
    assert ours["result"] == theirs["result"]
    kind = openai.AsyncOpenAI if world.is_async else openai.OpenAI
    assert isinstance(world.client(), kind)


def on_both(
    world: World, gloo: LocalGloo, script: Script, path: str = "/ai/v2", **options: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a script on our client and on the SDK's: what it returned and what was sent, each."""
    url = f"{gloo.origin}{path}"
    clients = (
        world.client(base_url=url, **options),
        world.openai(base_url=url, api_key=gloo.issue_token(), **options),
    )
    outcomes: list[dict[str, Any]] = []
    for client in clients:
        gloo.reset()
        result = comparable(script(world, client))
        outcomes.append({"result": result, "requests": sent(gloo)})
    return outcomes[0], outcomes[1]


def sent(gloo: LocalGloo) -> list[dict[str, Any]]:
    """The requests but the exchanges: everything that has to be the same."""
    # The bearer differs, and the SDK puts the name of the client's class in the user agent.
    apart = {"authorization", "user-agent"}
    return [
        {
            "line": (request.method, request.path, request.query),
            "headers": {k: v for k, v in request.headers.items() if k not in apart},
            "body": comparable(request.json),
        }
        for request in gloo.requests
        if request not in gloo.exchanges
    ]


def comparable(value: Any) -> Any:
    """Plain data without what is never the same twice."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, dict):
        random = {"id", "tool_call_id", "item_id", "trace_id", "created", "created_at"}
        return {key: comparable(each) for key, each in value.items() if key not in random}
    return [comparable(each) for each in value] if isinstance(value, list | tuple) else value
