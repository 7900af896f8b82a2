"""Bytes that nobody planned for, as streams and as token answers: a typed outcome, always.

`FUZZ_EXAMPLES=5000 pytest tests/test_fuzz.py` looks longer, and elsewhere each time.
"""

from __future__ import annotations

import json
import os
import string
from itertools import pairwise
from typing import Any

import openai
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gloo_openai import GlooAuth, GlooOpenAI, TokenExchangeError
from gloo_openai.http_libraries import SDK_LIBRARY

from .conftest import MESSAGES

BY_HAND = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzed = settings(
    max_examples=BY_HAND or 150,
    derandomize=not BY_HAND,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

MANY = [json.dumps(MESSAGES), "null", "[]", "{}", "[DONE]", "7", '"text"', "{", "\ufeff{}", "NaN"]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def chunks(draw: st.DrawFn) -> str:
    """An event that has something of a chunk's shape, any part of which may be odd."""
    delta = {"content": draw(st.text(max_size=6) | JSON), "role": draw(LEAVES)}
    choice: Any = {
        "index": draw(st.integers(0, 2) | LEAVES),
        "delta": draw(st.just(delta) | JSON),
        "finish_reason": draw(st.sampled_from([None, "stop", "length", "error"]) | LEAVES),
    }
    body: Any = {"id": draw(LEAVES), "choices": draw(st.just([choice]) | JSON)}
    for name in draw(st.lists(st.sampled_from(["error", "usage", "citations", "model"]))):
        body[name] = draw(JSON)
    return json.dumps(body)


EVENTS = st.sampled_from(MANY) | chunks() | st.text(string.printable, max_size=20)
FRAMES = st.builds(
    lambda field, data, end: f"{field}{data}{end}".encode("utf-8", "surrogatepass"),
    st.sampled_from(["data: ", "data:", "event: x\ndata: ", ": ", "id: 1\n", "retry: x\n", ""]),
    EVENTS,
    st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n", ""]),
)
STREAMS = st.lists(FRAMES | st.binary(max_size=12), max_size=8)
TOKENS = st.fixed_dictionaries(
    {},
    optional={
        "access_token": st.text(max_size=20) | st.just("a.b.c") | JSON,
        "expires_in": JSON,
        "token_type": JSON,
        "error": JSON,
        "error_description": JSON,
    },
)


def client_of(handle: Any, **options: Any) -> GlooOpenAI:
    """A client on a transport that answers at once."""
    http = SDK_LIBRARY.Client(transport=SDK_LIBRARY.MockTransport(handle))
    return GlooOpenAI(http_client=http, env_file=None, max_retries=0, **options)


class Pieces(SDK_LIBRARY.SyncByteStream):  # type: ignore[name-defined,misc]  # the library is chosen at run time
    """A body that arrives in these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        yield from self._pieces


ODD_TEXT = b'data: {"choices": [{"index": 0, "delta": {"content": {"text": "Count"}}}]}\n\n'


@fuzzed
@example([ODD_TEXT], "text/event-stream")
@given(STREAMS, st.sampled_from(["text/event-stream", "application/json", "text/html"]))
def test_any_bytes_of_a_stream_are_chunks_or_an_error_of_the_sdk(
    pieces: list[bytes], kind: str
) -> None:
    """However they are cut: no other exception, and never a short answer that looks whole."""

    def handle(_request: Any) -> Any:
        return SDK_LIBRARY.Response(200, headers={"content-type": kind}, stream=Pieces(pieces))

    with client_of(handle, api_key="key") as client:
        stream = client.chat.completions.create(model="gloo-auto", messages=MESSAGES, stream=True)
        try:
            for chunk in stream:
                assert chunk.to_dict(warnings=False) is not None
        except openai.OpenAIError:
            return
    ended = b"".join(pieces)
    assert b"[DONE]" in ended or b"finish_reason" in ended, "an unfinished answer passed for whole"


@fuzzed
@given(st.lists(st.text(max_size=10), min_size=1, max_size=6), st.data())
def test_a_good_stream_is_the_same_however_it_is_cut(texts: list[str], data: st.DataObject) -> None:
    """The bytes of the network fall where they will: the text is what was sent."""
    events = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    end = data.draw(st.sampled_from(["\n\n", "\r\n\r\n"]))
    whole = "".join(f"data: {json.dumps(e, ensure_ascii=False)}{end}" for e in events).encode()
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=12))
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges)]

    def handle(_request: Any) -> Any:
        return SDK_LIBRARY.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Pieces(pieces)
        )

    with client_of(handle, api_key="key") as client:
        stream = client.chat.completions.create(model="gloo-auto", messages=MESSAGES, stream=True)
        got = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(got) == "".join(texts)


@fuzzed
@given(
    st.builds(lambda body: json.dumps(body).encode(), TOKENS | JSON) | st.binary(max_size=40),
    st.sampled_from([200, 201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 418, 422]),
    st.dictionaries(
        st.sampled_from(["retry-after", "location", "content-type", "www-authenticate"]),
        st.text(string.printable.strip(), max_size=12),
    ),
)
def test_any_answer_of_the_token_endpoint_is_a_token_or_a_typed_error(
    content: bytes, status: int, headers: dict[str, str]
) -> None:
    """A bearer that can stand in a header, or an error that does not show the secret."""
    secret = "s3cret-of-the-fuzz"

    def handle(request: Any) -> Any:
        if request.url.path == "/oauth2/token":
            return SDK_LIBRARY.Response(status, headers=headers, content=content)
        bearers.append(request.headers["authorization"])
        body = {"choices": [{"index": 0, "message": {"content": "Yes."}, "finish_reason": "stop"}]}
        return SDK_LIBRARY.Response(200, json=body)

    bearers: list[str] = []
    auth = GlooAuth("id", secret, env_file=None)
    with client_of(handle, auth=auth) as client:
        failure: Any = None
        try:
            client.chat.completions.create(model="gloo-auto", messages=MESSAGES)
        except (TokenExchangeError, openai.AuthenticationError) as error:
            failure = error
    if failure is not None:
        assert secret not in f"{failure} {failure!r} {failure.body!r}"
        assert not bearers
        return
    assert 200 <= status < 300
    assert json.loads(content)["access_token"] == bearers[0].removeprefix("Bearer ")
    assert auth.expires_in is not None
    assert 0 < auth.expires_in <= 86_400
