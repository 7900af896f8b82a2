"""Grounded completions: publishers, sources, citations."""

from __future__ import annotations

import pytest

from gloo_openai.testing import LocalGloo

from .bare_client import AUTO, GROUNDED, send


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
    *chunks, _done = send(local_gloo, GROUNDED[0], {**body, "stream": True}).events
    assert chunks[1]["sources_returned"] is False
    assert all(chunk["choices"] for chunk in chunks)
