"""Credentials out of a vault: a callable gives them before each exchange."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import anyio

from ..http_libraries import SDK_LIBRARY
from .background import run_within
from .credentials import ClientCredentials
from .token_endpoint import Failure, TokenRequest
from .values import Secret

PATIENCE = 25.0
"""Seconds for which a callable is waited for: as long as for the exchange after it."""


@dataclass(frozen=True)
class VaultRequest:
    """A token request whose credentials are asked for anew each time, so that they may rotate."""

    url: str
    vault: Callable[[], Any] = field(repr=False)
    source: str

    def settled(self) -> TokenRequest | Failure:
        """The request with the credentials of this moment."""
        return run_within(self._asked, time.monotonic() + PATIENCE) or self._silence()

    async def asettled(self) -> TokenRequest | Failure:
        """`settled`, where the callable may be asynchronous."""
        asked: TokenRequest | Failure = self._silence()
        try:
            with anyio.move_on_after(PATIENCE):
                given = self.vault()
                asked = self._request(await given if inspect.isawaitable(given) else given)
        except Exception as error:  # noqa: BLE001 - whatever a vault raises, typed once
            return self._failure(f"{type(error).__name__}: {error}")
        return asked

    def _asked(self) -> TokenRequest | Failure:
        try:
            given = self.vault()
            if inspect.isawaitable(given):
                getattr(given, "close", lambda: None)()
                return self._failure("it is asynchronous, and this caller is not")
            return self._request(given)
        except Exception as error:  # noqa: BLE001 - whatever a vault raises, typed once
            return self._failure(f"{type(error).__name__}: {error}")

    def _silence(self) -> Failure:
        return self._failure(f"it gave nothing for {PATIENCE:.0f} s")

    def _request(self, given: Any) -> TokenRequest | Failure:
        if not isinstance(given, (tuple, list)) or len(cast("list[object]", given)) != 2:
            kind = type(cast("object", given)).__name__
            return self._failure(f"it gave {kind}, and not (client_id, client_secret)")
        client_id, secret = map(Secret, cast("list[object]", given))
        for name, part in (("client_id", client_id), ("client_secret", secret)):
            if part.problem or not part:
                return self._failure(f"its {name} {part.problem or 'is empty'}")
        credentials = ClientCredentials(client_id.get_secret_value(), secret, self.source)
        return TokenRequest(self.url, credentials)

    def _failure(self, reason: str) -> Failure:
        return Failure(
            message=f"No access token: {self.source}, failed ({reason}).",
            request=SDK_LIBRARY.Request("POST", self.url),
        )
