"""A secret is found nowhere: the places are walked, and the count is none."""

from __future__ import annotations

import asyncio
import base64
import copy
import logging
import pickle
import signal
import traceback
from collections.abc import Iterator
from typing import Any

import anyio
import openai
import pytest
from pydantic import SecretStr

from gloo_openai import GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS, TOKEN, closed_port, trap
from ..worlds import World

SECRET = 'very"secret<é&\\words'
MODEL = "gloo-anthropic-claude-sonnet-4.5"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it was raised from, or while handling."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            yield error
            waiting += [error.__cause__, error.__context__]


def texts_of(value: object, depth: int = 4) -> Iterator[str]:
    """What a crash reporter prints of a value: its repr, and that of what it publicly holds."""
    try:
        yield repr(value)
    except Exception as error:  # noqa: BLE001 - a repr that fails shows nothing
        yield type(error).__name__
    if depth == 0 or isinstance(value, str | bytes | int | float | type):
        return
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list | tuple | set):
        parts = list(enumerate(value))
    else:
        held: dict[str, object] = getattr(value, "__dict__", {})
        parts = [(name, part) for name, part in held.items() if not name.startswith("_")]
    for name, part in parts:
        yield str(name)
        yield from texts_of(part, depth - 1)


def places(error: BaseException) -> dict[str, str]:
    """Everything that can be read from an exception, by place."""
    found: dict[str, str] = {}
    for each in chain(error):
        name = type(each).__name__
        found[f"{name}: text"] = f"{each} {each!r} {each.args!r}"
        found[f"{name}: attributes"] = "\n".join(texts_of(each))
        for frame, line in traceback.walk_tb(each.__traceback__):
            code = frame.f_code
            # This module's own frames hold the secret, since the test has to know it.
            if code.co_filename == __file__ or "tests" in code.co_filename.split("/")[-3:]:
                continue
            for local, value in frame.f_locals.items():
                place = f"{name}: {local} in {code.co_name}, {code.co_filename}:{line}"
                found[place] = "\n".join(texts_of(value, depth=2))
    found["formatted"] = "".join(traceback.format_exception(error))
    return found


def found_in(texts: dict[str, str], secrets: list[str]) -> list[str]:
    """The places where one of the secrets is, or a good part of one."""
    wanted = [part for secret in secrets for part in {secret, secret[:8]}]
    return [place for place, text in texts.items() if any(part in text for part in wanted)]


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """DEBUG on all loggers, those of the SDK and of the HTTP libraries too."""
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "gloo_openai", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)


def basic(gloo: LocalGloo) -> str:
    """The Basic credentials as they went over the wire."""
    return gloo.exchanges[0].headers["authorization"].removeprefix("Basic ")


def caught(world: World, client: Any, **options: Any) -> BaseException:
    """What a call raises."""
    with pytest.raises(openai.OpenAIError) as error:
        world.call(client.chat.completions.create, **ASK, **options)
    return error.value


@pytest.fixture(params=["argument", "hidden", "vault", "environment"])
def secretive(
    gloo: LocalGloo, world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A client with a secret that is easy to find and hard to escape."""
    gloo.client_secret = SECRET
    monkeypatch.setenv("GLOO_CLIENT_SECRET", SECRET)
    pairs: dict[str, dict[str, Any]] = {
        "argument": {"client_id": "local-client", "client_secret": SECRET},
        "hidden": {"client_id": "local-client", "client_secret": SecretStr(SECRET)},
        "vault": {"credentials": lambda: ("local-client", SECRET)},
        "environment": {},
    }
    return world.client(**pairs[request.param], max_retries=0)


ECHOES: dict[str, tuple[int, Any]] = {
    "rejected": (400, {"error": "invalid_client"}),
    "rejected, echoed in json": (401, {"error": SECRET, "error_description": {"was": [SECRET]}}),
    "rejected, echoed in html": (403, f"<html>{SECRET}</html>"),
    "rejected, cut in the middle": (400, "<" + "x" * 110 + SECRET + "x" * 110),
    "rejected, with spaces": (400, "<  \n " + SECRET + "\n "),
    "unavailable": (500, b""),
    "unavailable, echoed in html": (500, f"<html>{SECRET}</html>" * 5),
    "unavailable, cut in the middle": (503, "<" + "x" * 110 + SECRET + "x" * 110),
    "elsewhere": (302, SECRET),
}


@pytest.mark.parametrize("case", ECHOES)
def test_a_failed_exchange_does_not_show_the_secret(
    gloo: LocalGloo,
    world: World,
    secretive: Any,
    case: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also where the endpoint echoes it: text, attributes, chain, frames and logs."""
    status, body = ECHOES[case]
    headers = {"Retry-After": "0"}
    gloo.fault(TOKEN, status=status, body=body, headers=headers, times=None)
    error = caught(world, secretive)
    assert isinstance(error, InvalidCredentialsError | TokenExchangeError)
    secrets = [SECRET, SECRET.partition("é")[0], basic(gloo)]
    assert found_in({**places(error), "log": caplog.text}, secrets) == []
    assert not list(chain(error))[1:]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, '{"token": "%s"}'),
        (202, '{"access_token": "%s\\n"}'),
        (200, '{"access_token": "%s'),
        (200, '["%s"]'),
        (200, '{"access_token": "%s\\n"}'),
        (200, '{"accessToken": "%s"}'),
    ],
)
def test_an_odd_answer_does_not_show_the_token(
    gloo: LocalGloo,
    world: World,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: str,
) -> None:
    """What could not be read may well be a token."""
    token = gloo.issue_token()
    gloo.fault(TOKEN, status=status, body=body % token, times=None)
    error = caught(world, world.client(max_retries=0))
    assert isinstance(error, TokenExchangeError)
    assert found_in({**places(error), "log": caplog.text}, [token[:40]]) == []


def test_an_unreachable_endpoint_does_not_show_the_secret(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does what the HTTP library raised hang on to the error."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)
    client = world.client(client_id="id", client_secret=SECRET, base_url=closed_port())
    error = caught(world, client)
    assert found_in({**places(error), "log": caplog.text}, [SECRET]) == []
    assert not list(chain(error))[1:]


def test_a_broken_exchange_does_not_show_the_secret(
    gloo: LocalGloo, world: World, secretive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut while the request's headers are still in the library's frames."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)
    gloo.fault(TOKEN, drop="before", times=None)
    error = caught(world, secretive)
    assert found_in(places(error), [SECRET, basic(gloo)]) == []


def test_a_refused_destination_shows_nothing(
    gloo: LocalGloo, world: World, secretive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither secret nor token, though both are at hand."""
    world.call(secretive.chat.completions.create, **ASK)
    error = caught(world, secretive.with_options(base_url="http://localhost:9"))
    secrets = [SECRET, basic(gloo), *gloo.tokens]
    assert found_in({**places(error), "log": caplog.text}, secrets) == []


def compared(world: World, gloo: LocalGloo, client: Any) -> tuple[list[str], list[str]]:
    """Where the bearer is found after a failed call: ours, and that of a plain client."""
    ours = caught(world, client)
    plain = world.openai(api_key=gloo.tokens[-1], base_url=gloo.base_url, max_retries=0)
    with pytest.raises(openai.OpenAIError) as error:
        world.call(plain.chat.completions.create, **{**ASK, "model": MODEL})
    bearers = [token for token in gloo.tokens if token]
    kinds = [found_in(places(each), bearers) for each in (ours, error.value)]
    return kinds[0], kinds[1]


def test_a_401_after_a_new_token_shows_nothing(
    gloo: LocalGloo, world: World, secretive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The secret nowhere; the token neither, nor in the log.

    The boundary: `error.request` is the request that was sent, as with the plain SDK. Its repr
    masks the bearer; who asks it for its `authorization` header gets it.
    """
    gloo.fault(COMPLETIONS, status=401, body={"error": "Unauthorized"}, times=None)
    error = caught(world, secretive)
    assert len(gloo.tokens) == 2
    secrets = [SECRET, basic(gloo), *gloo.tokens]
    assert found_in({**places(error), "log": caplog.text}, secrets) == []


def test_a_broken_call_shows_no_more_than_with_the_plain_sdk(
    gloo: LocalGloo, world: World, secretive: Any
) -> None:
    """The boundary: a call that breaks off leaves the library's frames on the chain.

    Those belong to httpx and hold the request that was sent, whose repr masks the bearer. Where a
    transport shows it all the same, it shows the key of a plain client as well: the adapter adds
    no place of its own, and the client secret is in none.
    """
    world.call(secretive.chat.completions.create, **ASK)
    gloo.fault(COMPLETIONS, drop="before", times=None)
    ours, plain = compared(world, gloo, secretive)
    assert len(ours) <= len(plain)
    assert [place for place in ours if "gloo_openai" in place] == []
    assert found_in(places(caught(world, secretive)), [SECRET, basic(gloo)]) == []


def test_no_log_record_shows_a_secret(
    gloo: LocalGloo, world: World, secretive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An exchange, a replay and a failed refresh ahead, on DEBUG; they are told with durations."""
    create = secretive.chat.completions.create
    world.call(create, **ASK)
    gloo.expire_tokens()
    world.call(create, **ASK)
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert found_in({"log": logged}, [SECRET, basic(gloo), *gloo.tokens]) == []
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("gloo_openai")]
    assert len(ours) >= 3
    assert any(" s" in message for message in ours)


def test_what_a_client_shows_of_itself(gloo: LocalGloo, world: World, secretive: Any) -> None:
    """repr, public attributes, copies, headers: no secret, no token."""
    world.call(secretive.chat.completions.create, **ASK)
    held = {
        name: "\n".join(texts_of(value))
        for name, value in {
            "client": secretive,
            "copy": copy.copy(secretive),
            "deepcopy": copy.deepcopy(secretive),
            "auth": secretive.auth,
            "copied auth": copy.deepcopy(secretive.auth),
            "hook": secretive.custom_auth,
            "api_key": secretive.api_key,
            "headers": dict(secretive.default_headers),
            "auth headers": getattr(secretive, "auth_headers", None),
            "dict": {key: repr(value) for key, value in vars(secretive).items()},
            "dict of the hook": {key: repr(value) for key, value in vars(secretive.auth).items()},
        }.items()
    }
    assert found_in(held, [SECRET, basic(gloo), *gloo.tokens]) == []
    assert "local-client" not in repr(secretive.auth) or SECRET not in repr(secretive.auth)


def test_credentials_are_not_pickled(gloo: LocalGloo, world: World, secretive: Any) -> None:
    """Neither the hook nor what holds it."""
    for each in (secretive.auth, secretive.custom_auth, {"auth": secretive.auth}):
        with pytest.raises(TypeError, match="GlooAuth holds credentials"):
            pickle.dumps(each)
    with pytest.raises(TypeError):
        pickle.dumps(secretive)


def test_a_secret_that_is_no_text_is_not_shown(
    world: World, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes in the environment that are no UTF-8: sent as they are, shown nowhere."""
    odd = b"very-secret-\xff-words".decode("utf-8", "surrogateescape")
    monkeypatch.setenv("GLOO_CLIENT_SECRET", odd)
    error = caught(world, world.client(max_retries=0))
    assert isinstance(error, InvalidCredentialsError)
    assert found_in(places(error), ["very-secret-"]) == []


def test_a_static_key_is_shown_nowhere(gloo: LocalGloo, world: World) -> None:
    """It is a secret as well."""
    client = world.client(api_key="static-key-words", max_retries=0)
    error = caught(world, client)
    held = {"client": "\n".join(texts_of(client)), "auth": "\n".join(texts_of(client.auth))}
    assert found_in({**places(error), **held}, ["static-key-words"]) == []


def test_settings_that_contradict_each_other_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors at construction name places, not values."""
    monkeypatch.setenv("GLOO_CLIENT_SECRET", SECRET)
    for options in ({}, {"client_id": "id"}, {"client_secret": SECRET}):
        with pytest.raises(openai.OpenAIError) as error:
            GlooAuth(**options)
        assert found_in({"text": str(error.value)}, [SECRET]) == []


def test_rotated_credentials_are_shown_nowhere(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the old secret nor the new one, when both are rejected."""
    monkeypatch.setenv("GLOO_CLIENT_SECRET", SECRET)
    client = world.client(max_retries=0)
    first = caught(world, client)
    monkeypatch.setenv("GLOO_CLIENT_SECRET", "very-new-words")
    second = caught(world, client)
    assert len(gloo.exchanges) == 2
    held = {"auth": "\n".join(texts_of(client.auth)), "log": caplog.text}
    for error in (first, second):
        assert found_in({**places(error), **held}, [SECRET, "very-new-words"]) == []


@pytest.mark.parametrize(
    "given", [b"static-key-words", "static-key-words\ud800", "static-key-words\n\0"]
)
def test_a_key_that_a_callable_gives_and_that_is_none_is_not_shown(
    gloo: LocalGloo, world: World, given: Any
) -> None:
    """Bytes, what no encoding can write, what cannot stand in a header."""

    async def awaited() -> Any:
        return given

    key = awaited if world.is_async else lambda: given
    error = caught(world, world.client(api_key=key, max_retries=0))
    assert isinstance(error, TokenExchangeError)
    assert "cannot stand in a header" in str(error)
    assert found_in(places(error), ["static-key-words"]) == []
    assert not gloo.requests


HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"access_token": "half-a-token-words'


@pytest.mark.parametrize("pieces", [(), (HALF,)], ids=["before the answer", "within the answer"])
@pytest.mark.parametrize("how", ["wait_for", "move_on_after", "cancel"])
def test_a_cancelled_exchange_shows_nothing(
    world: World, how: str, pieces: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the secret nor what had come of a token, wherever the cancellation goes through."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    seen: list[BaseException] = []

    async def ask(client: Any) -> None:
        try:
            await client.chat.completions.create(**ASK)
        except BaseException as error:
            seen.append(error)
            raise

    async def run(client: Any) -> None:
        if how == "wait_for" and world.name == "asyncio":
            try:
                await asyncio.wait_for(ask(client), 0.4)
            except (TimeoutError, asyncio.TimeoutError) as error:  # two classes before 3.11
                seen.append(error)
        elif how == "cancel":
            async with anyio.create_task_group() as group:
                group.start_soon(ask, client)
                await anyio.sleep(0.4)
                group.cancel_scope.cancel()
        else:
            with anyio.move_on_after(0.4):
                await ask(client)

    with trap(*pieces) as slow:
        client = world.client(client_id="id", client_secret=SECRET, base_url=slow.origin)
        world.call(run, client)
    assert seen
    basic = base64.b64encode(f"id:{SECRET}".encode()).decode()
    for error in seen:
        texts = {**places(error), "log": caplog.text}
        assert found_in(texts, [SECRET, basic, "half-a-token-words"]) == []
        assert not [each for each in texts if "httpcore" in each]


def test_an_interrupted_exchange_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Ctrl-C while a thread waits for a token."""

    def expired(_signum: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, expired)
    with trap(HALF) as slow:
        auth = GlooAuth("id", SECRET, base_url=slow.origin)
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        try:
            with pytest.raises(KeyboardInterrupt) as error:
                auth.token()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    basic = base64.b64encode(f"id:{SECRET}".encode()).decode()
    texts = {**places(error.value), "log": caplog.text}
    assert found_in(texts, [SECRET, basic, "half-a-token-words"]) == []
