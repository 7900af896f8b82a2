"""Where the bearer of a request comes from: the shared access token, or a key that was given."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import openai

from ..errors import TokenExchangeError
from ..http_libraries import SDK_LIBRARY
from . import settings
from .background import on_this_loop, start_task, start_thread
from .exchange import TRIES, aexchange, exchange
from .token_endpoint import Failure, TokenRequest
from .tokens import AccessToken, Flight, Outcome, TokenCache

log = logging.getLogger("gloo_openai")


@dataclass(frozen=True)
class Key:
    """A static key, in the shape of an access token."""

    value: Any = field(repr=False)

    def __post_init__(self) -> None:
        if not settings.is_bearer(self.value):
            kind = type(self.value).__name__
            raise TypeError(f"it gave a {kind} that cannot stand in a header")


Bearer = AccessToken | Key


class AccessTokens:
    """Gives the access token that is good now; fetches one where there is none.

    One object serves any number of threads and event loops. `client` is the HTTP client to
    exchange on; None for one that is opened for it.
    """

    def __init__(self, request: TokenRequest, clock: Callable[[], float]) -> None:
        self._ask = request
        self._cache = TokenCache(clock)

    def get(self, client: Any) -> Bearer:
        """Raises `InvalidCredentialsError` or `TokenExchangeError` if no token could be had."""
        while True:
            decision = self._cache.decide(blocking=True)
            if isinstance(decision, AccessToken):
                return decision
            if decision.action == "lead":
                return _unpacked(self._fetch(decision.flight, client))
            if decision.action == "refresh":
                start_thread(partial(self._refresh, decision.flight, client))
            outcome = decision.flight.wait(decision.patience)
            if decision.action == "wait" and outcome is not None:
                return _unpacked(outcome)

    async def aget(self, client: Any) -> Bearer:
        """`get` for an asynchronous client, on asyncio and trio."""
        while True:
            decision = self._cache.decide(blocking=False)
            if isinstance(decision, AccessToken):
                return decision
            if decision.action == "lead":
                return _unpacked(await self._afetch(decision.flight, client))
            if decision.action == "refresh":
                start_task(partial(self._arefresh, decision.flight, client))
            outcome = await _landed(decision.flight, decision.patience)
            if decision.action == "wait" and outcome is not None:
                return _unpacked(outcome)

    def refused(self, bearer: Bearer) -> bool:
        """Forget the token that came back with 401; whether another try makes sense."""
        if isinstance(bearer, AccessToken):
            self._cache.forget(bearer)
        return True

    def clear(self) -> None:
        """Forget whatever token there is."""
        self._cache.clear()

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token expires; None without one."""
        return self._cache.expires_in

    def _refresh(self, flight: Flight, client: Any) -> None:
        """Fetch ahead; a try that fails is nobody's failure, and the next comes after the pause."""
        log.debug("refreshing the access token ahead of time")
        flight.thread = threading.get_ident()
        try:
            self._fetch(flight, client, ahead=True)
        except Exception as error:  # noqa: BLE001 - in a thread of its own nobody would catch it
            log.debug("the refresh ended with %s", type(error).__name__)

    async def _arefresh(self, flight: Flight, client: Any) -> None:
        log.debug("refreshing the access token ahead of time")
        try:
            await self._afetch(flight, client, ahead=True)
        except Exception as error:  # noqa: BLE001 - trio would stop over it
            log.debug("the refresh ended with %s", type(error).__name__)

    def _fetch(self, flight: Flight, client: Any, *, ahead: bool = False) -> AccessToken | Failure:
        """Exchange and share the outcome; ahead of time there is one try, later the usual few."""
        shared: Outcome = None
        try:
            tries = 1 if ahead else TRIES
            with SDK_LIBRARY.Client() if client is None else nullcontext(client) as http:
                outcome = exchange(http, self._request, self._cache.now, tries=tries)
                shared = _shared(outcome, http)
        finally:
            self._cache.settle(flight, shared)
        _tell(outcome, flight)
        return outcome

    async def _afetch(
        self, flight: Flight, client: Any, *, ahead: bool = False
    ) -> AccessToken | Failure:
        """`_fetch`, awaited."""
        shared: Outcome = None
        try:
            tries = 1 if ahead else TRIES
            async with SDK_LIBRARY.AsyncClient() if client is None else nullcontext(client) as http:
                outcome = await aexchange(http, self._request, self._cache.now, tries=tries)
                shared = _shared(outcome, http)
        finally:
            self._cache.settle(flight, shared)
        _tell(outcome, flight)
        return outcome

    @property
    def _request(self) -> TokenRequest:
        """Not a local of the frames that raise: a crash reporter would walk into it."""
        return self._ask


class GivenKey:
    """Gives a key that needs no exchange, or what a callable gives for each request."""

    expires_in = None

    def __init__(self, key: settings.ApiKey, base_url: str) -> None:
        self._key = key
        self._url = base_url

    def get(self, client: Any) -> Bearer:
        """Raises `TokenExchangeError` if the callable fails or gives what is no key."""
        try:
            return Key(self._key() if callable(self._key) else self._key)
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(error) from error

    async def aget(self, client: Any) -> Bearer:
        """`get`, where the callable may be asynchronous."""
        try:
            key = self._key() if callable(self._key) else self._key
            return Key(await key if inspect.isawaitable(key) else key)
        except openai.OpenAIError:
            raise
        except Exception as error:
            raise self._failure(error) from error

    def refused(self, bearer: Bearer) -> bool:
        """There is no other key to try with."""
        return False

    def clear(self) -> None:
        """Nothing is kept."""

    def _failure(self, error: Exception) -> TokenExchangeError:
        return TokenExchangeError(
            message=f"No bearer: the api_key callable failed ({type(error).__name__}: {error}).",
            request=SDK_LIBRARY.Request("POST", self._url),
        )


def _shared(outcome: AccessToken | Failure, http: Any) -> Outcome:
    """What those who wait get; that the leader's own client was closed is not their failure."""
    return outcome if isinstance(outcome, AccessToken) or not http.is_closed else None


def _unpacked(outcome: AccessToken | Failure) -> AccessToken:
    if isinstance(outcome, AccessToken):
        return outcome
    raise outcome.error()


async def _landed(flight: Flight, patience: float) -> Outcome:
    """Wait for another's exchange without blocking the loop, whoever makes it."""
    event = anyio.Event()
    flight.when_done(on_this_loop(event.set))
    with anyio.move_on_after(max(min(patience, flight.remaining), 0)):
        await event.wait()
    return flight.outcome


def _tell(outcome: AccessToken | Failure, flight: Flight) -> None:
    if isinstance(outcome, AccessToken):
        log.debug("exchanged in %.3f s; it lives %.0f s", flight.elapsed, outcome.lifetime)
    else:
        log.debug("exchange failed after %.3f s", flight.elapsed)
