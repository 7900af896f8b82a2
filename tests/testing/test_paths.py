"""Which paths there are, and what every answer carries."""

from __future__ import annotations

import pytest

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, V1, V2, send


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ai/v1/chat",
        "/ai/v2/models",
        "/ai/v2/embeddings",
        "/ai/v2/guarded/embeddings",
        "/ai/v2/grounded/embeddings",
        "/ai/v2/guarded/chat/completions/grounded",
        "/ai/v2/direct/responses",
        "/ai/v2/grounded/responses",
        "/ai/v2/images/generations",
        "/ai/v2/files",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path(local_gloo: LocalGloo, path: str, method: str) -> None:
    """Also those that OpenAI has and Gloo has not."""
    got = send(local_gloo, path, method=method)
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
