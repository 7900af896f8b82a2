"""Where a call goes, as pure functions: from any path to the one that Gloo has (protocol §1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("/ai/v2/direct/embeddings/", "/ai/v2/direct/embeddings/"),
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
    for rule in (embeddings_path, responses_path):
        assert rule(prefix + path + slash) == prefix + path + slash
    if is_grounded_path(path):
        assert grounded_path(prefix + path + slash) == prefix + path + slash


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
