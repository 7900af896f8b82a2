"""A 429 that waiting cannot cure is not tried again."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS
from ..worlds import World

SPENT: list[Any] = [
    {"error": {"code": "insufficient_quota", "type": "insufficient_quota"}},
    {"error": {"type": "insufficient_quota", "message": "Check your plan"}},
    {"error": "Insufficient credit", "code": "insufficient_credit"},
    {"error": "insufficient_credits"},
    {"detail": {"code": "INSUFFICIENT_CREDIT", "message": "Top up"}},
    {"error": {"type": "budget_exceeded", "code": "429", "retryable": True}},
    {"error": {"name": "MONTHLY_BUDGET_LIMIT_REACHED", "code": 4290}},
    {"error": {"code": "billing_hard_limit_reached"}},
    {"error": {"type": "credit_balance_too_low", "message": "Top up"}},
    {"error": "Credits exhausted"},
    {"error": {"code": "out_of_credits"}},
]
PASSING: list[Any] = [
    {"error": "Rate limit exceeded", "code": "too_many_requests"},
    {"error": {"type": "rate_limit_error", "message": "Your budget of requests is refilled soon"}},
    {},
]


def requests_of(gloo: LocalGloo, world: World, body: Any) -> int:
    """How often a call with two retries is sent, where each is refused with that body."""
    headers = {"Retry-After": "0.01"}
    gloo.fault(COMPLETIONS, status=429, body=body, headers=headers, times=None)
    client = world.client(max_retries=2)
    with pytest.raises(openai.RateLimitError):
        world.call(client.chat.completions.create, **ASK)
    return len(gloo.completions)


@pytest.mark.parametrize("body", SPENT, ids=str)
def test_what_is_spent_is_not_tried_again(gloo: LocalGloo, world: World, body: Any) -> None:
    """A quota, a credit, a budget: by its code, name or type, whatever it says of retries."""
    assert requests_of(gloo, world, body) == 1


@pytest.mark.parametrize("body", PASSING, ids=str)
def test_what_passes_is_tried_again(gloo: LocalGloo, world: World, body: Any) -> None:
    """A limit of requests in a time; a word in a sentence is no code."""
    assert requests_of(gloo, world, body) == 3
