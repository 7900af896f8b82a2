"""The shared access token: which one a request gets, and who fetches it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import anyio

from ..http_libraries import SDK_LIBRARY, is_async_client, library_of
from .background import on_this_loop, start_task, start_thread
from .cache import TokenCache
from .exchange import TRIES, aexchange, exchange, unreachable
from .flights import Decision, Flight, Outcome
from .loopback import check_direct, direct_mounts
from .memory import way_of
from .token_endpoint import Failure, TokenRequest
from .tokens import AccessToken
from .vaults import VaultRequest

log = logging.getLogger("gloo_openai")


class AccessTokens:
    """Gives the access token that is good now; fetches one where there is none.

    One object serves any number of threads and event loops. `client` is the HTTP client to
    exchange on; where a caller has none it is the one given here, or one that is opened for it.
    """

    def __init__(
        self,
        request: TokenRequest | VaultRequest,
        clock: Callable[[], float],
        wall_clock: Callable[[], float] | None = None,
        http_client: Any = None,
    ) -> None:
        self._ask = request
        self._client = http_client
        self._cache = TokenCache(clock, wall_clock)

    def get(self, client: Any) -> AccessToken:
        """Raises `InvalidCredentialsError` or `TokenExchangeError` if no token could be had."""
        if fresh := self._cache.fresh():
            return fresh
        client = client or self._client
        way, alone = way_of(client), False
        while True:
            decision = self._cache.decide(way, blocking=True, alone=alone)
            if not isinstance(decision, Decision):
                return _unpacked(decision)
            flight = decision.flight
            if decision.action == "lead":
                outcome: Outcome = self._fetch(flight, client)
            else:
                if decision.action == "refresh":
                    start_thread(partial(self._beside, flight, client))
                outcome = flight.wait(decision.patience)
            if decision.action != "refresh" and outcome is not None:
                if self._counts(outcome, flight, way):
                    return self._given(outcome)
                alone = alone or flight.way != way

    async def aget(self, client: Any) -> AccessToken:
        """`get` for an asynchronous client, on asyncio and trio."""
        if fresh := self._cache.fresh():
            return fresh
        client = client or self._client
        way, alone = way_of(client), False
        beside = client is not None and not is_async_client(client)
        while True:
            decision = self._cache.decide(way, blocking=False, alone=alone)
            if not isinstance(decision, Decision):
                return _unpacked(decision)
            flight, ahead = decision.flight, decision.action == "refresh"
            if decision.action == "lead" and not beside:
                outcome: Outcome = await self._afetch(flight, client)
            else:
                if decision.action != "wait" and beside:
                    start_thread(partial(self._beside, flight, client, ahead=ahead))
                elif ahead:
                    start_task(partial(self._abeside, flight, client))
                outcome = await _landed(flight, decision.patience)
            if not ahead and outcome is not None:
                if self._counts(outcome, flight, way):
                    return self._given(outcome)
                alone = alone or flight.way != way

    def refused(self, bearer: Any, path: str) -> float:
        """The API has answered 401 on that path: seconds until another bearer is worth a try."""
        return self._cache.refused(bearer, path)

    def accepted(self, bearer: Any, path: str) -> None:
        """The API has taken it there."""
        self._cache.accepted(bearer, path)

    @property
    def on_trial(self) -> bool:
        """Whether `accepted` would be news."""
        return self._cache.on_trial

    def clear(self) -> None:
        """Forget whatever token there is, and every refusal."""
        self._cache.clear()

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token expires; None without one."""
        return self._cache.expires_in

    def _counts(self, outcome: AccessToken | Failure, flight: Flight, way: object) -> bool:
        """Whether the outcome of a flight is that of a caller who goes this way.

        What went wrong on another client's way says nothing about this one's; nor does a failure
        from before `clear`.
        """
        if isinstance(outcome, AccessToken):
            return True
        return self._cache.is_current(flight) and (outcome.of_endpoint or flight.way == way)

    def _given(self, outcome: AccessToken | Failure) -> AccessToken:
        """The token, or an old one that is stale by a clock that may be wrong."""
        return _unpacked(
            outcome if isinstance(outcome, AccessToken) else self._cache.fallback or outcome
        )

    def _beside(self, flight: Flight, client: Any, *, ahead: bool = True) -> None:
        """Fetch on a thread; a try ahead that fails is nobody's failure, the next comes later."""
        try:
            self._fetch(flight, client, ahead=ahead)
        except Exception as error:  # noqa: BLE001 - in a thread of its own nobody would catch it
            log.debug("the exchange ended with %s", type(error).__name__)

    async def _abeside(self, flight: Flight, client: Any) -> None:
        try:
            await self._afetch(flight, client, ahead=True)
        except Exception as error:  # noqa: BLE001 - trio would stop over it
            log.debug("the exchange ended with %s", type(error).__name__)

    def _fetch(self, flight: Flight, client: Any, *, ahead: bool = False) -> AccessToken | Failure:
        """Exchange and share the outcome; ahead of time there is one try, later the usual few."""
        outcome: Outcome = None
        interruption: BaseException | None = None
        try:
            with flight.led():
                outcome = self._exchanged(client, 1 if ahead else TRIES)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            interruption = error
        finally:
            self._cache.settle(flight, outcome)
        if interruption is not None:
            raise without_frames(interruption)
        return _told(outcome, flight, ahead=ahead)

    async def _afetch(
        self, flight: Flight, client: Any, *, ahead: bool = False
    ) -> AccessToken | Failure:
        """`_fetch`, awaited."""
        outcome: Outcome = None
        interruption: BaseException | None = None
        try:
            with flight.led():
                outcome = await self._aexchanged(client, 1 if ahead else TRIES)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            interruption = error
        finally:
            self._cache.settle(flight, outcome)
        if interruption is not None:
            raise without_frames(interruption)
        return _told(outcome, flight, ahead=ahead)

    def _opened(self, kind: type[Any], ask: TokenRequest, client: Any) -> Any:
        """The client to exchange on, to be entered; or why there is none."""
        try:
            http = kind(mounts=direct_mounts(ask.url)) if client is None else client
            check_direct(ask.url, http)
        except Exception as error:  # noqa: BLE001 - opening a client fails in many ways
            return unreachable(ask, error, client)
        return http if client is None else nullcontext(client)

    def _exchanged(self, client: Any, tries: int) -> AccessToken | Failure:
        if is_async_client(client):
            return Failure(
                "No access token: the http_client= of this GlooAuth is asynchronous, and this "
                "caller is not. Await atoken(), or give a synchronous client.",
                request=library_of(client).Request("POST", self._ask.url),
                passing=True,
            )
        ask = self._ask.settled()
        if isinstance(ask, Failure):
            return ask
        opened = self._opened(SDK_LIBRARY.Client, ask, client)
        if isinstance(opened, Failure):
            return opened
        # What is raised within is none of the exchange's own: a signal handler has raised it.
        with opened as http:
            return exchange(http, ask, self._cache.clocks, tries=tries)

    async def _aexchanged(self, client: Any, tries: int) -> AccessToken | Failure:
        ask = await self._ask.asettled()
        if isinstance(ask, Failure):
            return ask
        opened = self._opened(SDK_LIBRARY.AsyncClient, ask, client)
        if isinstance(opened, Failure):
            return opened
        async with opened as http:
            return await aexchange(http, ask, self._cache.clocks, tries=tries)


def without_frames(error: BaseException) -> BaseException:
    """An exception that goes through, such as a cancellation, without where it came from: the
    frames of the HTTP libraries hold the request, and what had come of the answer."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
        each.__traceback__ = each.__cause__ = each.__context__ = None
    return error


def _unpacked(outcome: AccessToken | Failure) -> AccessToken:
    if isinstance(outcome, AccessToken):
        return outcome
    raise outcome.error()


async def _landed(flight: Flight, patience: float) -> Outcome:
    """Wait for another's exchange without blocking the loop, whoever makes it."""
    event = anyio.Event()
    flight.when_done(on_this_loop(event.set))
    with anyio.move_on_after(flight.patience(patience)):
        await event.wait()
    return flight.outcome


def _told(outcome: Outcome, flight: Flight, *, ahead: bool) -> AccessToken | Failure:
    when = " ahead of time" if ahead else ""
    if isinstance(outcome, AccessToken):
        life = outcome.lifetime
        log.debug("exchanged%s in %.3f s; it lives %.0f s", when, flight.elapsed, life)
    else:
        log.debug("exchange%s failed after %.3f s", when, flight.elapsed)
    return cast("AccessToken | Failure", outcome)
