"""Where a call goes, as pure functions: from any path to the one that Gloo has (protocol §1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooAuth, GlooOpenAI
from gloo_openai.endpoints import (
    ENDPOINTS,
    call_of,
    embeddings_path,
    grounded_path,
    is_grounded_path,
    is_v1,
    path_of,
    responses_path,
    url_of,
)
from gloo_openai.testing import LocalGloo

from .traps import ASK
from .worlds import World

RULES: list[Callable[[str], str]] = [grounded_path, embeddings_path, responses_path]
HOST = "https://gateway.example"
HAS = {
    "/ai/v2/chat/completions",
    "/ai/v2/chat/completions/grounded",
    "/ai/v2/guarded/chat/completions",
    "/ai/v2/guarded/responses",
    "/ai/v2/grounded/chat/completions",
    "/ai/v2/direct/chat/completions",
    "/ai/v2/direct/embeddings",
    "/ai/v2/responses",
    "/ai/v1/chat/completions",
    "/ai/v1/responses",
    "/ai/v1/grounded/responses",
}
"""All that protocol §1 knows of."""

names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
prefixes = st.lists(names, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
endpoints = st.sampled_from(["", "/guarded", "/direct", "/grounded"])
calls = st.sampled_from(
    ["chat/completions", "chat/completions/grounded", "embeddings", "responses"]
)
paths = st.text(st.characters(exclude_characters="?#"), max_size=30)


@pytest.mark.parametrize(
    ("path", "grounded"),
    [
        ("/ai/v2/chat/completions", "/ai/v2/chat/completions/grounded"),
        ("/ai/v2/chat/completions/", "/ai/v2/chat/completions/grounded"),
        ("/ai/v2/chat/completions/grounded", "/ai/v2/chat/completions/grounded"),
        ("/ai/v2/guarded/chat/completions", "/ai/v2/grounded/chat/completions"),
        ("/ai/v2/guarded/chat/completions/grounded", "/ai/v2/grounded/chat/completions"),
        ("/ai/v2/direct/chat/completions/", "/ai/v2/grounded/chat/completions"),
        ("/ai/v2/grounded/chat/completions", "/ai/v2/grounded/chat/completions"),
        ("/ai/v2/grounded/chat/completions/grounded", "/ai/v2/grounded/chat/completions"),
        ("/ai/v2/something-new/chat/completions", "/ai/v2/grounded/chat/completions"),
        ("/gloo/ai/v2/guarded/chat/completions", "/gloo/ai/v2/grounded/chat/completions"),
        ("/gloo/ai/v2/chat/completions", "/gloo/ai/v2/chat/completions/grounded"),
        ("/hidden/chat/completions", "/hidden/chat/completions/grounded"),
        ("/hidden/guarded/chat/completions", "/hidden/grounded/chat/completions"),
    ],
)
def test_where_grounded_completions_go(path: str, grounded: str) -> None:
    """Beside the completions of `/ai/v2`, and to a family of their own from any other."""
    assert grounded_path(path) == grounded
    assert is_grounded_path(grounded)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/ai/v2/embeddings", "/ai/v2/direct/embeddings"),
        ("/ai/v2/guarded/embeddings", "/ai/v2/direct/embeddings"),
        ("/ai/v2/grounded/embeddings/", "/ai/v2/direct/embeddings"),
        ("/ai/v2/direct/embeddings", "/ai/v2/direct/embeddings"),
        ("/ai/v2/direct/embeddings/", "/ai/v2/direct/embeddings"),
        ("/ai/v2/something-new/embeddings", "/ai/v2/direct/embeddings"),
        ("/ai/v1/embeddings", "/ai/v2/direct/embeddings"),
        ("/gloo/ai/v2/guarded/embeddings", "/gloo/ai/v2/direct/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/embeddings", "/embeddings"),
        ("/guarded/embeddings", "/guarded/embeddings"),
    ],
)
def test_where_embeddings_go(path: str, there: str) -> None:
    """To `direct`, behind the same prefix; a gateway's own are left alone."""
    assert embeddings_path(path) == there


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/ai/v2/responses", "/ai/v2/responses"),
        ("/ai/v2/guarded/responses", "/ai/v2/guarded/responses"),
        ("/ai/v2/direct/responses", "/ai/v2/guarded/responses"),
        ("/ai/v2/grounded/responses/", "/ai/v2/guarded/responses"),
        ("/ai/v2/something-new/responses", "/ai/v2/something-new/responses"),
        ("/ai/v1/responses", "/ai/v1/responses"),
        ("/ai/v1/grounded/responses", "/ai/v1/grounded/responses"),
        ("/gloo/ai/v2/direct/responses", "/gloo/ai/v2/guarded/responses"),
        ("/v1/responses", "/v1/responses"),
    ],
)
def test_where_responses_go(path: str, there: str) -> None:
    """To `guarded` from the two that have none."""
    assert responses_path(path) == there


@given(prefixes, endpoints, calls)
def test_every_path_of_v2_leads_to_one_that_gloo_has(prefix: str, name: str, call: str) -> None:
    """Behind the prefix that it came with."""
    path = f"{prefix}/ai/v2{name}/{call}"
    rule = {"embeddings": embeddings_path, "responses": responses_path}.get(call, grounded_path)
    assert rule(path).startswith(prefix)
    assert rule(path)[len(prefix) :] in HAS


@given(prefixes, st.sampled_from(sorted(HAS)), st.sampled_from(["", "/"]))
def test_a_path_that_gloo_has_wins(prefix: str, path: str, slash: str) -> None:
    """A call is never moved from where it was sent, but for grounding."""
    written = prefix + path + slash
    if path.endswith("/embeddings"):
        assert embeddings_path(written) == prefix + path
    elif path.endswith("/responses"):
        assert responses_path(written) == written
    elif is_grounded_path(path):
        assert grounded_path(written) == prefix + path


@given(prefixes, names, calls)
def test_an_endpoint_that_comes_later_is_used_for_what_it_may_have(
    prefix: str, name: str, call: str
) -> None:
    """Grounding and embeddings go where they are known to be."""
    path = f"{prefix}/ai/v2/{name}/{call}"
    assert grounded_path(f"{prefix}/ai/v2/{name}/chat/completions") == (
        f"{prefix}/ai/v2/grounded/chat/completions"
    )
    assert embeddings_path(f"{prefix}/ai/v2/{name}/embeddings") == (
        f"{prefix}/ai/v2/direct/embeddings"
    )
    if name not in ENDPOINTS:
        assert responses_path(path) == path


@given(paths)
def test_what_is_not_one_of_gloos_is_left_alone(path: str) -> None:
    """Whatever it looks like; and no rule moves twice."""
    for rule in RULES:
        assert rule(rule(path)) == rule(path)
    if "/ai/v" not in path:
        assert embeddings_path(path) == responses_path(path) == path


@given(
    prefixes, endpoints, calls, st.sampled_from(["", "/"]), st.sampled_from(["", "?a=1", "?a=/b"])
)
def test_a_call_is_known_however_it_is_written(
    prefix: str, name: str, call: str, slash: str, query: str
) -> None:
    """Relative or absolute, with a slash at either end, with a query."""
    kind = {"embeddings": "embeddings", "responses": "response"}.get(call, "completion")
    for url in (call, f"/{call}", f"{HOST}{prefix}/ai/v2{name}/{call}"):
        assert call_of(url + slash + query) == kind
    base_url = f"{HOST}{prefix}/ai/v2{name}"
    whole = f"{prefix}/ai/v2{name}/{call}{slash}"
    for base in (base_url, base_url + "/"):
        for url in (call, f"/{call}", f"{base_url}/{call}"):
            assert path_of(url + slash + query, base) == whole


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "/models",
        "/completions",
        "/images/generations",
        "/responses/resp_1",
        "/chat/completions/id",
        "/my-embeddings",
        "/audio/speech?to=/embeddings",
        "/audio/speech#/embeddings",
    ],
)
def test_what_is_no_call_of_these(url: str) -> None:
    """Nor is what only ends alike."""
    assert call_of(url) is None


@given(prefixes, endpoints, calls, st.sampled_from(["", "?a=1&b=%2F"]))
def test_a_url_that_leads_there_stays_as_it_was_written(
    prefix: str, name: str, call: str, query: str
) -> None:
    """Another is a whole one on the same host, with the same query."""
    base_url = f"{HOST}{prefix}/ai/v2{name}"
    for url in (f"/{call}{query}", f"{HOST}{prefix}/ai/v2{name}/{call}{query}"):
        path = path_of(url, base_url)
        assert url_of(path, base_url, url) == url
        assert url_of("/elsewhere", base_url, url) == f"{HOST}/elsewhere{query}"
    absolute = f"https://other.example/ai/v2/{call}"
    assert url_of("/elsewhere", base_url, absolute) == "https://other.example/elsewhere"
    assert url_of("/elsewhere", base_url) == f"{HOST}/elsewhere"


@pytest.mark.parametrize(
    ("path", "v1"),
    [
        ("/ai/v1/chat/completions", True),
        ("/gloo/ai/v1", True),
        ("/ai/v2/chat/completions", False),
        ("/v1/chat/completions", False),
        ("/ai/v10/chat/completions", False),
    ],
)
def test_v1_is_known_by_its_path(path: str, v1: bool) -> None:
    """A gateway's own `/v1` is none of Gloo's."""
    assert is_v1(path) is v1


# The clients


NOWHERE: Any = {"api_key": "sk-none", "env_file": None}
GROUNDED_ASK: Any = {**ASK, "rag_publisher": "Bezalel"}


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "something-new"])
@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        (None, "https://platform.ai.gloo.com/ai/v2"),
        (HOST, f"{HOST}/ai/v2"),
        (f"{HOST}/ai/v2/", f"{HOST}/ai/v2"),
        (f"{HOST}/gloo/ai/v2", f"{HOST}/gloo/ai/v2"),
        (f"{HOST}/hidden", f"{HOST}/hidden"),
    ],
)
def test_an_endpoint_is_the_same_as_a_base_url_that_ends_so(
    world: World, base_url: str | None, root: str, endpoint: str
) -> None:
    """In the constructor and in a copy; one that the base URL names may be said again."""
    client = world.client(base_url=base_url, endpoint=endpoint, **NOWHERE)
    copy = world.client(base_url=base_url, **NOWHERE).with_options(endpoint=endpoint)
    again = world.client(base_url=f"{root}/{endpoint}", endpoint=endpoint, **NOWHERE)
    for each in (client, copy, again, client.with_options(timeout=3), copy.copy()):
        assert str(each.base_url) == f"{root}/{endpoint}/"


def test_an_endpoint_takes_the_place_of_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """And of that of the client that is copied, or of a shared auth."""
    monkeypatch.setenv("GLOO_BASE_URL", f"{HOST}/ai/v2/guarded")
    client = world.client(endpoint="direct", **NOWHERE)
    assert str(client.base_url) == f"{HOST}/ai/v2/direct/"
    assert str(client.with_options(endpoint="grounded").base_url) == f"{HOST}/ai/v2/grounded/"
    for nothing in (None, ""):
        assert client.with_options(endpoint=nothing).base_url == client.base_url
        assert "guarded" in str(world.client(endpoint=nothing, **NOWHERE).base_url)
    shared = world.client(auth=client.auth, endpoint="something-new")
    assert str(shared.base_url) == f"{HOST}/ai/v2/something-new/"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoint": "chat/completions"}, "not the name of an endpoint"),
        ({"endpoint": 5}, "not the name of an endpoint"),
        ({"endpoint": "/guarded"}, "not the name of an endpoint"),
        ({"endpoint": f"{HOST}/ai/v2/guarded"}, "not the name of an endpoint"),
        ({"endpoint": "direct", "base_url": f"{HOST}/ai/v2/guarded"}, "leave out one of them"),
        ({"endpoint": "direct", "base_url": f"{HOST}/ai/v1"}, "a base URL that ends in /ai/v2"),
        ({"endpoint": "grounded", "grounded": False}, "leave one of them out"),
    ],
)
def test_an_endpoint_that_contradicts_is_refused(
    world: World, options: dict[str, Any], message: str
) -> None:
    """When the client or the copy is made."""
    with pytest.raises(openai.OpenAIError, match=message):
        world.client(**options, **NOWHERE)
    client = world.client(**NOWHERE)
    with pytest.raises(openai.OpenAIError, match=message):
        client.with_options(**options)


def test_a_copy_for_another_endpoint_shares_the_token(gloo: LocalGloo, world: World) -> None:
    """One exchange for all of them."""
    client = world.client()
    for endpoint in ENDPOINTS:
        copy = client.with_options(endpoint=endpoint)
        assert world.call(copy.chat.completions.create, **ASK).choices
        assert gloo.requests[-1].path == f"/ai/v2/{endpoint}/chat/completions"
    assert len(gloo.exchanges) <= 1


@pytest.mark.parametrize("endpoint", [None, *ENDPOINTS])
def test_grounding_works_from_any_endpoint(
    gloo: LocalGloo, world: World, endpoint: str | None
) -> None:
    """For a call, for a client, for a stream, raw, and for what is posted by hand."""
    client = world.client(endpoint=endpoint)
    there = "/ai/v2/grounded/chat/completions" if endpoint else "/ai/v2/chat/completions/grounded"
    create = client.chat.completions.create
    assert world.call(create, **GROUNDED_ASK).sources_returned
    assert world.stream(create, **GROUNDED_ASK)
    assert world.call(client.chat.completions.with_raw_response.create, **GROUNDED_ASK)
    assert world.call(client.with_options(grounded=True).chat.completions.create, **ASK)
    for url in ("/chat/completions", f"{client.base_url}chat/completions", "chat/completions/"):
        world.call(client.post, url, body=GROUNDED_ASK, cast_to=object)
    assert {request.path for request in gloo.completions} == {there}
    assert len(gloo.completions) == 7


def test_a_query_of_a_call_goes_with_it(gloo: LocalGloo, world: World) -> None:
    """Also to another path."""
    client = world.client(endpoint="guarded")
    create = client.chat.completions.create
    world.call(create, **GROUNDED_ASK, extra_query={"a": "1"})
    world.call(client.post, "/chat/completions?b=2", body=GROUNDED_ASK, cast_to=object)
    there = "/ai/v2/grounded/chat/completions"
    assert [(request.path, request.query) for request in gloo.completions] == [
        (there, "a=1"),
        (there, "b=2"),
    ]


CALLS = [
    "/chat/completions",
    "/chat/completions/",
    "/chat/completions/grounded",
    "/responses",
    "/embeddings",
    "/models",
]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        *((f"{HOST}/gloo/ai/v2{call}", f"{HOST}/gloo/ai/v2") for call in CALLS),
        *((f"{HOST}/ai/v2/guarded{call}?a=secret#b", f"{HOST}/ai/v2/guarded") for call in CALLS),
        (f"{HOST}/oauth2/token", HOST),
        (f"{HOST}/platform/v2/models", HOST),
        (f"{HOST}/ai/v2?key=secret", f"{HOST}/ai/v2"),
        (f"{HOST}/ai/v2/#secret", f"{HOST}/ai/v2"),
        (f"{HOST}?secret", HOST),
    ],
)
@pytest.mark.parametrize("place", ["argument", "environment", "file", "auth", "copy"])
def test_a_base_url_that_is_none_is_refused_with_what_to_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, given: str, meant: str
) -> None:
    """From wherever it comes, when the client is made; a query is not shown."""

    def make() -> object:
        if place == "argument":
            return GlooOpenAI(base_url=given, **NOWHERE)
        if place == "auth":
            return GlooAuth(base_url=given, **NOWHERE)
        if place == "copy":
            return GlooOpenAI(**NOWHERE).with_options(base_url=given)
        if place == "environment":
            monkeypatch.setenv("GLOO_BASE_URL", given)
            return GlooOpenAI(**NOWHERE)
        path = tmp_path / ".env"
        path.write_text(f"GLOO_API_KEY=sk\nGLOO_BASE_URL='{given}'\n", encoding="utf-8")
        return GlooOpenAI(env_file=path)

    with pytest.raises(openai.OpenAIError) as caught:
        make()
    message = str(caught.value)
    assert f"Write {meant}." in message
    assert "secret" not in message
    assert {"environment": "GLOO_BASE_URL", "file": ".env"}.get(place, "base_url") in message


@pytest.mark.parametrize("url", ["http://gloo.example/ai/v2?key=secret", "gloo?key=secret"])
def test_a_url_that_is_refused_for_another_reason_shows_no_query_either(url: str) -> None:
    """A key may stand in it."""
    with pytest.raises(openai.OpenAIError, match="from the base_url argument") as caught:
        GlooOpenAI(base_url=url, **NOWHERE)
    assert "secret" not in str(caught.value)
