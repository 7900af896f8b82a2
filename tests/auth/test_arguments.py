"""Credentials as they are passed: text, or what hides text; anything else is said, not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pytest
from pydantic import SecretBytes, SecretStr

from gloo_openai import PLACEHOLDER, AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from gloo_openai.testing import LocalGloo

from ..traps import ASK
from ..worlds import World
from .places import KEY, ORIGIN, environ
from .test_secrets import found_in, places

SECRET = "very-secret-words"
ODD: dict[str, tuple[Any, str]] = {
    "bytes": (SECRET.encode(), "takes text, not bytes"),
    "empty bytes": (b"", "takes text, not bytes"),
    "hidden bytes": (SecretBytes(SECRET.encode()), "takes text, not bytes"),
    "a number": (7, "takes text, not int"),
    "zero": (0, "takes text, not int"),
    "a list": ([SECRET], "takes text, not list"),
    "a mapping": ({"secret": SECRET}, "takes text, not dict"),
    "an exception": (ValueError(SECRET), "takes text, not ValueError"),
    "a sentinel": (openai.NOT_GIVEN, "takes text, not NotGiven"),
    "a lone surrogate": (f"{SECRET}\ud800", "has a lone surrogate in it"),
    "a hidden lone surrogate": (SecretStr(f"{SECRET}\udbff"), "has a lone surrogate in it"),
}


@pytest.mark.parametrize("blanks", ["{}", " {} ", "\t{}\r\n"])
@pytest.mark.parametrize("kind", [str, SecretStr])
def test_arguments_are_stripped_and_may_be_hidden(
    local_gloo: LocalGloo, world: World, blanks: str, kind: Callable[[str], Any]
) -> None:
    """As they come out of files and forms; pydantic's `SecretStr` as well as text."""
    origin = blanks.format(local_gloo.origin)
    pair = (blanks.format(each) for each in (local_gloo.client_id, local_gloo.client_secret))
    client = world.client(
        base_url=origin,
        token_url=blanks.format(f"{local_gloo.origin}/oauth2/token"),
        **dict(zip(("client_id", "client_secret"), map(kind, pair), strict=True)),
    )
    assert world.call(client.chat.completions.create, **ASK).choices
    assert len(local_gloo.exchanges) == 1
    keyed = world.client(api_key=kind(blanks.format("sk_local")), base_url=origin)
    derived = client.with_options(api_key=kind(blanks.format("sk_local")))
    client.api_key = kind(blanks.format("sk_local"))
    for each in (keyed, derived, client):
        assert world.call(each.chat.completions.create, **ASK).choices
        assert each.api_key == PLACEHOLDER
    assert {request.bearer for request in local_gloo.completions[1:]} == {"sk_local"}


@pytest.mark.parametrize("blank", ["", " ", "\n", SecretStr(""), SecretStr(" ")])
def test_a_blank_argument_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, blank: Any) -> None:
    """In a constructor and in a copy."""
    environ(monkeypatch, **KEY)
    names = ("client_id", "client_secret", "api_key")
    client = GlooOpenAI(**dict.fromkeys(names, blank), base_url=" ", token_url="\t")
    assert client.auth.sources["credentials"] == "GLOO_API_KEY in the environment"
    assert client.auth.base_url == ORIGIN + "/ai/v2"
    assert client.with_options(**dict.fromkeys(names, blank)).auth is client.auth
    assert client.with_options(**dict.fromkeys((*names, "auth"))).auth is client.auth


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("kind", [GlooAuth, GlooOpenAI, AsyncGlooOpenAI])
@pytest.mark.parametrize("name", ["client_id", "client_secret", "api_key"])
def test_what_is_no_text_is_a_typed_error(case: str, kind: Any, name: str) -> None:
    """Before anything is sent; it names the argument and the type, and shows the value nowhere."""
    value, reason = ODD[case]
    other = {"client_id": {"client_secret": "s"}, "client_secret": {"client_id": "i"}}.get(name, {})
    with pytest.raises(openai.OpenAIError) as caught:
        kind(**{name: value}, **other)
    assert str(caught.value).startswith(f"{name}= {reason}")
    assert found_in(places(caught.value), [SECRET]) == []
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_callable_where_text_is_wanted_names_the_way_out() -> None:
    """`credentials=` takes one for a pair; `api_key=` always did for a key."""
    with pytest.raises(openai.OpenAIError, match=r"client_secret= takes text; credentials= takes"):
        GlooAuth("id", lambda: "secret")


def construct(**options: Any) -> GlooOpenAI:
    return GlooOpenAI(**options)


def aconstruct(**options: Any) -> AsyncGlooOpenAI:
    async def made() -> AsyncGlooOpenAI:
        return AsyncGlooOpenAI(**options)

    return asyncio.run(made())


def derive(**options: Any) -> GlooOpenAI:
    return GlooOpenAI(api_key="key").with_options(**options)


def assign(**options: Any) -> None:
    options.pop("client_id", None)
    client = GlooOpenAI(api_key="key")
    client.api_key = options.pop("client_secret") + "\n\x00"


WRONG: dict[str, dict[str, Any]] = {
    "no URL": {"base_url": "nowhere"},
    "plain http": {"base_url": "http://a.example"},
    "a token URL": {"token_url": "nowhere"},
    "a tradition": {"tradition": 7},
    "an auth beside": {"auth": GlooAuth(api_key="other")},
    "a key beside": {"api_key": "another"},
    "no file": {"env_file": "/no/such/file"},
    "half": {"client_id": ""},
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("make", [construct, aconstruct, derive, assign])
def test_no_frame_of_a_constructor_has_the_secret(case: str, make: Any) -> None:
    """Whatever else is wrong: crash reporters print the locals of every frame."""
    options = {"client_id": "id", "client_secret": SECRET, **WRONG[case]}
    with pytest.raises(openai.OpenAIError) as caught:
        make(**options)
    assert found_in(places(caught.value), [SECRET]) == []


def test_no_frame_has_a_secret_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment, where a URL beside it is wrong, or the key cannot be sent."""
    for values in (
        {"GLOO_API_KEY": SECRET, "GLOO_BASE_URL": "nowhere"},
        {"GLOO_API_KEY": f"{SECRET}é"},
        {"GLOO_CLIENT_ID": "id", "GLOO_CLIENT_SECRET": SECRET, "GLOO_TOKEN_URL": "nowhere"},
        {"GLOO_CLIENT_SECRET": SECRET},
    ):
        with monkeypatch.context() as patch:
            environ(patch, **values)
            with pytest.raises(openai.OpenAIError) as caught:
                GlooOpenAI()
            assert found_in(places(caught.value), [SECRET]) == []
