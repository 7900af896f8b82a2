"""Where credentials, URLs and the default model come from, and which place wins."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import openai
import pytest

from gloo_openai import (
    AsyncGlooOpenAI,
    GlooAuth,
    GlooOpenAI,
    MissingCredentialsError,
    RoutingError,
)
from gloo_openai.testing import LocalGloo

from ..traps import ASK
from ..worlds import World

GLOO = {"GLOO_CLIENT_ID": "from-gloo", "GLOO_CLIENT_SECRET": "secret-gloo"}
GLOO_AI = {"GLOO_AI_CLIENT_ID": "from-gloo-ai", "GLOO_AI_CLIENT_SECRET": "secret-gloo-ai"}
KEY = {"GLOO_API_KEY": "static"}
ORIGIN = "https://platform.ai.gloo.com"


def environ(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set these variables."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def dotenv(folder: Path, **values: str) -> Path:
    """Write a .env file."""
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return file


def source(**options: Any) -> str:
    """Where the credentials came from, as the hook tells it."""
    return GlooAuth(**options).sources["credentials"]


# Credentials


def test_the_order_of_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each place wins over those below it: taken away one by one, from the top."""
    file = dotenv(tmp_path, **GLOO, **GLOO_AI, **KEY)
    environ(monkeypatch, **GLOO, **GLOO_AI, **KEY)
    assert "argument" in source(client_id="id", client_secret="secret")
    assert "argument" in source(api_key="key")
    assert source() == "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment"
    monkeypatch.delenv("GLOO_CLIENT_ID")
    assert source() == "GLOO_AI_CLIENT_ID and GLOO_AI_CLIENT_SECRET in the environment"
    monkeypatch.delenv("GLOO_AI_CLIENT_SECRET")
    assert source() == "GLOO_API_KEY in the environment"
    monkeypatch.delenv("GLOO_API_KEY")
    assert source() == f"GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in {file}"
    dotenv(tmp_path, **GLOO_AI, **KEY)
    assert source() == f"GLOO_AI_CLIENT_ID and GLOO_AI_CLIENT_SECRET in {file}"
    dotenv(tmp_path, **KEY)
    assert source() == f"GLOO_API_KEY in {file}"
    file.unlink()
    with pytest.raises(MissingCredentialsError):
        source()


@pytest.mark.parametrize("pair", [GLOO, GLOO_AI])
def test_both_pairs_are_exchanged(
    local_gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, pair: dict[str, str]
) -> None:
    """`GLOO_…` and `GLOO_AI_…`, as they stand in the environment, spaces and all around them."""
    local_gloo.client_id, local_gloo.client_secret = pair.values()
    environ(monkeypatch, **{name: f" {value}\n" for name, value in pair.items()})
    client = world.client(base_url=local_gloo.origin)
    assert world.call(client.chat.completions.create, **ASK).choices
    assert len(local_gloo.exchanges) == 1


def test_a_static_key_needs_no_exchange(
    local_gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`GLOO_API_KEY`."""
    local_gloo.static_keys = {"static"}
    environ(monkeypatch, **KEY, GLOO_BASE=local_gloo.origin)
    client = world.client()
    assert world.call(client.chat.completions.create, **ASK).choices
    assert not local_gloo.exchanges
    assert client.auth.expires_in is None


def test_missing_credentials_name_every_place(tmp_path: Path) -> None:
    """At construction, with what to do."""
    for kind in (GlooAuth, GlooOpenAI, AsyncGlooOpenAI):
        with pytest.raises(MissingCredentialsError) as caught:
            kind()
        text = str(caught.value)
        assert isinstance(caught.value, openai.OpenAIError)
        for place in (*GLOO, *GLOO_AI, *KEY, "client_id=", "api_key=", "auth=", ".env", "Studio"):
            assert place in text, place


@pytest.mark.parametrize("kind", [GlooAuth, GlooOpenAI, AsyncGlooOpenAI])
def test_a_reporter_of_locals_shows_the_error_of_a_constructor(kind: Any) -> None:
    """As `unittest --locals` and crash reporters do: what is half built has a repr."""
    try:
        kind(env_file=None)
    except MissingCredentialsError as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert "Looked at, in this order" in "".join(report.format())
    else:
        pytest.fail("there are no credentials")


@pytest.mark.parametrize("half", [*GLOO, *GLOO_AI])
def test_half_a_pair_is_none_and_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, half: str
) -> None:
    """In the environment and in a file; two halves from two places make no pair."""
    environ(monkeypatch, **{half: "value-of-it"})
    with pytest.raises(
        MissingCredentialsError, match=f"{half} is set in the environment"
    ) as caught:
        GlooAuth()
    assert "value-of-it" not in str(caught.value)
    monkeypatch.delenv(half)
    file = dotenv(tmp_path, **{half: "value-of-it"})
    with pytest.raises(MissingCredentialsError, match=f"{half} is set in {file}"):
        GlooAuth()
    other = half.replace("ID", "SECRET") if half.endswith("ID") else half.replace("SECRET", "ID")
    environ(monkeypatch, **{other: "value"})
    with pytest.raises(MissingCredentialsError):
        GlooAuth()


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_half_a_pair_of_arguments_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever the environment has: it would be a guess which secret is meant."""
    environ(monkeypatch, **GLOO)
    with pytest.raises(openai.OpenAIError, match=f"{name}= was passed without"):
        GlooAuth(**{name: "value"})


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_values_count_as_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, blank: str
) -> None:
    """As CI systems set them for secrets that don't exist."""
    names = (*GLOO, *KEY, "GLOO_BASE_URL", "GLOO_BASE", "GLOO_MODEL")
    environ(monkeypatch, **dict.fromkeys(names, blank), **GLOO_AI)
    auth = GlooAuth(client_id="", client_secret="", base_url="", token_url="", api_key="")
    assert "GLOO_AI_CLIENT_ID" in auth.sources["credentials"]
    assert auth.base_url == ORIGIN + "/ai/v2"


def test_credentials_beside_a_key_or_an_auth_are_an_error(world: World) -> None:
    """One of them would be ignored, and which is anybody's guess."""
    pair = {"client_id": "id", "client_secret": "secret"}
    with pytest.raises(openai.OpenAIError, match="either api_key="):
        world.client(**pair, api_key="key")
    auth = GlooAuth(**pair)
    for more in (pair, {"api_key": "key"}, {"token_url": ORIGIN}):
        with pytest.raises(openai.OpenAIError, match="auth= brings its own"):
            world.client(auth=auth, **more)


# .env


def test_a_dotenv_is_found_upwards(
    local_gloo: LocalGloo, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the working directory; and nothing of it gets into `os.environ`."""
    dotenv(tmp_path, **local_gloo.environ)
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
    dotenv(tmp_path, **local_gloo.environ)
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


# URLs


def test_the_order_of_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Argument, `GLOO_BASE_URL`, `GLOO_BASE`, the file, Gloo."""
    file = dotenv(tmp_path, GLOO_BASE_URL="https://file.example", **GLOO)
    environ(monkeypatch, GLOO_BASE_URL="https://url.example", GLOO_BASE="https://base.example")
    assert GlooAuth(base_url="https://argument.example").base_url.startswith("https://argument.")
    assert GlooAuth().base_url.startswith("https://url.")
    monkeypatch.delenv("GLOO_BASE_URL")
    assert GlooAuth().base_url.startswith("https://base.")
    monkeypatch.delenv("GLOO_BASE")
    auth = GlooAuth()
    assert auth.base_url.startswith("https://file.")
    assert auth.sources["base_url"] == f"GLOO_BASE_URL in {file}"
    dotenv(tmp_path, **GLOO)
    assert GlooAuth().base_url == ORIGIN + "/ai/v2"


@pytest.mark.parametrize(
    ("given", "used", "token"),
    [
        ("https://a.example", "https://a.example/ai/v2", "https://a.example/oauth2/token"),
        ("https://a.example/", "https://a.example/ai/v2", "https://a.example/oauth2/token"),
        ("https://a.example/ai/v1", "https://a.example/ai/v1", "https://a.example/oauth2/token"),
        (
            "https://a.example:8443/x/y",
            "https://a.example:8443/x/y",
            "https://a.example:8443/oauth2/token",
        ),
        (" https://a.example\n", "https://a.example/ai/v2", "https://a.example/oauth2/token"),
    ],
)
def test_a_bare_origin_gets_a_path_and_a_path_is_kept(given: str, used: str, token: str) -> None:
    """`/ai/v2`; the token endpoint is on the same origin."""
    auth = GlooAuth("id", "secret", base_url=given)
    assert (auth.base_url, auth.token_url) == (used, token)
    with GlooOpenAI(client_id="id", client_secret="secret", base_url=given) as client:
        assert str(client.base_url).rstrip("/") == used


@pytest.mark.parametrize("path", ["/ai/v1", "/ai/v2/guarded", "/ai/v2/direct", "/ai/v2/grounded"])
def test_every_family_is_reached_by_its_path(gloo: LocalGloo, world: World, path: str) -> None:
    """With one and the same token endpoint."""
    client = world.client(base_url=gloo.origin + path)
    assert world.call(client.chat.completions.create, **ASK).choices
    assert gloo.completions[0].path == path + "/chat/completions"


@pytest.mark.parametrize(
    "url", ["platform.ai.gloo.com", "ftp://a.example", "https://", "https://[::1", "https://a:b/"]
)
def test_what_is_no_url_is_an_error_that_names_its_place(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """At construction."""
    environ(monkeypatch, GLOO_BASE_URL=url, **GLOO)
    with pytest.raises(openai.OpenAIError, match="GLOO_BASE_URL in the environment, is not a URL"):
        GlooAuth()
    with pytest.raises(openai.OpenAIError, match="token_url argument, is not a URL"):
        GlooAuth(token_url=url, base_url=ORIGIN)


def test_a_token_url_of_its_own(gloo: LocalGloo, world: World) -> None:
    """Elsewhere than the API: credentials go there, tokens don't."""
    with LocalGloo() as issuer:
        token = gloo.issue_token()
        issuer.fault("/oauth2/token", status=200, body={"access_token": token})
        client = world.client(token_url=issuer.origin + "/oauth2/token")
        assert world.call(client.chat.completions.create, **ASK).choices
        assert len(issuer.requests) == 1
    assert not gloo.exchanges


# The default model


def test_the_default_model(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A call, then the argument, then `GLOO_MODEL`, then that of the file."""
    names = ["gloo-auto-openai", "gloo-auto-google", "gloo-auto-anthropic", "gloo-auto-open-source"]
    dotenv(tmp_path, GLOO_MODEL=names[3])
    body: dict[str, Any] = {"messages": ASK["messages"]}
    world.call(world.client().chat.completions.create, **body)
    monkeypatch.setenv("GLOO_MODEL", names[2])
    world.call(world.client().chat.completions.create, **body)
    client = world.client(default_model=names[1])
    world.call(client.chat.completions.create, **body)
    world.call(client.with_options(timeout=9).chat.completions.create, **body)
    world.call(client.chat.completions.create, model=names[0], **body)
    sent = [request.json["model_family"] for request in gloo.completions]
    assert sent == ["open source", "anthropic", "google", "google", "openai"]
    for none in (world.client(default_model=""), client.with_options(default_model="")):
        with pytest.raises(RoutingError):
            world.call(none.with_options(timeout=9).chat.completions.create, **body)
