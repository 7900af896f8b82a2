"""When to try again, in every notation that is in use."""

from __future__ import annotations

import email.utils
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai.answers import rate_limit_reset
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import COMPLETIONS
from ..worlds import World


def reset(value: str) -> float | None:
    """What the header means."""
    return rate_limit_reset({"x-ratelimit-reset": value})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("30.5", 30.5),
        (" 30 ", 30),
        ('"30"', 30),
        ("0", 0),
        ("-5", 0),
        ("30s", 30),
        ("30 s", 30),
        ("250ms", 0.25),
        ("500us", 0.0005),
        ("1m30s", 90),
        ("6m0s", 360),
        ("1.5m", 90),
        ("1h2m3s", 3723),
        ("1d", 86400),
        ("2 minutes", 120),
        ("1 min 30 sec", 90),
        ("60 seconds", 60),
        ("PT1M30S", 90),
        ("P1DT2H", 93600),
        ("12, 30", 30),
        ("1s, 6m0s", 360),
        ("10;w=60, 50;w=3600", 50),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1x", None),
        ("m", None),
    ],
)
def test_a_duration_in_any_notation(value: str, seconds: float | None) -> None:
    """Seconds, units, ISO 8601, lists."""
    assert reset(value) == (None if seconds is None else pytest.approx(seconds))


@given(st.integers(5, 100_000))
def test_a_moment_in_any_notation(ahead: int) -> None:
    """A Unix time of any precision, a date of HTTP or ISO 8601."""
    now = time.time()
    then = datetime.fromtimestamp(int(now + ahead), timezone.utc)
    written = [
        *(str(int(then.timestamp() * factor)) for factor in (1, 1000, 10**6, 10**9)),
        f"{then.timestamp():.3f}",
        email.utils.format_datetime(then, usegmt=True),
        then.isoformat(),
        then.isoformat().replace("+00:00", "Z"),
        then.replace(tzinfo=None).isoformat(),
        then.astimezone(timezone(timedelta(hours=2))).isoformat(),
    ]
    for value in written:
        assert reset(value) == pytest.approx(ahead, abs=2), value


@given(st.text(max_size=40))
def test_no_text_is_more_than_no_wait(value: str) -> None:
    """A number of seconds or None, never an exception."""
    seconds = reset(value)
    assert seconds is None or seconds >= 0


def test_a_retry_after_that_the_sdk_cannot_read_is_read(
    gloo: LocalGloo, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Retry-After: 30s`; and `retry-after-ms` is the SDK's own."""
    waits: list[float] = []

    async def wait(delay: float) -> None:
        waits.append(delay)

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(anyio, "sleep", wait)
    headers: list[dict[str, Any]] = [
        {"retry-after": "30s"},
        {"retry-after-ms": "250"},
        {"x-ratelimit-reset": "1m0s"},
    ]
    for each in headers:
        gloo.fault(COMPLETIONS, status=429, body={"error": "slow"}, headers=each)
        forms.plain(world, world.client())
    assert waits == [30, 0.25, 60]
