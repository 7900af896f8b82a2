"""Where credentials, URLs and the default model come from, and which place wins."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from .places import AI_KEY, GLOO, GLOO_AI, KEY, ORIGIN, dotenv, environ, source

# Credentials


def test_the_order_of_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each place wins over those below it, a key over a pair: taken away one by one."""
    everything = {**KEY, **AI_KEY, **GLOO, **GLOO_AI}
    file = dotenv(tmp_path, **everything)
    environ(monkeypatch, **everything)
    assert "argument" in source(client_id="id", client_secret="secret")
    assert "argument" in source(api_key="key")
    for place in ("the environment", str(file)):
        assert source() == f"GLOO_API_KEY in {place}"
        without(monkeypatch, file, "GLOO_API_KEY")
        assert source() == f"GLOO_AI_API_KEY in {place}"
        without(monkeypatch, file, "GLOO_AI_API_KEY")
        assert source() == f"GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in {place}"
        without(monkeypatch, file, "GLOO_CLIENT_ID")
        assert source() == f"GLOO_AI_CLIENT_ID and GLOO_AI_CLIENT_SECRET in {place}"
        without(monkeypatch, file, *everything)
        dotenv(tmp_path, **everything)
    file.unlink()
    with pytest.raises(MissingCredentialsError):
        source()


def without(monkeypatch: pytest.MonkeyPatch, file: Path, *names: str) -> None:
    """Take variables away, from the environment and from the file."""
    for name in names:
        monkeypatch.delenv(name, raising=False)
    lines = file.read_text(encoding="utf-8").splitlines()
    left = (line for line in lines if line.partition("=")[0] not in names)
    file.write_text("\n".join(left), encoding="utf-8")


NAMES = ["GLOO_API_KEY", "GLOO_AI_API_KEY", *GLOO, *GLOO_AI]
STANDS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["a-value", "your_key", " "]))


@given(in_environment=STANDS, in_file=STANDS)
def test_the_first_of_an_order_is_taken_whatever_is_there(
    tmp_path_factory: pytest.TempPathFactory,
    in_environment: dict[str, str],
    in_file: dict[str, str],
) -> None:
    """Every selection of names, real values and placeholders, in both places."""
    file = dotenv(tmp_path_factory.mktemp("places"), **in_file)
    wanted = [(name,) for name in NAMES[:2]] + [tuple(NAMES[2:4]), tuple(NAMES[4:])]
    places = [("the environment", in_environment), (str(file), in_file)]
    sources = [
        f"{' and '.join(names)} in {place}"
        for place, values in places
        for names in wanted
        if all(values.get(name) == "a-value" for name in names)
    ]
    with pytest.MonkeyPatch.context() as patch:
        environ(patch, **in_environment)
        if sources:
            auth = GlooAuth(env_file=file)
            assert auth.sources["credentials"] == sources[0]
        else:
            with pytest.raises(MissingCredentialsError):
                GlooAuth(env_file=file)


def test_what_was_taken_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By `repr` and in one line on DEBUG, with what was there too and is not used."""
    caplog.set_level("DEBUG", logger="gloo_openai")
    environ(monkeypatch, **KEY, **GLOO)
    auth = GlooAuth()
    assert "GLOO_API_KEY in the environment" in repr(auth)
    assert repr(GlooOpenAI(auth=auth)).startswith(
        "GlooOpenAI(base_url='https://platform.ai.gloo.com"
    )
    assert "GLOO_API_KEY in the environment" in repr(AsyncGlooOpenAI(auth=auth))
    assert auth.unused == ("GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment",)
    (line,) = caplog.messages
    assert line == (
        "credentials are taken from GLOO_API_KEY in the environment; not used: GLOO_CLIENT_ID and "
        "GLOO_CLIENT_SECRET in the environment"
    )
    assert GlooAuth(api_key="given").unused == ()
    monkeypatch.delenv("GLOO_API_KEY")
    assert GlooAuth().unused == ()


def test_the_same_key_under_two_names_is_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Gloo's own examples and this package call it."""
    environ(monkeypatch, GLOO_API_KEY="same", GLOO_AI_API_KEY="same")
    assert GlooAuth().unused == ()


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


@pytest.mark.parametrize("name", [*KEY, *AI_KEY])
def test_a_static_key_needs_no_exchange(
    local_gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`GLOO_API_KEY`, and `GLOO_AI_API_KEY` as in Gloo's examples, whatever pair is beside it."""
    environ(monkeypatch, **{name: " sk_local\n"}, **GLOO, GLOO_BASE=local_gloo.origin)
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
        names = (*KEY, *AI_KEY, *GLOO, *GLOO_AI)
        for place in (*names, "client_id=", "api_key=", "auth=", ".env", "Studio"):
            assert place in text, place
        assert text.index("GLOO_API_KEY") < text.index("GLOO_CLIENT_ID")
        assert "(studio.ai.gloo.com/api-keys) and set GLOO_API_KEY" in text


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


def test_the_order_of_token_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Argument, `GLOO_TOKEN_URL`, that of the file with the credentials, the base URL's origin."""
    file = dotenv(tmp_path, GLOO_TOKEN_URL="https://file.example/token", **GLOO)
    environ(monkeypatch, GLOO_TOKEN_URL=" https://url.example/token ")
    assert GlooAuth(token_url="https://arg.example/t").token_url == "https://arg.example/t"
    auth = GlooAuth(base_url="https://api.example")
    assert auth.token_url == "https://url.example/token"
    assert auth.sources["token_url"] == "GLOO_TOKEN_URL in the environment"
    monkeypatch.setenv("GLOO_TOKEN_URL", "<your token url>")
    assert GlooAuth().token_url == "https://file.example/token"
    assert GlooAuth().sources["token_url"] == f"GLOO_TOKEN_URL in {file}"
    assert GlooAuth("id", "secret").token_url == f"{ORIGIN}/oauth2/token"
    assert GlooAuth("id", "secret", env_file=file).token_url == f"{ORIGIN}/oauth2/token"
    with monkeypatch.context() as patch:
        environ(patch, **GLOO_AI)
        assert GlooAuth().token_url == f"{ORIGIN}/oauth2/token"


@pytest.mark.parametrize(
    ("url", "problem"),
    [("nowhere", "is not a URL"), ("http://a.example/token", "is plain http")],
)
def test_a_token_url_is_checked_wherever_it_is_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, problem: str
) -> None:
    """As a base URL is: credentials go there."""
    file = dotenv(tmp_path, GLOO_TOKEN_URL=url, **GLOO)
    with pytest.raises(openai.OpenAIError, match=f"from GLOO_TOKEN_URL in {file}, {problem}"):
        GlooAuth()
    environ(monkeypatch, GLOO_TOKEN_URL=url, **GLOO)
    with pytest.raises(openai.OpenAIError, match=f"the environment, {problem}"):
        GlooOpenAI()
    monkeypatch.setenv("GLOO_TOKEN_URL", "http://a.example/token")
    assert GlooAuth(allow_insecure_http=True).token_url == "http://a.example/token"


def test_a_token_url_of_a_file_never_meets_credentials_of_a_derived_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A foreign folder does not get them either way; a key is not exchanged, so it may go on."""
    dotenv(tmp_path, GLOO_TOKEN_URL="https://foreign.example/token", **GLOO)
    environ(monkeypatch, GLOO_BASE_URL="https://own.example")
    client = GlooOpenAI()
    with pytest.raises(openai.OpenAIError, match="pass token_url= with them"):
        client.with_options(client_id="id", client_secret="secret")
    with pytest.raises(openai.OpenAIError, match="pass token_url= with them"):
        client.with_options(credentials=lambda: ("id", "secret"))
    own = client.with_options(client_id="id", client_secret="s", token_url=f"{ORIGIN}/token")
    assert own.auth.token_url == f"{ORIGIN}/token"
    assert "own.example" in client.with_options(api_key="key").auth.base_url


# The default model


def test_the_default_model(
    local_gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A call, then the argument, then `GLOO_MODEL`, then that of the file with the credentials."""
    gloo = local_gloo
    names = ["gloo-auto-openai", "gloo-auto-google", "gloo-auto-anthropic", "gloo-auto-open-source"]
    dotenv(tmp_path, GLOO_MODEL=names[3], **gloo.environ)
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


@pytest.mark.parametrize("how", ["arguments", "environment", "auth"])
def test_a_model_of_a_found_file_goes_with_the_credentials_of_that_file(
    gloo: LocalGloo, world: World, tmp_path: Path, how: str
) -> None:
    """A foreign folder does not choose the model; the file of a shared auth does."""
    pair = {"client_id": gloo.client_id, "client_secret": gloo.client_secret}
    options: dict[str, Any] = pair if how == "arguments" else {}
    body: dict[str, Any] = {"messages": ASK["messages"]}
    if how == "auth":
        file = dotenv(tmp_path, GLOO_MODEL="gloo-auto-google", **gloo.environ)
        auth = GlooAuth(env_file=file)
        file.unlink()
        world.call(world.client(auth=auth).chat.completions.create, **body)
        assert gloo.completions[0].json["model_family"] == "google"
        options = {"auth": GlooAuth()}
    file = dotenv(tmp_path, GLOO_MODEL="gloo-auto-openai", GLOO_API_KEY="another")
    with pytest.raises(RoutingError, match="Nothing says how the model is chosen"):
        world.call(world.client(**options).chat.completions.create, **body)
    named = world.client(**options, env_file=file)
    world.call(named.chat.completions.create, **body)
    assert gloo.completions[-1].json["model_family"] == "openai"
