"""The bearers in use, and the change to others when the credentials have changed."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..errors import InvalidCredentialsError
from .bearers import AccessTokens
from .credentials import ClientCredentials, StaticKey
from .given_key import GivenKey, Key
from .settings import Settings, look_again
from .token_endpoint import TokenRequest
from .tokens import AccessToken
from .vaults import VaultRequest

log = logging.getLogger("gloo_openai")


@dataclass(frozen=True, eq=False)
class Generation:
    """Credentials and their bearers, up to the next change or to the next `clear`."""

    settings: Settings
    bearers: AccessTokens | GivenKey
    epoch: object
    _next: dict[str, Generation] = field(
        init=False, repr=False, default_factory=dict[str, "Generation"]
    )

    def followed_by(self, after: Generation) -> Generation:
        """The latest since this one. What comes next is said once, by the first to say so:
        `dict.setdefault` is atomic, and no lock is held."""
        latest = self._next.setdefault("generation", after)
        while latest._next:
            latest = latest._next["generation"]
        return latest


class Rotation:
    """Gives bearers as `AccessTokens` and `GivenKey` do, of the credentials that are good now.

    Where the credentials were found, in the environment or in a file, they are looked for again
    when they are rejected, and after `clear`. Others begin with bearers of their own: no exchange
    under way and no remembered refusal of the old ones is taken for theirs.
    """

    def __init__(
        self, found: Settings, bearers_for: Callable[[Settings], AccessTokens | GivenKey]
    ) -> None:
        self._bearers_for = bearers_for
        self._epoch = object()
        self._held = Generation(found, bearers_for(found), self._epoch)
        beside = f"; not used: {', '.join(found.unused)}" if found.unused else ""
        log.debug("credentials are taken from %s%s", found.credentials.source, beside)

    def get(self, client: object) -> AccessToken | Key:
        """Raises `InvalidCredentialsError` or `TokenExchangeError` if no bearer could be had."""
        held = self._current()
        while True:
            try:
                return held.bearers.get(client)
            except InvalidCredentialsError:
                successor = self._successor_of(held)
                if successor is held:
                    raise
            held = successor

    async def aget(self, client: object) -> AccessToken | Key:
        """`get` for an asynchronous client."""
        held = self._current()
        while True:
            try:
                return await held.bearers.aget(client)
            except InvalidCredentialsError:
                successor = self._successor_of(held)
                if successor is held:
                    raise
            held = successor

    def refused(self, bearer: AccessToken | Key, path: str) -> float:
        """The API has answered 401 on that path: seconds until another bearer is worth a try."""
        held = self._held
        if isinstance(bearer, AccessToken):
            if isinstance(held.bearers, AccessTokens):
                return held.bearers.refused(bearer, path)
            return 0.0  # a key has taken the place of the pair
        if self._is_key_of(held, bearer):
            held = self._successor_of(held)
        return math.inf if self._is_key_of(held, bearer) else 0.0

    def accepted(self, bearer: AccessToken | Key, path: str) -> None:
        """The API has taken it there."""
        self._held.bearers.accepted(bearer, path)

    @property
    def on_trial(self) -> bool:
        """Whether `accepted` would be news."""
        return self._held.bearers.on_trial

    def clear(self) -> None:
        """Forget whatever token there is; the next caller looks for the credentials again.

        Assignments and no lock: it may be called from wherever a thread is interrupted.
        """
        self._held.bearers.clear()
        self._epoch = object()

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token expires; None without one."""
        return self._held.bearers.expires_in

    @property
    def settings(self) -> Settings:
        """Those of the credentials in use."""
        return self._held.settings

    def _current(self) -> Generation:
        held = self._held
        return held if held.epoch is self._epoch else self._successor_of(held)

    def _successor_of(self, held: Generation) -> Generation:
        """What is in use after this generation: it goes on, if no others are to be found."""
        if self._held is not held:
            return self._held
        epoch, found = self._epoch, look_again(held.settings)
        if found is None and epoch is held.epoch:
            return held
        successor = replace(held, epoch=epoch)
        if found is not None:
            log.debug("other credentials are taken from %s", found.credentials.source)
            successor = Generation(found, self._bearers_for(found), epoch)
        self._held = held.followed_by(successor)
        return self._held

    def _is_key_of(self, held: Generation, bearer: Key) -> bool:
        """Whether this generation would give the same key again, or one that nobody knows."""
        credentials = held.settings.credentials
        if not isinstance(credentials, StaticKey):
            return False
        return callable(credentials.key) or credentials.key == bearer.value


def bearers_for(
    clock: Callable[[], float],
    wall_clock: Callable[[], float] | None,
    http_client: object,
    found: Settings,
) -> AccessTokens | GivenKey:
    """What gives the bearers of these credentials: none of another's is in it."""
    credentials = found.credentials
    if isinstance(credentials, StaticKey):
        return GivenKey(credentials.key, found.base_url)
    request = (
        TokenRequest(found.token_url, credentials)
        if isinstance(credentials, ClientCredentials)
        else VaultRequest(found.token_url, credentials.vault, credentials.source)
    )
    return AccessTokens(request, clock, wall_clock, http_client)
