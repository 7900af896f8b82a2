"""Gloo inside the frameworks, where their own way in takes more than two lines or is unsafe.

Each module needs its framework, which the extra of the same name installs; docs/frameworks/
shows them, and the frameworks that take a `GlooOpenAI` as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .options import CLIENT_ONLY, CREDENTIALS, GLOO_OPTIONS, WHO_ASKS, refuse, take

__all__ = [
    "CLIENT_ONLY",
    "CREDENTIALS",
    "GLOO_OPTIONS",
    "WHO_ASKS",
    "extra",
    "refuse",
    "take",
]


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports that need the extra `name`.

    Raises:
        ImportError: one of them failed; the message says what to install.
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(
            f"gloo_openai.integrations.{name} cannot import its framework ({error}). "
            f"Install it: pip install 'gloo-openai[{name}]'"
        ) from error
