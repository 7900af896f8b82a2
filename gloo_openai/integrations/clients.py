"""Gloo's clients for one object of a framework: made when they are needed, over one auth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import openai
from pydantic import SecretStr

from .. import PLACEHOLDER, AsyncGlooOpenAI, GlooAuth, GlooModel, GlooOpenAI
from ..auth import direct_mounts, is_detour
from .options import CREDENTIALS
from .refusals import refusals_raise
from .windows import answering, catalogue, windows

__all__ = ["Clients", "OfTheLoop"]

OF_AUTH = (*CREDENTIALS, "base_url")
KEPT = 16
"""How many auths are kept, for those who give each call a key of its own."""


@dataclass(frozen=True)
class Made:
    """A client and the keywords it was made with."""

    options: Mapping[str, Any]
    client: Any
    http_client: Any


class Clients:
    """One synchronous client, and an asynchronous one for each running event loop.

    A framework's object keeps one of these and asks it, for every call, for the client of the
    keywords that hold at that moment: what was assigned to the object is what is sent. A client is
    made again only where they differ; tokens and connections stay.

    Args:
        proxy: for the HTTP clients that are made here; one that is given as `http_client` has
            its own.
        kept: keywords that hold for every call. Credentials are safe here: this object is not
            pickled, and prints nothing of them.
    """

    def __init__(self, proxy: str | None = None, kept: Mapping[str, Any] | None = None) -> None:
        self._kept = {name: value for name, value in (kept or {}).items() if value != PLACEHOLDER}
        self._proxy = {"proxy": proxy} if proxy else {}
        self._made: dict[object, Made] = {}
        self._rows: list[GlooModel] | None = None
        self._auths: list[tuple[Mapping[str, Any], GlooAuth]] = []

    def sync(self, options: Mapping[str, Any]) -> GlooOpenAI:
        """The client for these keywords of `GlooOpenAI`, of which None counts as left out."""
        made = self._get(None, GlooOpenAI, openai.DefaultHttpxClient, options)
        return cast("GlooOpenAI", made)

    def asynchronous(self, options: Mapping[str, Any]) -> AsyncGlooOpenAI:
        """`sync` for the event loop that is running: connections belong to the loop they are of."""
        for loop in list(self._made):
            if isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed():
                self._made.pop(loop, None)
        made = self._get(_loop(), AsyncGlooOpenAI, openai.DefaultAsyncHttpxClient, options)
        return cast("AsyncGlooOpenAI", made)

    def auth(self, options: Mapping[str, Any]) -> GlooAuth:
        """The one auth of these keywords: the one that was given, or else one of their credentials.

        Raises:
            MissingCredentialsError: nothing to authenticate with was found.
        """
        options = {**self._kept, **options}
        if options.get("auth") is not None:
            return cast("GlooAuth", options["auth"])
        given = {n: options[n] for n in OF_AUTH if options.get(n) is not None}
        for known, auth in self._auths:
            if known == given:
                return auth
        made = GlooAuth(**{name: _revealed(value) for name, value in given.items()})
        self._auths = [(given, made), *self._auths[: KEPT - 1]]
        return made

    def window(self, model: str, options: Mapping[str, Any]) -> int | None:
        """Tokens of context that a model has, or whichever model a pseudo model may mean.

        The catalogue is read once; None where it does not say, or cannot be had.
        """
        if not self._rows:
            self._rows = catalogue(lambda: self.sync(options))
        return windows(answering(model, self._rows))[0]

    def _get(self, place: object, kind: Any, http: Any, options: Mapping[str, Any]) -> Any:
        options = {**self._kept, **options}
        options = {name: _copied(value) for name, value in options.items() if value is not None}
        made = self._made.get(place)
        if made is not None and made.options == options and not made.http_client.is_closed:
            return made.client
        auth = self.auth(options)
        rest = options
        if "auth" not in options:
            secret = {"client_id", "client_secret", "credentials", "api_key", "token_url"}
            rest = {name: value for name, value in options.items() if name not in secret}
        http_client = options.get("http_client")
        if http_client is None:
            old = made if made is not None and "http_client" not in made.options else None
            reusable = old is not None and not old.http_client.is_closed
            url = str(options.get("base_url") or auth.base_url)
            mounts = {"mounts": direct_mounts(url)} if is_detour(url) else {}
            http_client = old.http_client if reusable and old else http(**(self._proxy or mounts))
        client = refusals_raise(kind(**{**rest, "auth": auth, "http_client": http_client}))
        self._made[place] = Made(options, client, http_client)
        return client

    async def close(self) -> None:
        """Close the asynchronous client of the running loop; the next call makes another."""
        made = self._made.pop(_loop(), None)
        if made is not None and "http_client" not in made.options:
            await made.http_client.aclose()

    def __copy__(self) -> Clients:
        return self

    def __deepcopy__(self, memo: object) -> Clients:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "This object holds Gloo's credentials and connections and is not pickled: make it in "
            "the process that uses it."
        )


class OfTheLoop:
    """Stands where a framework takes one asynchronous client: it is that of the running event loop.

    Args:
        clients: what makes them.
        options: gives the keywords that hold now.
    """

    def __init__(self, clients: Clients, options: Callable[[], Mapping[str, Any]]) -> None:
        self._clients, self._options = clients, options

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clients.asynchronous(self._options()), name)


def _loop() -> object:
    """The running event loop, or what stands for none: trio has no such object."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return "no asyncio"


def _copied(value: Any) -> Any:
    """A value as it is now: a dict may be changed in place later."""
    return dict(value) if isinstance(value, dict) else value


def _revealed(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
