"""A suspend, in which the monotonic clock stands still, and a wall clock that is set wrongly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.auth.clocks import SLACK, seen_from
from gloo_openai.testing import LocalGloo

from ..traps import ASK, TOKEN, Clock
from ..worlds import World

MODEL = "gloo-anthropic-claude-sonnet-4.5"


class Machine:
    """A machine that can be suspended, and its auth."""

    def __init__(self, gloo: LocalGloo, world: World) -> None:
        self.gloo, self.world = gloo, world
        self.steady, self.wall = Clock(1000.0), Clock(1.8e9)
        self.auth = GlooAuth(clock=self.steady, wall_clock=self.wall)

    def passes(self, seconds: float) -> None:
        """That much time, awake."""
        self.steady.forward(seconds)
        self.wall.forward(seconds)

    def token(self) -> str:
        """A bearer, as a callable key gives it."""
        token = self.auth.atoken if self.world.is_async else self.auth.token
        return str(self.world.call(token))

    @property
    def exchanges(self) -> int:
        """The exchanges so far, the failed ones included."""
        return len(self.gloo.exchanges)


@pytest.fixture
def machine(gloo: LocalGloo, world: World) -> Machine:
    """Awake, with a token."""
    machine = Machine(gloo, world)
    machine.token()
    return machine


def test_a_callable_key_works_after_a_suspend(machine: Machine) -> None:
    """`OpenAI(api_key=auth.token)`: nothing else would bring it back. Three nights in a row."""
    key = machine.auth.atoken if machine.world.is_async else machine.auth.token
    client = machine.world.openai(api_key=key, base_url=machine.gloo.base_url, max_retries=0)
    for night in range(2, 5):
        machine.gloo.expire_tokens()
        machine.wall.forward(8 * 3600)
        body = {**ASK, "model": MODEL}
        assert machine.world.call(client.chat.completions.create, **body).choices
        assert machine.exchanges == night


def test_the_time_of_the_machine_is_asked_by_default(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without clocks of one's own."""
    auth = GlooAuth()
    first, now = auth.token(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7200)
    assert auth.token() != first
    assert auth.expires_in is not None
    assert 3590 < auth.expires_in <= 3600


def test_a_suspend_within_the_life_changes_nothing(machine: Machine) -> None:
    """Half an hour asleep; then into the refresh window, in which nobody waits."""
    machine.wall.forward(1800)
    machine.token()
    assert machine.exchanges == 1
    assert machine.auth.expires_in == 1800
    machine.wall.forward(1600)
    machine.token()
    for _ in range(500):
        if machine.auth.expires_in == 3600:
            break
        time.sleep(0.01)
    assert machine.exchanges == 2


@pytest.mark.parametrize("jump", [-1e9, -3600.0, 3600.0, 1e9])
def test_a_wall_clock_that_is_set_costs_one_exchange_at_the_most(
    machine: Machine, jump: float
) -> None:
    """Wrongly, or rightly at last; there and back; and the token's life goes on as before."""
    for _ in range(3):
        machine.wall.forward(jump)
        for _ in range(10):
            machine.token()
        machine.wall.forward(-jump)
        for _ in range(10):
            machine.token()
    assert machine.exchanges <= 2
    machine.passes(3600)
    machine.token()
    assert machine.exchanges <= 3


def test_a_wall_clock_that_is_wrong_is_never_an_outage(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the token endpoint down, the token that may well be good is used; one try each half
    minute."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)
    first = machine.gloo.tokens[0]
    machine.gloo.fault(TOKEN, status=503, headers={"Retry-After": "0"}, times=None)
    machine.wall.forward(1e6)
    for _ in range(20):
        assert machine.token() == first
    assert machine.exchanges == 4
    machine.passes(31)
    assert machine.token() == first
    machine.gloo.clear_faults()
    machine.passes(31)
    assert machine.token() == machine.gloo.tokens[1]


def test_what_was_remembered_is_over_after_a_suspend(machine: Machine) -> None:
    """An hour asked for in the evening has passed by the morning."""
    machine.auth.invalidate()
    machine.gloo.fault(TOKEN, status=429, body={"error": "slow"}, headers={"Retry-After": "3600"})
    for _ in range(3):
        with pytest.raises(TokenExchangeError):
            machine.token()
    assert machine.exchanges == 2
    machine.wall.forward(8 * 3600)
    assert machine.token()


def test_a_rejection_is_told_when_a_token_has_ended_on_both_clocks(machine: Machine) -> None:
    """Then there is nothing to fall back on."""
    machine.gloo.client_secret = "rotated"
    machine.passes(3600)
    with pytest.raises(InvalidCredentialsError):
        machine.token()


@given(ahead=st.floats(-1e9, 1e9), steady=st.floats(0, 1e9), drift=st.floats(-1e9, 1e9))
def test_the_steady_clock_is_never_turned_back(ahead: float, steady: float, drift: float) -> None:
    """And what the two differ by in the ordinary is no suspend."""
    seen = seen_from(ahead, steady, steady + ahead + drift)
    assert seen >= steady
    if drift < SLACK - 1:
        assert seen == steady
