"""What a call raises in another process arrives in this one, whole and without what was sent."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import openai
import pytest

from gloo_openai import GlooAuth, GlooOpenAI, error_details, errors
from gloo_openai.testing import LocalGloo

from .traps import ASK, COMPLETIONS, TOKEN

DETAILS = {
    "error": {
        "type": "server_error",
        "code": 2002,
        "name": "PROVIDER_UNAVAILABLE",
        "message": "Try later",
        "retryable": True,
        "fault": "provider",
        "trace_id": "trace-1",
        "request_id": "request-1",
    }
}
STATUSES = [400, 401, 402, 403, 404, 408, 409, 418, 422, 429, 500, 503]


def ask() -> Any:
    """A call with whatever the environment holds."""
    with GlooOpenAI(max_retries=0) as client:
        return client.chat.completions.create(**ASK).id


def ask_without_routing() -> Any:
    """A call that says nothing of a model."""
    with GlooOpenAI(max_retries=0) as client:
        return client.chat.completions.create(messages=ASK["messages"])


def raised_by(call: Callable[[], Any]) -> BaseException:
    """The error that a call ends with."""
    with pytest.raises((openai.OpenAIError, ValueError)) as caught:
        call()
    return caught.value


def held(error: BaseException) -> dict[str, Any]:
    """What a user reads of an error."""
    names = ("message", "code", "type", "param", "body", "status_code", "trace_id", "retryable")
    return {name: getattr(error, name, None) for name in (*names, "fault", "request_id", "text")}


def assert_same(other: Any, error: Any) -> None:
    """Class, text, attributes and details are those of the original; what was sent is not."""
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert other.args == error.args
    assert held(other) == held(error)
    assert error_details(other) == error_details(error)
    assert (other.mine, other.__notes__) == ("kept", ["a note"])
    if isinstance(error, openai.APIError):
        assert "authorization" not in other.request.headers
        assert other.request.url == error.request.url
    if isinstance(error, openai.APIStatusError):
        assert other.response.status_code == error.response.status_code
        assert "authorization" not in other.response.request.headers
        assert other.response.text == error.response.text
        assert other.response.headers.get("x-own") == error.response.headers.get("x-own")


def assert_survives(error: BaseException) -> None:
    """Every protocol of pickle, and both kinds of copy; twice over as well.

    So does what others have put on it: an attribute, and notes (as `add_note` of Python 3.11 does).
    """
    vars(error).update(mine="kept", __notes__=["a note"])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        once = pickle.loads(pickle.dumps(error, protocol))
        assert_same(once, error)
        assert_same(pickle.loads(pickle.dumps(once, protocol)), error)
    for each in (copy.copy(error), copy.deepcopy(error)):
        assert_same(each, error)


@pytest.mark.parametrize("status", STATUSES)
def test_a_refused_request_survives(gloo: LocalGloo, status: int) -> None:
    """With Gloo's details, the body and the response's headers; the bearer is not in it."""
    headers = {"x-own": "kept", "x-request-id": "request-1"}
    gloo.fault(COMPLETIONS, status=status, body=DETAILS, headers=headers, times=None)
    error = raised_by(ask)
    assert isinstance(error, openai.APIStatusError)
    assert_survives(error)
    bearers = [request.bearer for request in gloo.completions]
    assert not [bearer for bearer in bearers if (bearer or "?").encode() in pickle.dumps(error)]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"error": "invalid_client"}},
        {"status": 404},
        {"drop": "before"},
    ],
)
def test_a_failed_exchange_survives(
    gloo: LocalGloo, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rejected, odd, or cut."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)
    gloo.fault(TOKEN, times=None, **fault)
    error = raised_by(GlooAuth(gloo.client_id, gloo.client_secret, base_url=gloo.origin).token)
    assert_survives(error)
    assert b"local-secret" not in pickle.dumps(error)


def test_errors_before_a_request_survive(gloo: LocalGloo) -> None:
    """No credentials, no routing, no connection."""
    assert_survives(raised_by(ask_without_routing))
    assert_survives(raised_by(lambda: GlooAuth("id", base_url=gloo.origin)))
    gloo.fault(COMPLETIONS, drop="before", times=None)
    assert_survives(raised_by(ask))


def test_a_stream_that_was_cut_off_survives(gloo: LocalGloo) -> None:
    """With what had arrived."""
    gloo.fault(COMPLETIONS, drop_after=400, times=None)

    def read() -> None:
        with GlooOpenAI(max_retries=0) as client:
            for _ in client.chat.completions.create(stream=True, **ASK):
                pass

    assert_survives(raised_by(read))


def test_every_exception_of_ours_can_be_pickled_and_copied() -> None:
    """Also one that is added tomorrow, whatever its constructor takes."""
    named = (getattr(errors, name) for name in errors.__all__)
    kinds = [each for each in named if isinstance(each, type) and issubclass(each, Exception)]
    assert len(kinds) >= 6
    for kind in kinds:
        if kind is errors.GuardrailRefusalError:
            error: Exception = errors.GuardrailRefusalError(text="some words")
        elif kind is errors.IncompleteAnswerError:
            error = errors.IncompleteAnswerError(text="some words", completion=None)
        else:
            error = kind.__new__(kind, "some words")
        vars(error)["mine"] = "kept"
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(other) is kind
            assert "some words" in str(other)
            assert vars(other) == vars(error)


def test_a_pool_of_processes_gets_the_error(gloo: LocalGloo) -> None:
    """`ProcessPoolExecutor`: neither a broken pool nor a wait, but what the worker raised."""
    gloo.fault(COMPLETIONS, status=429, body=DETAILS, times=None)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        error = pool.submit(ask).exception(60)
        assert isinstance(error, openai.RateLimitError)
        assert error_details(error).trace_id == "trace-1"
        gloo.clear_faults()
        assert pool.submit(ask).result(60)
