"""Nothing that is meant for OpenAI reaches Gloo, and websockets are refused."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from gloo_openai.testing import LocalGloo

from ..traps import ASK
from ..worlds import World

FOREIGN = {
    "OPENAI_API_KEY": "foreign-key",
    "OPENAI_BASE_URL": "https://foreign.invalid/v1",
    "OPENAI_ORG_ID": "foreign-org",
    "OPENAI_PROJECT_ID": "foreign-project",
    "OPENAI_ADMIN_KEY": "foreign-admin",
    "OPENAI_WEBHOOK_SECRET": "foreign-webhook",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer foreign-custom\nX-Foreign: foreign-header",
}


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's settings, all of them."""
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)


def wire(gloo: LocalGloo) -> str:
    """Everything that arrived, as one text."""
    return "\n".join(
        f"{seen.path} {dict(seen.headers.items())} {seen.body!r}" for seen in gloo.requests
    )


def call(world: World, client: Any) -> None:
    """A plain call."""
    assert world.call(client.chat.completions.create, **ASK).choices


def test_nothing_of_openais_environment_is_used(
    gloo: LocalGloo, world: World, foreign: None
) -> None:
    """Neither by a client nor by what is derived from it."""
    client = world.client()
    for each in (client, client.with_options(timeout=9), client.copy(), client.with_options()):
        call(world, each)
        held = [each.organization, each.project, each.webhook_secret, each.api_key, each.base_url]
        assert "foreign" not in str(held)
        assert "foreign" not in str(dict(each.default_headers))
        assert getattr(each, "admin_api_key", None) is None
    assert "foreign" not in wire(gloo)
    assert len(gloo.completions) == 4


def test_arguments_of_the_same_meaning_are_used(
    gloo: LocalGloo, world: World, foreign: None
) -> None:
    """Organization and project arrive as headers when they are passed, and stay with copies."""
    client = world.client(
        organization="own-org",
        project="own-project",
        webhook_secret="own-webhook",
        default_headers={"X-Own": "own-header"},
    )
    for each in (client, client.with_options(timeout=9), client.copy()):
        gloo.requests.clear()
        call(world, each)
        headers = gloo.completions[0].headers
        assert headers["openai-organization"] == "own-org"
        assert headers["openai-project"] == "own-project"
        assert headers["x-own"] == "own-header"
        assert each.webhook_secret == "own-webhook"
        assert "foreign" not in wire(gloo)


def test_a_copy_can_have_them_instead(gloo: LocalGloo, world: World, foreign: None) -> None:
    """`with_options(organization=, project=, default_headers=)`; the first client has none."""
    client = world.client()
    headers = {"X-Own": "1"}
    other = client.with_options(organization="own-org", project="own", default_headers=headers)
    call(world, other)
    sent = gloo.completions[0].headers
    assert (sent["openai-organization"], sent["openai-project"], sent["x-own"]) == (
        "own-org",
        "own",
        "1",
    )
    gloo.requests.clear()
    call(world, client)
    assert not {"openai-organization", "openai-project", "x-own"} & set(gloo.requests[0].headers)
    assert "foreign" not in wire(gloo)


def test_missing_credentials_are_missing_whatever_openai_has(world: World, foreign: None) -> None:
    """OpenAI's key is not Gloo's."""
    with pytest.raises(openai.OpenAIError, match="No Gloo credentials were found"):
        world.client()


ENTRANCES = {
    "realtime": lambda client: client.realtime.connect(model="gpt-realtime"),
    "beta.realtime": lambda client: client.beta.realtime.connect(model="gpt-realtime"),
    "responses": lambda client: client.responses.connect(),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_websocket_is_refused_and_nothing_is_sent(
    gloo: LocalGloo, world: World, entrance: str
) -> None:
    """A clear error at the entrance, where the hook could not authorize anything."""
    pytest.importorskip("websockets", reason="without it the SDK refuses by itself")
    client = world.client()
    try:
        manager: Any = ENTRANCES[entrance](client)
    except (AttributeError, TypeError):
        pytest.skip("this SDK has no such entrance")
    enter = manager.enter
    with pytest.raises(openai.OpenAIError, match="Gloo has no websocket endpoints"):
        world.call(enter)
    assert not gloo.requests
