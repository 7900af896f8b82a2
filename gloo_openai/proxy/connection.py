"""A connection to a client: what it begins to say it has to finish, within a time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

PATIENCE = 30.0
"""Seconds from the first byte of a request, or from the beginning of a connection, to the end of
the request's head; a body has a time of its own."""
LAST_CALL = 1.0
"""Seconds that the rest of a body may take once the proxy has been told to end."""


class Connection(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # a class that uvicorn finds
    """uvicorn's own, which waits for ever for the rest of a request."""

    cycle: Any
    loop: Any
    transport: Any
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(transport)
        self._expect_a_head()

    def data_received(self, data: bytes) -> None:
        """A piece of a request has come."""
        super().data_received(data)
        if self._is_busy:
            self._stop_the_clock()
        else:
            self._expect_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_the_clock()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server is about to end: answers do, but nobody waits for what is half sent."""
        cast("Any", super()).shutdown()
        if self._is_busy:
            self.loop.call_later(LAST_CALL, self._close_if_half_sent)

    @property
    def _is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and self.cycle.response_complete is False

    def _close_if_half_sent(self) -> None:
        if self._is_busy and self.cycle.more_body:
            self.transport.close()

    def _expect_a_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(PATIENCE, self._give_up)

    def _stop_the_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if not self._is_busy:
            self.transport.close()
