"""The life of one access token: rules, no state.

A token has two windows. From `refresh_at` one caller has the next token fetched, beside the calls
that go on with this one; from `stale_at`, a little before it expires, callers wait for the next.
Times are seconds on a monotonic clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

REFRESH_AHEAD = 300.0
"""Seconds before expiry from which one caller refreshes: the earliest of Gloo's own samples."""
LEEWAY = 5.0
"""Seconds before expiry from which a token is too old to be sent."""
DEFAULT_LIFETIME = 3600.0
LONGEST_LIFETIME = 86_400.0
PAUSE = 30.0
"""Seconds between two tries to refresh ahead, when the first failed."""
QUICK = 0.25
"""Seconds for which the caller that refreshes ahead waits, if the last exchange took no longer.

What runs on one machine, tests above all, then goes one step after the other."""


@dataclass(frozen=True, slots=True, eq=False)
class AccessToken:
    """A bearer and when it ends, in seconds on the cache's steady clock."""

    value: str = field(repr=False)
    refresh_at: float
    stale_at: float
    expires_at: float
    lifetime: float
    ahead: float = 0.0
    """By how many seconds the wall clock was ahead of the steady one."""

    @classmethod
    def issued(cls, answer: Mapping[str, Any], now: float, ahead: float = 0.0) -> AccessToken:
        """Read the token endpoint's answer (RFC 6749 §5.1); `now` is when it was asked for.

        Both windows are clamped to the lifetime: a fixed one would mean an exchange on every
        request where lifetimes are short.
        """
        life = lifetime(answer)
        return cls(
            value=answer["access_token"],
            refresh_at=now + life - min(REFRESH_AHEAD, 0.4 * life),
            stale_at=now + life - min(LEEWAY, 0.05 * life),
            expires_at=now + life,
            lifetime=life,
            ahead=ahead,
        )


def lifetime(answer: Mapping[str, Any]) -> float:
    """Seconds that a token lives: `expires_in`, else the JWT's `exp - iat`, else an hour.

    `exp - iat` and not `exp` alone, so that a wrong local clock does not matter. Values that
    cannot be a lifetime (0, negative, NaN, not a number) count as missing.
    """
    claims = _jwt_claims(answer["access_token"])
    issued, expires = (_number(claims.get(name)) for name in ("iat", "exp"))
    of_jwt = expires - issued if issued is not None and expires is not None else None
    for seconds in (_number(answer.get("expires_in")), of_jwt):
        if seconds is not None and seconds > 0:
            return min(seconds, LONGEST_LIFETIME)
    return DEFAULT_LIFETIME


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _jwt_claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT (RFC 7519 §3), unverified; empty if it is none."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims: object = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return cast("Mapping[str, Any]", claims) if isinstance(claims, dict) else {}
