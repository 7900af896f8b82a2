"""When to try again, by whatever notation a server says it in; pure functions.

Gloo documents `X-RateLimit-Reset` without its notation (protocol §6), so every one in use elsewhere
is read: a number of seconds, a moment as a Unix time (in seconds, milliseconds, microseconds or
nanoseconds), a date of RFC 9110 or ISO 8601, a duration such as `1m30s`, `250ms` or `PT1M`, and
several of these in a list, of which the last to pass counts.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone

__all__ = ["rate_limit_reset"]

HEADERS = ("retry-after", "x-ratelimit-reset", "ratelimit-reset")
"""`Retry-After` is read by the SDK first; what it cannot read is a notation of these."""
EPOCH = 1_000_000_000.0
"""A number of seconds above this is a Unix time: nobody asks to wait for thirty years."""
UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
WORDS = re.compile(
    r"(?<=\d)\s*(?:(ms|milliseconds?|millis|msecs?)|(seconds?|secs?)|(minutes?|mins?)|(hours?|hrs?)"
    r"|(days?))\b",
    re.IGNORECASE,
)
PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zµμ]+)\s*", re.IGNORECASE)


def rate_limit_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until a request may be sent again; None where no header says so."""
    for name in HEADERS:
        seconds = wait_of(headers.get(name) or "")
        if seconds is not None:
            return seconds
    return None


def wait_of(value: str) -> float | None:
    """Seconds from now, of one value or of a list of them; None if it is in no known notation."""
    text = value.strip().strip("\"'").strip()
    seconds = _one(text)
    if math.isnan(seconds):
        # A date has a comma in it, so the whole was tried first.
        found = [_one(part.partition(";")[0].strip().strip("\"'")) for part in text.split(",")]
        seconds = max((each for each in found if not math.isnan(each)), default=math.nan)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _one(text: str) -> float:
    for read in (_number, _duration, _date):
        seconds = read(text)
        if not math.isnan(seconds):
            return seconds
    return math.nan


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.nan
    if not math.isfinite(number) or number <= EPOCH:
        return number
    while number > 1000 * EPOCH:  # of a second: milli, micro, nano
        number /= 1000
    return number - time.time()


def _duration(text: str) -> float:
    short = re.sub(r"^P(?:(\d+)D)?T?", lambda m: f"{m[1]}d" if m[1] else "", text)
    short = WORDS.sub(lambda m: ("ms", "s", "m", "h", "d")[(m.lastindex or 1) - 1], short.strip())
    parts = PART.findall(short)
    if not parts or PART.sub("", short).strip():
        return math.nan
    units = [unit if unit in UNITS else unit.lower() for _, unit in parts]
    if not UNITS.keys() >= set(units):
        return math.nan
    return sum(float(count) * UNITS[unit] for (count, _), unit in zip(parts, units, strict=True))


def _date(text: str) -> float:
    # Before Python 3.11 fromisoformat knows neither the Z nor a fraction of any length.
    iso = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"[Zz]$", "+00:00", text))
    for read, written in ((email.utils.parsedate_to_datetime, text), (datetime.fromisoformat, iso)):
        try:
            moment = read(written)
            stamp = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return stamp - time.time()
    return math.nan
