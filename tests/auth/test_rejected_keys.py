"""A rejected key says what a rejected pair says: where it came from, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest

from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS
from ..worlds import World
from .places import GLOO, dotenv, environ


def create(world: World, client: Any) -> Any:
    return world.call(client.chat.completions.create, **ASK)


def stream(world: World, client: Any) -> Any:
    return world.call(client.chat.completions.create, stream=True, **ASK)


def raw(world: World, client: Any) -> Any:
    return world.call(client.chat.completions.with_raw_response.create, **ASK)


def post(world: World, client: Any) -> Any:
    body = {**ASK, "auto_routing": True, "model": None}
    return world.call(client.post, "/chat/completions", body=body, cast_to=object)


def respond(world: World, client: Any) -> Any:
    return world.call(client.responses.create, model="gloo-openai-gpt-5-mini", input="Hi")


CALLS = [create, stream, raw, post, respond]


@pytest.fixture
def keyed(local_gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> LocalGloo:
    """A local Gloo that knows another key than the one in the environment."""
    environ(monkeypatch, GLOO_API_KEY="sk_revoked_0123", GLOO_BASE_URL=local_gloo.origin)
    return local_gloo


def rejected(world: World, client: Any, call: Any = create) -> str:
    """What the exception says of the key."""
    with pytest.raises(openai.AuthenticationError) as caught:
        call(world, client)
    assert type(caught.value) is openai.AuthenticationError
    assert caught.value.status_code == 401
    assert "sk_revoked" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("call", CALLS)
def test_every_form_of_a_call_says_where_the_key_came_from(
    keyed: LocalGloo, world: World, call: Any
) -> None:
    """One request, no exchange; the text of Gloo is there as well."""
    text = rejected(world, world.client(max_retries=0), call)
    assert "Error code: 401" in text
    assert "The API key came from GLOO_API_KEY in the environment." in text
    assert "studio.ai.gloo.com/api-keys" in text
    assert [request.path.endswith("/oauth2/token") for request in keyed.requests] == [False]


def test_the_place_is_that_of_the_key(keyed: LocalGloo, world: World, tmp_path: Path) -> None:
    """An argument, a derived client, an assigned key, a file; and a key of the caller's own."""
    given = world.client(api_key="sk_revoked_1")
    assert "came from the api_key argument" in rejected(world, given)
    derived = given.with_options(api_key="sk_revoked_2")
    assert "came from the api_key argument" in rejected(world, derived)
    given.api_key = "sk_revoked_3"
    assert "came from the api_key argument" in rejected(world, given)
    file = dotenv(tmp_path, GLOO_AI_API_KEY="sk_revoked_4")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GLOO_API_KEY")
        assert f"came from GLOO_AI_API_KEY in {file}" in rejected(world, world.client())
    own = {"extra_headers": {"Authorization": "Bearer own"}}
    with pytest.raises(openai.AuthenticationError) as caught:
        world.call(world.client().chat.completions.create, **ASK, **own)
    assert "The API key came from" not in str(caught.value)


def test_a_pair_that_was_there_too_is_named(
    keyed: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be what is wanted."""
    environ(monkeypatch, **GLOO)
    text = rejected(world, world.client())
    assert "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment was found too" in text


def test_a_call_that_is_answered_says_nothing(keyed: LocalGloo, world: World) -> None:
    """Nor does another refusal."""
    keyed.static_keys = {"sk_revoked_0123"}
    client = world.client(max_retries=0)
    assert create(world, client).choices
    keyed.fault(COMPLETIONS, status=403, body={"error": "Forbidden", "code": "forbidden"})
    with pytest.raises(openai.PermissionDeniedError) as caught:
        create(world, client)
    assert "The API key came from" not in str(caught.value)


ODD = {
    '"{}"': "has quotes around it, which `docker run --env-file` leaves there",
    "'{}'": "has quotes around it",
    "{} # the key of the test": "has a blank in it",
    "Bearer {}": "begins with the word Bearer",
}


@pytest.mark.parametrize("written", ODD)
def test_what_looks_wrong_about_a_key_is_said(
    keyed: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Without the key."""
    monkeypatch.setenv("GLOO_API_KEY", written.format("sk_revoked_0123"))
    assert f"The key {ODD[written]}" in rejected(world, world.client())


@pytest.mark.parametrize("written", list(ODD)[:3])
@pytest.mark.parametrize("name", ["GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"])
def test_what_looks_wrong_about_a_pair_is_said(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, written: str, name: str
) -> None:
    """Without the secret; and nothing is said of what looks right."""
    good = {"GLOO_CLIENT_ID": gloo.client_id, "GLOO_CLIENT_SECRET": gloo.client_secret}
    monkeypatch.setenv(name, written.format(good[name]))
    with pytest.raises(openai.AuthenticationError) as caught:
        create(world, world.client())
    text = str(caught.value)
    half = name.rpartition("_")[2].lower()
    assert f"The {half} {ODD[written]}" in text
    assert text.count(ODD[written]) == 1
    assert gloo.client_secret not in text


def test_a_placeholder_that_was_passed_is_named(gloo: LocalGloo, world: World) -> None:
    """As in code that has one for a default: arguments are taken as they are."""
    client = world.client(client_id="YOUR_CLIENT_ID", client_secret="YOUR_CLIENT_SECRET")
    with pytest.raises(openai.AuthenticationError, match="The secret looks like a placeholder"):
        create(world, client)
