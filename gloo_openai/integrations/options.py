"""Which keywords of Gloo's clients a framework's object takes, and what it says to the others."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import openai

__all__ = ["CLIENT_ONLY", "CREDENTIALS", "GLOO_OPTIONS", "WHO_ASKS", "refuse", "take"]

GLOO_OPTIONS = (
    "tradition",
    "rag_publisher",
    "sources_limit",
    "include_citations",
    "grounded",
    "endpoint",
    "on_routing",
)
"""What a framework's own object takes for `GlooOpenAI`."""

CLIENT_ONLY = ("grounded", "endpoint", "on_routing")
"""Those of them that are no keywords of a call, but of a client."""

CREDENTIALS = (
    "client_id",
    "client_secret",
    "credentials",
    "api_key",
    "token_url",
    "env_file",
    "allow_insecure_http",
)
"""What says who asks; `auth` takes the place of all of it."""

WHO_ASKS = ("auth", *CREDENTIALS)
"""All that, and `auth`."""

OF_A_CLIENT = frozenset(
    {
        *GLOO_OPTIONS,
        *CREDENTIALS,
        "auth",
        "default_model",
        *inspect.signature(openai.OpenAI.__init__).parameters,
    }
    - {"self"}
)


def refuse(owner: str, given: Mapping[str, Any], taken: Iterable[str]) -> None:
    """Refuse keywords of a client that a framework's object would send or keep as it found them.

    Raises:
        TypeError: there are some; the message has their names, and no value.
    """
    foreign = sorted(OF_A_CLIENT.intersection(given).difference(taken))
    if foreign:
        raise TypeError(
            f"{owner} takes no {', '.join(f'{name}=' for name in foreign)}. Credentials go into "
            "auth=GlooAuth(...), or into the environment."
        )


def take(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The keywords of these names, taken out of those that were given."""
    return {name: given.pop(name) for name in names if name in given}
