"""A key that was given: it needs no exchange, or a callable gives one for each request."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openai

from ..errors import TokenExchangeError
from ..http_libraries import SDK_LIBRARY
from .credentials import is_bearer
from .values import Secret


@dataclass(frozen=True)
class Key:
    """A static key, in the shape of an access token."""

    value: str = field(repr=False)


class GivenKey:
    """Gives a key that needs no exchange, or what a callable gives for each request.

    A callable may give what hides its text, such as pydantic's `SecretStr`.
    """

    expires_in = None
    on_trial = False

    def __init__(self, key: Secret | Callable[[], Any], base_url: str) -> None:
        self._key = Key(key.get_secret_value()) if isinstance(key, Secret) else key
        self._url = base_url

    def get(self, client: Any) -> Key:
        """Raises `TokenExchangeError` if the callable fails or gives what is no key."""
        if isinstance(self._key, Key):
            return self._key
        try:
            given = Secret(_at_once(self._key()))
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(f"{type(error).__name__}: {error}") from error
        return self._checked(given)

    async def aget(self, client: Any) -> Key:
        """`get`, where the callable may be asynchronous."""
        if isinstance(self._key, Key):
            return self._key
        try:
            given = Secret(await _awaited(self._key()))
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(f"{type(error).__name__}: {error}") from error
        return self._checked(given)

    def refused(self, bearer: object, path: str) -> float:
        """There is no other key to try with."""
        return math.inf

    def accepted(self, bearer: object, path: str) -> None:
        """Nothing is remembered."""

    def clear(self) -> None:
        """Nothing is kept."""

    def _checked(self, given: Secret) -> Key:
        if not is_bearer(given.get_secret_value()) or given.problem:
            raise self._failure(f"it gave a {given.kind} that cannot stand in a header")
        return Key(given.get_secret_value())

    def _failure(self, reason: str) -> TokenExchangeError:
        return TokenExchangeError(
            message=f"No bearer: the api_key callable failed ({reason}).",
            request=SDK_LIBRARY.Request("POST", self._url),
        )


def _at_once(given: Any) -> Any:
    """What a callable gave to who cannot wait for it."""
    if inspect.isawaitable(given):
        getattr(given, "close", lambda: None)()  # nobody awaits it any more
        raise TypeError("it is asynchronous, and this caller is not")
    return given


async def _awaited(given: Any) -> Any:
    return await given if inspect.isawaitable(given) else given
