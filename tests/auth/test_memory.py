"""What was refused is remembered: a lasting refusal does not cost an exchange per call."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.auth.clocks import Moment
from gloo_openai.auth.memory import Pause, when
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS, TOKEN, Clock, assert_answered
from ..worlds import World

EMBEDDINGS = "/embeddings"
UNAUTHORIZED = {"error": "Unauthorized", "code": "unauthorized"}


class Caller:
    """A client whose time stands still until it is told to go on."""

    def __init__(self, gloo: LocalGloo, world: World) -> None:
        self.gloo = gloo
        self.world = world
        self.clock = Clock()
        self.auth = GlooAuth(clock=self.clock, wall_clock=self.clock)
        self.client = world.client(auth=self.auth, max_retries=0)

    def call(self) -> Any:
        """Ask for a completion."""
        return self.world.call(self.client.chat.completions.create, **ASK)

    def embed(self) -> Any:
        """Ask on another path."""
        return self.world.call(self.client.post, EMBEDDINGS, cast_to=object, body={})

    def fails(self, times: int, kind: type[Exception], call: Any = None) -> Exception:
        """That many calls, which all fail so: the last error."""
        for _ in range(times):
            with pytest.raises(kind) as caught:
                (call or self.call)()
        return caught.value

    @property
    def exchanges(self) -> int:
        """The exchanges so far, the failed ones included."""
        return len(self.gloo.exchanges)


@pytest.fixture
def caller(gloo: LocalGloo, world: World) -> Caller:
    """A client under a clock."""
    return Caller(gloo, world)


# A bearer that is refused again right after its exchange


@pytest.mark.parametrize("same", [False, True])
def test_a_lasting_401_costs_two_exchanges(caller: Caller, same: bool) -> None:
    """Twenty calls, each of which is told so by the API; also where the endpoint gives the same
    token again."""
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, times=None)
    if same:
        body = {"access_token": caller.gloo.issue_token(), "expires_in": 3600}
        caller.gloo.fault(TOKEN, status=200, body=body, times=None)
    error = caller.fails(20, openai.AuthenticationError)
    assert caller.exchanges == 2
    assert not isinstance(error, InvalidCredentialsError)
    assert "Unauthorized" in str(error)
    assert len(caller.gloo.completions) == 21


def test_the_error_says_that_a_refusal_is_remembered_and_until_when(caller: Caller) -> None:
    """Seconds, the time in UTC, and how to end it."""
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, times=None)
    for error in (caller.fails(1, openai.AuthenticationError), caller.fails(5, openai.APIError)):
        assert "remembered" in str(error)
        assert "in 1 s, at " in str(error)
        assert " UTC" in str(error)
        assert "invalidate()" in str(error)


def test_the_pauses_after_a_lasting_401_grow_to_half_a_minute(caller: Caller) -> None:
    """Then one exchange each: a working day of 401s costs little, and ends by itself."""
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, times=None)
    pauses: list[int] = []
    caller.fails(1, openai.AuthenticationError)
    for _ in range(7):
        before = caller.exchanges
        pauses.append(0)
        while caller.exchanges == before:
            caller.clock.forward(1)
            pauses[-1] += 1
            caller.fails(1, openai.AuthenticationError)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    caller.gloo.clear_faults()
    assert caller.call().choices
    assert caller.exchanges == 9


def test_a_revoked_token_costs_one_exchange_however_young_it_was(caller: Caller) -> None:
    """Revoked right after each call, ten times; and before the first."""
    caller.auth.invalidate()
    for number in range(1, 11):
        assert caller.call().choices
        assert caller.exchanges == number
        caller.gloo.expire_tokens()


def test_a_token_that_worked_after_a_refusal_costs_one_exchange_again(caller: Caller) -> None:
    """What was remembered of it ended when the API took it."""
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, times=5)
    caller.fails(4, openai.AuthenticationError)
    assert caller.exchanges == 2
    assert caller.call().choices
    caller.gloo.expire_tokens()
    assert caller.call().choices
    assert caller.exchanges == 3


def test_a_401_of_one_path_says_nothing_of_another(caller: Caller) -> None:
    """One that is refused for good, in between calls that work: one exchange, not one each."""
    caller.gloo.fault(EMBEDDINGS, status=401, body=UNAUTHORIZED, times=None)
    for _ in range(10):
        assert caller.call().choices
        caller.fails(1, openai.AuthenticationError, caller.embed)
    assert caller.exchanges == 2
    caller.gloo.expire_tokens()
    assert caller.call().choices
    assert caller.exchanges == 3


def test_a_new_token_that_no_path_takes_is_not_tried_on_each(caller: Caller) -> None:
    """A thousand paths that refuse it are one refusal."""
    caller.gloo.fault("*", status=401, body=UNAUTHORIZED, times=None)
    body = {"access_token": caller.gloo.issue_token(), "expires_in": 3600}
    caller.gloo.clear_faults()
    caller.gloo.fault(TOKEN, status=200, body=body, times=None)
    caller.gloo.fault("*", status=401, body=UNAUTHORIZED, times=None)
    for number in range(30):
        with pytest.raises(openai.AuthenticationError):
            caller.world.call(caller.client.get, f"/things/{number}", cast_to=object)
    assert caller.exchanges == 2


def test_a_body_that_cannot_be_sent_again_does_not_cost_an_exchange_each(
    gloo: LocalGloo, world: World
) -> None:
    """Ten of them under a lasting 401."""
    auth = GlooAuth(clock=Clock())
    http = world.http(auth=auth)
    gloo.fault("/files", status=401, times=None)

    def pieces() -> Any:
        yield b"In the beginning"

    async def apieces() -> Any:
        yield b"In the beginning"

    for _ in range(10):
        content = apieces() if world.is_async else pieces()
        answer = world.call(http.post, f"{gloo.base_url}/files", content=content)
        assert answer.status_code == 401
    assert len(gloo.exchanges) == 2


def test_fifty_callers_under_a_lasting_401(caller: Caller) -> None:
    """At once, and again: two exchanges, and none more."""
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, delay=0.05, times=None)
    for _ in range(2):
        errors = caller.world.together(50, caller.client.chat.completions.create, **ASK)
        assert {type(error) for error in errors} == {openai.AuthenticationError}
    assert caller.exchanges == 2


# Exchanges that fail


@pytest.mark.parametrize("status", [400, 401, 403])
def test_rejected_credentials_are_asked_for_once(caller: Caller, status: int) -> None:
    """Two hundred calls, one exchange; half a minute later they are tried again."""
    caller.gloo.fault(TOKEN, status=status, body={"error": "invalid_client"}, times=None)
    error = caller.fails(200, InvalidCredentialsError)
    assert caller.exchanges == 1
    assert "remembered" in str(error)
    assert " UTC" in str(error)
    assert "invalid_client" in str(error)
    for _ in range(20):
        before = caller.exchanges
        caller.clock.forward(30)
        caller.fails(10, InvalidCredentialsError)
        assert caller.exchanges == before + 1
    caller.gloo.clear_faults()
    caller.clock.forward(30)
    assert caller.call().choices


def test_a_retry_after_of_an_hour_is_respected(caller: Caller) -> None:
    """Two hundred calls, one exchange, none within the hour; and a day is no more than an hour."""
    for seconds in ("3600", "86400"):
        caller.auth.invalidate()
        before = caller.exchanges
        headers = {"Retry-After": seconds}
        caller.gloo.fault(TOKEN, status=429, headers=headers, body={"error": "slow"}, times=None)
        error = caller.fails(200, TokenExchangeError)
        assert "429" in str(error)
        assert "in 3600 s" in str(error)
        caller.clock.forward(3599)
        caller.fails(10, TokenExchangeError)
        assert caller.exchanges == before + 1
        caller.gloo.clear_faults()
        caller.clock.forward(1)
        assert caller.call().choices


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"status": 404}])
def test_an_endpoint_that_is_down_is_asked_with_growing_pauses(
    caller: Caller, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second at first, so that a blip is over soon; half a minute at the most."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)
    caller.gloo.fault(TOKEN, times=None, **fault)
    series = 1 if fault.get("status") == 404 else 3
    for pause in (1, 2, 4, 8, 16, 30, 30):
        before = caller.exchanges
        caller.fails(20, TokenExchangeError)
        assert caller.exchanges == before + series
        caller.clock.forward(pause - 0.5)
        caller.fails(1, TokenExchangeError)
        assert caller.exchanges == before + series
        caller.clock.forward(0.5)
    caller.gloo.clear_faults()
    assert caller.call().choices


def test_a_blip_is_over_a_second_later(caller: Caller) -> None:
    """The first failure after a success has the first pause, not what came before."""
    for _ in range(3):
        caller.gloo.fault(TOKEN, status=404)
        caller.auth.invalidate()
        caller.fails(1, TokenExchangeError)
        caller.clock.forward(1)
        assert caller.call().choices


def test_invalidate_ends_what_is_remembered(caller: Caller) -> None:
    """Whoever has mended it need not wait."""
    caller.gloo.fault(TOKEN, status=400, body={"error": "invalid_client"})
    caller.fails(2, InvalidCredentialsError)
    caller.auth.invalidate()
    assert caller.call().choices
    caller.gloo.fault(COMPLETIONS, status=401, body=UNAUTHORIZED, times=2)
    caller.fails(1, openai.AuthenticationError)
    caller.gloo.expire_tokens()
    caller.auth.invalidate()
    assert caller.call().choices


def test_each_caller_has_its_own_error_of_what_is_remembered(caller: Caller) -> None:
    """Thirty at once: they don't share a traceback."""
    caller.gloo.fault(TOKEN, status=400, body={"error": "invalid_client"}, times=None)
    errors = caller.world.together(30, caller.client.chat.completions.create, **ASK)
    errors += [caller.fails(1, InvalidCredentialsError)]
    assert len({id(error) for error in errors}) == 31
    assert caller.exchanges == 1


def test_a_rejection_is_remembered_for_whoever_shares_the_auth(
    gloo: LocalGloo, world: World
) -> None:
    """Another client, and `auth.token()`."""
    auth = GlooAuth(clock=Clock())
    gloo.client_secret = "rotated"
    for _ in range(5):
        client = world.client(auth=auth, http_client=world.http(), max_retries=0)
        with pytest.raises(InvalidCredentialsError):
            world.call(client.chat.completions.create, **ASK)
    with pytest.raises(InvalidCredentialsError):
        auth.token()
    assert len(gloo.exchanges) == 1


def test_an_exchange_begun_before_invalidate_is_nobodys_later(
    gloo: LocalGloo, world: World
) -> None:
    """Who comes after `invalidate` gets a token that was asked for after it."""
    auth = GlooAuth()
    client = world.client(auth=auth)
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)
    early: list[object] = []
    thread = threading.Thread(
        target=lambda: early.append(world.call(client.chat.completions.create, **ASK))
    )
    thread.start()
    assert fault.wait()
    auth.invalidate()
    late = auth.token()
    hold.set()
    thread.join(10)
    assert_answered(early)
    assert auth.token() == late
    assert len(gloo.exchanges) == 2


# Rules


@given(st.lists(st.floats(0, 1e9), max_size=40), st.floats(-1e9, 1e12), st.floats(0, 1e9))
def test_a_pause_grows_and_is_bounded(askings: list[float], wall: float, steady: float) -> None:
    """Whatever the endpoint asks for: never less than before it, never over an hour."""
    pause: Pause | None = None
    now = Moment(steady, wall)
    for asked in askings:
        last, pause = pause, Pause.after(pause, now, asked)
        assert 0.99 <= pause.left(now) <= 3600.01
        assert last is None or pause.count == last.count + 1
        assert "in " in when(pause.left(now), now)


def test_until_when_is_said_in_utc() -> None:
    """Seconds, and the time on a clock on the wall."""
    wall = datetime(2026, 11, 26, 21, 4, 58, tzinfo=timezone.utc).timestamp()
    assert when(12.0, Moment(0.0, wall)) == "in 12 s, at 21:05:10 UTC"
