"""A key that was given: it needs no exchange, or a callable gives one for each request."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import Any

import openai

from ..errors import TokenExchangeError
from ..http_libraries import SDK_LIBRARY
from .credentials import ApiKey, is_bearer


@dataclass(frozen=True)
class Key:
    """A static key, in the shape of an access token."""

    value: Any = field(repr=False)

    def __post_init__(self) -> None:
        if not is_bearer(self.value):
            kind = type(self.value).__name__
            raise TypeError(f"it gave a {kind} that cannot stand in a header")


class GivenKey:
    """Gives a key that needs no exchange, or what a callable gives for each request."""

    expires_in = None
    on_trial = False

    def __init__(self, key: ApiKey, base_url: str) -> None:
        self._key = key
        self._url = base_url

    def get(self, client: Any) -> Key:
        """Raises `TokenExchangeError` if the callable fails or gives what is no key."""
        try:
            return Key(_plain(self._key() if callable(self._key) else self._key))
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(error) from error

    async def aget(self, client: Any) -> Key:
        """`get`, where the callable may be asynchronous."""
        try:
            key = self._key() if callable(self._key) else self._key
            return Key(_plain(await key if inspect.isawaitable(key) else key))
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(error) from error

    def refused(self, bearer: object, path: str) -> float:
        """There is no other key to try with."""
        return math.inf

    def accepted(self, bearer: object, path: str) -> None:
        """Nothing is remembered."""

    def clear(self) -> None:
        """Nothing is kept."""

    def _failure(self, error: Exception) -> TokenExchangeError:
        return TokenExchangeError(
            message=f"No bearer: the api_key callable failed ({type(error).__name__}: {error}).",
            request=SDK_LIBRARY.Request("POST", self._url),
        )


def _plain(key: Any) -> Any:
    """A key out of what hides it, such as pydantic's `SecretStr`."""
    return getattr(key, "get_secret_value", lambda: key)()
