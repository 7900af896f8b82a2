"""How long a token is used, under a clock that the test moves."""

from __future__ import annotations

import base64
import json
import math
import threading
import time

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooAuth, InvalidCredentialsError, TokenExchangeError
from gloo_openai.auth.tokens import AccessToken, lifetime
from gloo_openai.testing import LocalGloo

from ..traps import ASK, TOKEN, Clock, assert_answered
from ..worlds import World

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def jwt(claims: object) -> str:
    """A token in the shape of a JWT."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


class Subject:
    """A client under a clock, and how often it exchanged."""

    def __init__(self, gloo: LocalGloo, world: World) -> None:
        self.clock = Clock()
        self.gloo = gloo
        self.world = world
        self.auth = GlooAuth(clock=self.clock)
        self.client = world.client(auth=self.auth, max_retries=0)

    def call(self) -> None:
        """Make a request, which works."""
        assert self.world.call(self.client.chat.completions.create, **ASK).choices

    def until_exchanged(self, expires_in: float) -> None:
        """Wait until the token that is being fetched is there."""
        for _ in range(2000):
            if self.auth.expires_in == expires_in:
                return
            time.sleep(0.01)
        raise AssertionError(f"no new token came: {self.auth.expires_in} s are left")

    @property
    def exchanges(self) -> int:
        """The exchanges so far, the failed ones included."""
        return len(self.gloo.exchanges)

    def lives(self, seconds: object) -> None:
        """Every token from now on has this `expires_in`; Gloo takes it for an hour."""
        body = {"access_token": self.gloo.issue_token(), "expires_in": seconds}
        self.gloo.clear_faults()
        self.gloo.fault(TOKEN, status=200, body=body, times=None)


@pytest.fixture
def subject(gloo: LocalGloo, world: World) -> Subject:
    """A client whose time stands still."""
    return Subject(gloo, world)


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call waits for the refresh that it caused, however busy this machine is."""
    monkeypatch.setattr("gloo_openai.auth.tokens.QUICK", 20)


# The two windows


@pytest.mark.usefixtures("step_by_step")
def test_an_hours_token_is_used_for_55_minutes(subject: Subject) -> None:
    """One exchange until five minutes before expiry, another one then."""
    subject.call()
    subject.clock.forward(3299)
    subject.call()
    assert subject.exchanges == 1
    subject.clock.forward(2)
    subject.call()
    assert subject.exchanges == 2
    assert subject.auth.expires_in == 3600


def test_nobody_waits_for_a_refresh_ahead(subject: Subject) -> None:
    """Thirty callers while the exchange is under way: one exchange, the old token, no waiting."""
    subject.call()
    subject.clock.forward(3400)
    hold = threading.Event()
    subject.gloo.fault(TOKEN, hold=hold)
    for _ in range(15):
        subject.call()
    assert_answered(subject.world.together(15, subject.client.chat.completions.create, **ASK))
    assert {seen.bearer for seen in subject.gloo.completions} == {subject.gloo.tokens[0]}
    hold.set()
    subject.until_exchanged(3600)
    assert subject.exchanges == 2
    subject.call()
    assert subject.gloo.completions[-1].bearer == subject.gloo.tokens[1]


@pytest.mark.usefixtures("step_by_step")
def test_a_quick_refresh_is_seen_by_the_call_that_caused_it(subject: Subject) -> None:
    """Where exchanges are quick, as in tests, a call goes out with the token that it caused."""
    for number in range(1, 6):
        subject.call()
        assert subject.exchanges == number
        assert subject.gloo.completions[-1].bearer == subject.gloo.tokens[-1]
        subject.clock.forward(3400)


def test_a_slow_refresh_is_not_waited_for(subject: Subject) -> None:
    """Where the last exchange was slow nobody waits for the next, not even for a moment."""
    subject.gloo.fault(TOKEN, delay=0.4)
    subject.call()
    subject.clock.forward(3400)
    hold = threading.Event()
    subject.gloo.fault(TOKEN, hold=hold)
    subject.call()
    assert subject.auth.expires_in == 200
    hold.set()
    subject.until_exchanged(3600)
    assert subject.exchanges == 2


def test_a_token_that_ends_during_its_refresh_is_waited_for(subject: Subject) -> None:
    """The exchange that is under way already serves those who now need it."""
    subject.call()
    subject.clock.forward(3400)
    hold = threading.Event()
    fault = subject.gloo.fault(TOKEN, hold=hold)
    subject.call()
    assert fault.wait()
    subject.clock.forward(300)
    threading.Timer(0.2, hold.set).start()
    subject.call()
    assert subject.exchanges == 2
    assert subject.gloo.completions[-1].bearer == subject.gloo.tokens[1]


def test_a_caller_that_gives_up_does_not_end_its_refresh(gloo: LocalGloo, world: World) -> None:
    """Cancelled while the exchange that it caused is under way: the token comes all the same."""
    if not world.is_async:
        pytest.skip("this is about event loops")
    subject = Subject(gloo, world)
    subject.call()
    subject.clock.forward(3400)
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)

    async def give_up() -> None:
        with anyio.move_on_after(0.05):
            await subject.auth.atoken()
        while not fault.hits:
            await anyio.sleep(0.01)

    world.call(give_up)
    hold.set()
    subject.until_exchanged(3600)
    assert subject.exchanges == 2


def test_where_no_thread_can_be_started_the_caller_refreshes(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebAssembly has none, and an interpreter that is about to exit starts no more."""
    subject.call()
    subject.clock.forward(3400)
    here, start = threading.current_thread(), threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if threading.current_thread() is here:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    subject.call()
    assert subject.exchanges == 2
    assert subject.auth.expires_in == 3600


@pytest.mark.usefixtures("step_by_step")
def test_a_failed_refresh_ahead_is_invisible(subject: Subject) -> None:
    """The old token goes on being used; one try each half minute, not one each request."""
    subject.call()
    subject.clock.forward(3400)
    subject.gloo.fault(TOKEN, status=500, times=None)
    for _ in range(5):
        subject.call()
    assert subject.exchanges == 2
    subject.clock.forward(29)
    subject.call()
    assert subject.exchanges == 2
    subject.clock.forward(2)
    subject.call()
    assert subject.exchanges == 3
    subject.gloo.clear_faults()
    subject.clock.forward(31)
    subject.call()
    assert subject.exchanges == 4
    assert subject.auth.expires_in == 3600


@pytest.mark.usefixtures("step_by_step")
def test_rejected_credentials_are_invisible_until_the_token_ends(subject: Subject) -> None:
    """A secret that was rotated away: an error only when there is nothing left to send."""
    subject.call()
    subject.gloo.client_secret = "rotated"
    subject.clock.forward(3594)
    subject.call()
    subject.clock.forward(2)
    with pytest.raises(InvalidCredentialsError):
        subject.call()
    subject.gloo.client_secret = "local-secret"
    subject.clock.forward(30)
    subject.call()


def test_past_expiry_all_wait_for_one_exchange(subject: Subject) -> None:
    """The old token is not sent any more, by nobody."""
    subject.call()
    subject.clock.forward(3600)
    subject.gloo.fault(TOKEN, delay=0.1)
    results = subject.world.together(20, subject.client.chat.completions.create, **ASK)
    assert_answered(results)
    assert subject.exchanges == 2
    assert [seen.bearer for seen in subject.gloo.completions].count(subject.gloo.tokens[0]) == 1


@pytest.mark.usefixtures("step_by_step")
def test_past_expiry_a_failure_is_told(subject: Subject) -> None:
    """After a failed refresh ahead, too: an expired token is nobody's fallback."""
    subject.call()
    subject.gloo.fault(TOKEN, status=500, headers={"Retry-After": "0"}, times=None)
    subject.clock.forward(3400)
    subject.call()
    subject.clock.forward(200)
    with pytest.raises(TokenExchangeError):
        subject.call()


@pytest.mark.parametrize("seconds", [0.5, 1, 5, 60, 600])
def test_a_short_life_does_not_mean_an_exchange_for_each_request(
    subject: Subject, seconds: float
) -> None:
    """Ten requests within a third of the life: one exchange."""
    subject.lives(seconds)
    for _ in range(10):
        subject.call()
        subject.clock.forward(seconds / 30)
    assert subject.exchanges == 1
    subject.clock.forward(seconds)
    subject.call()
    assert subject.exchanges == 2


def test_the_life_counts_from_the_question(gloo: LocalGloo, world: World) -> None:
    """A token whose answer was ten seconds under way is ten seconds old."""
    subject = Subject(gloo, world)
    hold = threading.Event()
    fault = gloo.fault(TOKEN, hold=hold)

    def later() -> None:
        fault.wait()
        subject.clock.forward(10)
        hold.set()

    threading.Thread(target=later).start()
    subject.call()
    assert subject.auth.expires_in == 3590


def test_a_forgotten_token_is_fetched_again(subject: Subject) -> None:
    """`invalidate`, for who knows better."""
    subject.call()
    subject.auth.invalidate()
    subject.call()
    assert subject.exchanges == 2


# How long a token lives


@pytest.mark.parametrize(
    "odd", [None, 0, -1, -1e18, math.nan, math.inf, True, [], {}, "", "soon", "nan", 10**400]
)
def test_an_odd_expires_in_counts_as_missing(odd: object) -> None:
    """The JWT then says how long; and if it is none, an hour."""
    token = jwt({"iat": 5_000_000_000, "exp": 5_000_000_900})
    assert lifetime({"access_token": token, "expires_in": odd}) == 900
    assert lifetime({"access_token": "opaque", "expires_in": odd}) == 3600


@pytest.mark.parametrize(
    ("given_seconds", "seconds"), [(1800, 1800), ("1800", 1800), (0.5, 0.5), (1e18, 86_400)]
)
def test_expires_in_counts_before_the_jwt(given_seconds: object, seconds: float) -> None:
    """Also as a string; and no token is used for longer than a day."""
    answer = {"access_token": jwt({"iat": 0, "exp": 900}), "expires_in": given_seconds}
    assert lifetime(answer) == seconds


@pytest.mark.parametrize(
    "claims", [{}, [], None, {"exp": 9e9}, {"iat": 1, "exp": 1}, {"iat": "x", "exp": []}]
)
def test_a_jwt_that_says_nothing_lives_for_an_hour(claims: object) -> None:
    """`exp` without `iat` would need the right time, and the local clock may be wrong."""
    assert lifetime({"access_token": jwt(claims)}) == 3600


def test_a_local_gloo_without_expires_in_is_read_from_the_jwt(gloo: LocalGloo) -> None:
    """As an answer that has nothing but `access_token`."""
    gloo.token_lifetime = None
    auth = GlooAuth(clock=Clock())
    auth.token()
    assert auth.expires_in == 3600


@given(expires_in=json_values, claims=json_values, exp=json_values, iat=json_values)
def test_any_answer_has_a_life_between_nothing_and_a_day(
    expires_in: object, claims: object, exp: object, iat: object
) -> None:
    """Nothing in it raises."""
    for token in (jwt(claims), jwt({"exp": exp, "iat": iat})):
        seconds = lifetime({"access_token": token, "expires_in": expires_in})
        assert 0 < seconds <= 86_400


@given(st.text())
def test_any_text_can_be_a_token(token: str) -> None:
    """Three parts or none, base64 or not: a token is opaque (RFC 6749 §1.4)."""
    for text in (token, f"a.{token}.b"):
        assert lifetime({"access_token": text}) > 0


@given(
    seconds=st.floats(min_value=1e-3, max_value=1e9),
    now=st.floats(min_value=0, max_value=1e7),
)
def test_both_windows_lie_within_the_life(seconds: float, now: float) -> None:
    """Refresh, then stale, then expired; more than half of a life needs no exchange at all."""
    token = AccessToken.issued({"access_token": "opaque", "expires_in": seconds}, now)
    assert now < token.refresh_at <= token.stale_at <= token.expires_at
    assert token.refresh_at - now > 0.5 * token.lifetime
    assert token.expires_at - token.refresh_at <= 300.001
    assert "opaque" not in repr(token)
