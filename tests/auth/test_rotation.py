"""Credentials change while a process runs: it goes on with those that are good now."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import anyio
import openai
import pytest

from gloo_openai import AsyncGlooOpenAI, GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.testing import LocalGloo

from ..conftest import pair_of
from ..traps import ASK, COMPLETIONS, TOKEN
from ..worlds import World
from .places import dotenv


def ask(world: World, client: Any) -> None:
    """A call that is answered."""
    assert world.call(client.chat.completions.create, **ASK).choices


class Place:
    """Where a client finds its credentials, and others in their place later."""

    def __init__(self, kind: str, gloo: LocalGloo, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.options = {"env_file": folder / ".env"} if kind == "named file" else {}
        self._in_environment = kind == "environment"
        self._gloo, self._folder, self._patch = gloo, folder, patch

    def put(self, **values: str) -> None:
        """Put these variables there, and no others."""
        values = {"GLOO_BASE_URL": self._gloo.origin, **values}
        if not self._in_environment:
            dotenv(self._folder, **values)
            return
        for name in (*self._gloo.environ, "GLOO_TOKEN_URL"):
            self._patch.delenv(name, raising=False)
        for name, value in values.items():
            self._patch.setenv(name, value)


@pytest.fixture(params=["environment", "found file", "named file"])
def place(
    request: pytest.FixtureRequest,
    local_gloo: LocalGloo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    """Each place that can be looked at again."""
    return Place(request.param, local_gloo, tmp_path, monkeypatch)


def rotate(gloo: LocalGloo, place: Place) -> None:
    """As an administrator does it: the old secret and its tokens are no longer good."""
    gloo.client_id, gloo.client_secret = "another-client", "another-secret"
    gloo.expire_tokens()
    place.put(**pair_of(gloo))


def test_a_rotated_pair_is_found_where_the_old_one_was(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """The call that meets it does not notice; what was derived goes on as well."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options, max_retries=0)
    derived = client.with_options(timeout=9)
    ask(world, client)
    rotate(local_gloo, place)
    ask(world, client)
    ask(world, derived)
    assert len(local_gloo.exchanges) == 3  # the old pair, rejected, the new one
    assert len(local_gloo.completions) == 4


def test_twenty_calls_find_it_together(local_gloo: LocalGloo, world: World, place: Place) -> None:
    """One exchange with the new pair; at most a few with the old one."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options, max_retries=0)
    ask(world, client)
    rotate(local_gloo, place)
    answers = world.together(20, client.chat.completions.create, **ASK)
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert len(local_gloo.tokens) == 2
    assert len(local_gloo.exchanges) <= 4


def test_after_invalidate_they_are_looked_for_at_once(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """No exchange is spent on the old ones, even though their token still worked."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options)
    ask(world, client)
    rotate(local_gloo, place)
    client.auth.invalidate()
    ask(world, client)
    assert len(local_gloo.exchanges) == 2
    assert len(local_gloo.completions) == 2


def test_what_was_rejected_is_given_up_when_others_are_there(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """A refusal is remembered for the credentials that were refused, not for those that follow."""
    place.put(**{**pair_of(local_gloo), "GLOO_CLIENT_SECRET": "wrong"})
    client = world.client(**place.options)
    for _ in range(3):
        with pytest.raises(InvalidCredentialsError):
            world.call(client.chat.completions.create, **ASK)
    place.put(**pair_of(local_gloo))
    ask(world, client)


def test_a_rotated_key_is_found_where_the_old_one_was(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """One more request, as after a token that was revoked."""
    place.put(GLOO_API_KEY="sk_local")
    client = world.client(**place.options, max_retries=0)
    ask(world, client)
    local_gloo.static_keys = {"sk_rotated"}
    with pytest.raises(openai.AuthenticationError):
        world.call(client.chat.completions.create, **ASK)
    assert len(local_gloo.completions) == 2  # the same key is not sent twice
    place.put(GLOO_API_KEY="sk_rotated")
    ask(world, client)
    assert len(local_gloo.completions) == 4
    assert len(world.stream(client.chat.completions.create, **ASK)) > 1
    assert len(local_gloo.completions) == 5


def test_a_key_may_take_the_place_of_a_pair(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """As Gloo asks for it, on the day when the pair is revoked; and the other way round."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options, max_retries=0)
    ask(world, client)
    rotate(local_gloo, place)
    place.put(GLOO_API_KEY="sk_local")
    ask(world, client)
    assert "GLOO_API_KEY" in repr(client.auth)
    local_gloo.static_keys = set()
    place.put(**pair_of(local_gloo))
    ask(world, client)
    assert "GLOO_CLIENT_ID" in repr(client.auth)


@pytest.mark.parametrize("name", ["GLOO_BASE_URL", "GLOO_TOKEN_URL"])
def test_credentials_of_other_urls_are_not_sent_to_the_old_ones(
    local_gloo: LocalGloo, world: World, place: Place, name: str
) -> None:
    """A file that now speaks of another host speaks of other credentials too."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options)
    rotate(local_gloo, place)
    place.put(**{**pair_of(local_gloo), name: "https://elsewhere.example"})
    with pytest.raises(InvalidCredentialsError):
        world.call(client.chat.completions.create, **ASK)
    place.put(**pair_of(local_gloo))
    ask(world, client)


@pytest.mark.parametrize("broken", [b"\xff\xfe\x00", b"", b"GLOO_CLIENT_ID=# soon\n", None])
def test_a_file_that_is_being_written_changes_nothing(
    local_gloo: LocalGloo, world: World, tmp_path: Path, broken: bytes | None
) -> None:
    """Empty, half written or away: the old credentials stay, and what is put there later counts."""
    file = dotenv(tmp_path, **pair_of(local_gloo))
    client = world.client()
    ask(world, client)
    file.unlink() if broken is None else file.write_bytes(broken)
    client.auth.invalidate()
    ask(world, client)
    local_gloo.client_secret = "another"
    client.auth.invalidate()
    with pytest.raises(InvalidCredentialsError):
        world.call(client.chat.completions.create, **ASK)
    dotenv(tmp_path, **pair_of(local_gloo))
    ask(world, client)


def test_a_file_is_the_same_one_from_another_folder(
    local_gloo: LocalGloo, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative name means what it meant when it was given: a foreign folder has no say."""
    dotenv(tmp_path, **pair_of(local_gloo))
    client = world.client(env_file=".env")
    ask(world, client)
    local_gloo.client_secret = "another"
    dotenv(tmp_path, **pair_of(local_gloo))
    (tmp_path / "foreign").mkdir()
    foreign = {**pair_of(local_gloo), "GLOO_CLIENT_ID": "foreign"}
    dotenv(tmp_path / "foreign", **foreign)
    monkeypatch.chdir(tmp_path / "foreign")
    client.auth.invalidate()
    ask(world, client)
    assert client_ids(local_gloo) == [local_gloo.client_id] * 2


def test_arguments_are_not_looked_for_elsewhere(gloo: LocalGloo, world: World) -> None:
    """Who gave them can give others to a new client."""
    client = world.client(client_id=gloo.client_id, client_secret="wrong")
    client.auth.invalidate()
    with pytest.raises(InvalidCredentialsError, match="the client_id, client_secret arguments"):
        world.call(client.chat.completions.create, **ASK)
    assert len(gloo.exchanges) == 1


def test_invalidate_during_an_exchange_counts(
    local_gloo: LocalGloo, world: World, place: Place
) -> None:
    """The token that was under way belongs to the old credentials: nobody gets it later."""
    place.put(**pair_of(local_gloo))
    client = world.client(**place.options)
    hold = threading.Event()
    fault = local_gloo.fault(TOKEN, hold=hold)
    interrupting = threading.Thread(
        target=interrupt, args=(fault, client.auth, local_gloo, place, hold)
    )
    interrupting.start()
    ask(world, client)
    interrupting.join(10)
    ask(world, client)
    assert local_gloo.completions[-1].bearer == local_gloo.tokens[-1]
    assert client_ids(local_gloo)[-1] == "another-client"


def interrupt(fault: Any, auth: GlooAuth, gloo: LocalGloo, place: Place, hold: Any) -> None:
    """Rotate and invalidate while an exchange is under way; then let that go."""
    fault.wait(timeout=10)
    gloo.client_id, gloo.client_secret = "another-client", "another-secret"
    place.put(**pair_of(gloo))
    auth.invalidate()
    hold.set()


def client_ids(gloo: LocalGloo) -> list[str]:
    """Who asked for tokens."""
    import base64

    encoded = (each.headers["authorization"].partition(" ")[2] for each in gloo.exchanges)
    return [base64.b64decode(each).decode().partition(":")[0] for each in encoded]


# A callable


class Vault:
    """Gives what is good now, and counts how often it was asked."""

    def __init__(self, gloo: LocalGloo) -> None:
        self.gloo = gloo
        self.asked = 0

    def read(self) -> tuple[str, str]:
        """As `credentials=` wants it."""
        self.asked += 1
        return self.gloo.client_id, self.gloo.client_secret

    async def aread(self) -> tuple[str, str]:
        """The same, awaited."""
        return self.read()


@pytest.mark.parametrize("awaited", [False, True])
def test_a_vault_is_asked_before_each_exchange(
    gloo: LocalGloo, world: World, awaited: bool
) -> None:
    """Once for any number of callers, not at construction, and not for each request."""
    if awaited and not world.is_async:
        pytest.skip("a synchronous client awaits nothing")
    vault = Vault(gloo)
    client = world.client(credentials=vault.aread if awaited else vault.read)
    assert vault.asked == 0
    answers = world.together(20, client.chat.completions.create, **ASK)
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert (vault.asked, len(gloo.exchanges)) == (1, 1)
    gloo.client_secret = "another"
    ask(world, client)
    gloo.expire_tokens()
    ask(world, client.with_options(timeout=9))
    client.auth.invalidate()
    ask(world, client.copy())
    assert (vault.asked, len(gloo.exchanges)) == (3, 3)
    assert client.auth.sources["credentials"] == "the credentials argument"


def test_a_derived_client_may_have_a_vault_of_its_own(gloo: LocalGloo, world: World) -> None:
    """`with_options(credentials=…)` leaves the original as it was."""
    client = world.client()
    vault = Vault(gloo)
    other = client.with_options(credentials=vault.read)
    ask(world, other)
    ask(world, client)
    assert (vault.asked, len(gloo.exchanges)) == (1, 2)


def broken_vault() -> Any:
    """One that cannot be reached."""
    raise ConnectionError("the vault is sealed")


@pytest.mark.parametrize(
    ("vault", "reason"),
    [
        (broken_vault, "ConnectionError: the vault is sealed"),
        (lambda: None, "it gave NoneType, and not (client_id, client_secret)"),
        (lambda: "very-secret-words", "it gave str"),
        (lambda: ("id",), "it gave tuple"),
        (lambda: ("id", b"very-secret-words"), "its client_secret takes text, not bytes"),
        (lambda: ("id", " "), "its client_secret is empty"),
    ],
)
def test_a_vault_that_fails_is_a_typed_error(
    gloo: LocalGloo, world: World, vault: Any, reason: str
) -> None:
    """It says what is wrong, and shows nothing of what it gave."""
    client = world.client(credentials=vault, max_retries=0)
    with pytest.raises(TokenExchangeError) as caught:
        world.call(client.chat.completions.create, **ASK)
    assert reason in str(caught.value)
    assert "very-secret" not in str(caught.value)
    assert not gloo.requests


def test_a_vault_that_never_answers_is_left(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the token endpoint is; and the next call asks it again."""
    monkeypatch.setattr("gloo_openai.auth.vaults.PATIENCE", 0.3)
    stuck = [True]

    def vault() -> tuple[str, str]:
        while stuck:
            time.sleep(0.01)
        return gloo.client_id, gloo.client_secret

    async def avault() -> tuple[str, str]:
        while stuck:
            await anyio.sleep(0.01)
        return gloo.client_id, gloo.client_secret

    client = world.client(credentials=avault if world.is_async else vault, max_retries=0)
    started = time.monotonic()
    with pytest.raises(TokenExchangeError, match=r"credentials argument.*gave nothing for"):
        ask(world, client)
    assert time.monotonic() - started < 5
    stuck.clear()
    client.auth.invalidate()
    ask(world, client)


def test_a_vault_beside_other_credentials_is_an_error() -> None:
    """So is one that is no callable."""
    with pytest.raises(openai.OpenAIError, match="Pass either"):
        GlooAuth(credentials=lambda: ("a", "b"), api_key="key")
    with pytest.raises(openai.OpenAIError, match="Pass either"):
        AsyncGlooOpenAI(credentials=lambda: ("a", "b"), client_id="a", client_secret="b")
    with pytest.raises(openai.OpenAIError, match=r"credentials= takes a callable") as caught:
        GlooAuth(credentials=("an-id", "a-secret"))
    assert "a-secret" not in str(caught.value)


def test_an_asynchronous_vault_and_a_synchronous_client(gloo: LocalGloo) -> None:
    """A typed error that says so; nothing is left unawaited."""
    with pytest.raises(TokenExchangeError, match="it is asynchronous"):
        GlooAuth(credentials=Vault(gloo).aread).token()


def test_a_callable_key_may_be_hidden(gloo: LocalGloo, world: World) -> None:
    """`api_key=` is asked for each request, and may give pydantic's `SecretStr`."""
    from pydantic import SecretStr

    if world.is_async:

        async def key() -> SecretStr:
            return SecretStr("sk_local")
    else:

        def key() -> SecretStr:  # type: ignore[misc]  # the same name for the other kind
            return SecretStr("sk_local")

    client = world.client(api_key=key)
    ask(world, client)
    gloo.fault(COMPLETIONS, status=401, body={"error": "Unauthorized"})
    with pytest.raises(openai.AuthenticationError, match="came from the api_key argument"):
        world.call(client.chat.completions.create, **ASK)
    assert not gloo.exchanges
