"""The traditions that Gloo is known to have, and the word about another: Gloo drops it silently."""

from __future__ import annotations

import difflib
import inspect
import threading
import warnings
from typing import Final, Literal

from .errors import GlooWarning

__all__ = ["Tradition", "about_tradition", "warn_of_tradition"]

Tradition = Literal["evangelical", "catholic", "mainline", "not_faith_specific"] | str

TRADITIONS: Final = ("evangelical", "catholic", "mainline", "not_faith_specific")
"""Compared without case (protocol §3)."""

_warned: set[str] = set()
_lock = threading.Lock()


def about_tradition(tradition: str) -> str | None:
    """What is to be said of a tradition that Gloo is not known to have; None of one that it has."""
    asked = tradition.lower()
    if asked in TRADITIONS:
        return None
    nearest = max(TRADITIONS, key=lambda each: difflib.SequenceMatcher(None, asked, each).ratio())
    return (
        f"tradition={tradition[:80]!r} is none that Gloo is known to have; the nearest is "
        f"{nearest!r}. Gloo answers an unknown one as if it were left out. Known are "
        f"{', '.join(TRADITIONS)}."
    )


def warn_of_tradition(tradition: str) -> None:
    """Warn of a tradition that Gloo is not known to have: once per value and process."""
    if tradition in TRADITIONS or tradition in _warned:
        return
    message = about_tradition(tradition)
    if message is None:
        return
    with _lock:
        if tradition in _warned:
            return
        _warned.add(tradition)
    warnings.warn(message, GlooWarning, stacklevel=_users_level())


def _users_level() -> int:
    """How far up the first frame is that is neither ours nor the SDK's, as `warnings` counts."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and _is_inside(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_inside(module: str) -> bool:
    return module.partition(".")[0] in ("gloo_openai", "openai")
