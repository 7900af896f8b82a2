"""Work that ends within its bound, whatever it waits for.

The SDK's timeouts are for each byte, so that an answer that trickles in would never be over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..auth import run_within

T = TypeVar("T")

GRACE = 1.0
"""Seconds in which the SDK's own timeout, as long, comes first: it knows more of what happened."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What the work gives.

    Raises:
        TimeoutError: it takes longer than that, and a second.
        BaseException: what the work raises.
    """
    done = run_within(lambda: (work(),), time.monotonic() + seconds + GRACE)
    if done is None:
        raise TimeoutError(f"Gloo's answer was not whole within {seconds:g} s. Try again later.")
    return done[0]
