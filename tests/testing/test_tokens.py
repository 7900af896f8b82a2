"""Tokens, and the endpoint they come from."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from gloo_openai.testing import LocalGloo

from .bare_client import (
    ALL_RESPONSES,
    DIRECT,
    EMBEDDINGS,
    FAMILIES,
    GRANT,
    MODEL,
    V1,
    V2,
    exchange,
    send,
)


def claims_of(token: str) -> Any:
    """The claims of a JWT, unverified, as a client reads them."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


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


def test_missing_authorization(local_gloo: LocalGloo) -> None:
    """401, word for word."""
    got = send(local_gloo, V2, DIRECT, token=None)
    assert got.status == 401
    assert got.json == {
        "error": "Missing Authorization",
        "code": "unauthorized_missing_authorization",
    }


@pytest.mark.parametrize("path", [V1, *FAMILIES, EMBEDDINGS, *ALL_RESPONSES])
def test_every_family_takes_issued_tokens_and_static_keys(local_gloo: LocalGloo, path: str) -> None:
    """And refuses anything else with a 401."""
    model = "gloo-baai-bge-base-en-v1.5" if path == EMBEDDINGS else MODEL
    body = {**DIRECT, "model": model, "input": "Hello!"}
    for token in (exchange(local_gloo).json["access_token"], local_gloo.issue_token(), "sk_local"):
        assert send(local_gloo, path, body, token=token).status == 200
    for token in ("unknown", "sk_wrong"):
        got = send(local_gloo, path, body, token=token)
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


def test_credentials_can_be_rotated(local_gloo: LocalGloo) -> None:
    """The old secret is then wrong."""
    local_gloo.client_secret = "another"
    assert exchange(local_gloo, basic="local-client:local-secret").status == 400
    assert exchange(local_gloo).status == 200
