"""What it keeps of the requests it saw."""

from __future__ import annotations

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, GRANT, GROUNDED, V2, exchange, send


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


def test_secrets_stay_out_of_failure_messages(local_gloo: LocalGloo) -> None:
    """pytest prints what it compares, so a request does not show its headers and body."""
    exchange(local_gloo)
    assert "Basic" not in repr(local_gloo.requests)
