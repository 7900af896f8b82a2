"""The .env file: which one is read, when, and what of it goes with what."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import openai
import pytest

from gloo_openai import GlooAuth, GlooOpenAI, MissingCredentialsError
from gloo_openai.testing import LocalGloo

from ..conftest import pair_of
from ..traps import ASK
from ..worlds import World
from .places import GLOO, GLOO_AI, KEY, ORIGIN, dotenv, environ


def test_a_dotenv_is_found_upwards(
    local_gloo: LocalGloo, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the working directory; and nothing of it gets into `os.environ`."""
    dotenv(tmp_path, **pair_of(local_gloo))
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    before = dict(os.environ)
    client = world.client()
    assert world.call(client.chat.completions.create, **ASK).choices
    assert dict(os.environ) == before
    assert len(local_gloo.exchanges) == 1


def test_a_dotenv_is_read_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local_gloo: LocalGloo
) -> None:
    """A dollar in a secret is a dollar: nothing of the environment is put in its place."""
    environ(monkeypatch, HOST_SECRET="expanded")
    local_gloo.client_secret = "pa${HOST_SECRET}word"
    dotenv(tmp_path, **pair_of(local_gloo))
    assert GlooAuth().token() in local_gloo.tokens


def test_a_dotenv_can_be_switched_off_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`env_file=None`, and a path as str or Path, which then is the only one that is read."""
    dotenv(tmp_path, **GLOO)
    with pytest.raises(MissingCredentialsError, match="env_file=None"):
        GlooAuth(env_file=None)
    named = tmp_path / "production.env"
    named.write_text("GLOO_API_KEY=static\nGLOO_BASE=https://production.example\n")
    for path in (named, str(named)):
        auth = GlooAuth(env_file=path)
        assert auth.sources["credentials"] == f"GLOO_API_KEY in {named}"
        assert auth.base_url == "https://production.example/ai/v2"


def test_a_named_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Missing, a folder, or no text: it was asked for, so nothing else is taken instead."""
    binary = tmp_path / "binary.env"
    binary.write_bytes(b"GLOO_API_KEY=\xff\xfe\n")
    for path in (tmp_path / "missing.env", tmp_path, binary):
        with pytest.raises(openai.OpenAIError, match="env_file="):
            GlooAuth("id", "secret", env_file=path)


def test_a_found_file_that_cannot_be_read_stops_nobody(tmp_path: Path) -> None:
    """It may be somebody else's; only if credentials are missing, the error mentions it."""
    (tmp_path / ".env").write_bytes(b"GLOO_API_KEY=\xff\xfe\n")
    assert GlooAuth("id", "secret").base_url == ORIGIN + "/ai/v2"
    with pytest.raises(MissingCredentialsError, match="cannot be read"):
        GlooAuth()


@pytest.mark.parametrize("name", ["GLOO_BASE_URL", "GLOO_BASE"])
def test_a_url_of_a_file_never_meets_credentials_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A foreign folder must not have the secret sent to its own host."""
    file = dotenv(tmp_path, **{name: "https://foreign.example"}, **GLOO)
    assert GlooAuth().base_url == "https://foreign.example/ai/v2"
    for options in ({"client_id": "id", "client_secret": "secret"}, {"api_key": "key"}):
        for more in ({}, {"env_file": file}):
            auth = GlooAuth(**options, **more)
            assert (auth.base_url, auth.token_url) == (ORIGIN + "/ai/v2", ORIGIN + "/oauth2/token")
    for values in (GLOO, GLOO_AI, KEY):
        with monkeypatch.context() as patch:
            environ(patch, **values)
            auth = GlooAuth()
            assert (auth.base_url, auth.token_url) == (ORIGIN + "/ai/v2", ORIGIN + "/oauth2/token")


def test_a_url_of_a_file_never_meets_credentials_of_a_derived_client(tmp_path: Path) -> None:
    """Nor a key that is assigned; with a base URL of their own they go there."""
    dotenv(tmp_path, GLOO_BASE_URL="https://foreign.example", **GLOO)
    client = GlooOpenAI()
    others: list[dict[str, Any]] = [{"client_id": "id", "client_secret": "s"}, {"api_key": "key"}]
    for options in others:
        with pytest.raises(openai.OpenAIError, match=r"pass base_url=") as caught:
            client.with_options(**options)
        assert ".env" in str(caught.value)
        assert str(client.with_options(base_url=ORIGIN, **options).base_url).startswith(ORIGIN)
    with pytest.raises(openai.OpenAIError, match=r"pass base_url="):
        client.api_key = "key"
    assert client.with_options(timeout=1).auth is client.auth


@pytest.mark.parametrize("name", ["token_url", "env_file"])
def test_a_derived_client_takes_settings_of_credentials_with_credentials_only(name: str) -> None:
    """They would change nothing."""
    client = GlooOpenAI(client_id="id", client_secret="secret")
    options: Any = {name: f"{ORIGIN}/token"}
    with pytest.raises(openai.OpenAIError, match=f"{name}= goes with credentials"):
        client.with_options(**options)
