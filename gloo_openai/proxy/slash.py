"""A slash at the end of a path means nothing."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Slash:
    """Middleware: takes the slashes from the end of the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["path"].endswith("/"):
            scope["path"] = scope["path"].rstrip("/") or "/"
        await self._app(scope, receive, send)
