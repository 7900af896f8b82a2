"""What is known of one request, for its line in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

ENTRY = "gloo_openai.proxy.entry"
LONGEST_REASON = 300


@dataclass
class Entry:
    """What the line will say; who knows something adds it."""

    status: int = 0
    sent: int = 0
    complete: bool = False
    model: str = "-"
    remark: str = ""


def entry_of(scope: Mapping[str, Any]) -> Entry:
    """The entry of this request."""
    return cast("Entry", scope[ENTRY])


def shown(text: str, longest: int = 80) -> str:
    """A text of others, without what could break the line or steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text[:longest])


def reason_shown(text: str) -> str:
    """A message of several lines on one, cut where it is too long for a log."""
    words = " ".join(text.split())
    return shown(words, LONGEST_REASON) + ("…" if len(words) > LONGEST_REASON else "")
