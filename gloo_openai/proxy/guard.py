"""Who may ask: programs on this machine that know the key, and no web page.

A server on loopback is reachable by every page that a browser on the machine shows. A page on
another origin sends `Origin`; one that rebinds its own name to 127.0.0.1 sends that name in
`Host`; and neither knows the key.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import RefusedError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Door:
    """Middleware: refuses a foreign `Host` and a foreign `Origin`, preflights included.

    Args:
        hosts: more names that `Host` may have, with a port or without one for any port.
        origins: the origins that may call, as a browser writes them: `https://app.example`.
    """

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it with 403."""
        if scope["type"] == "http":
            try:
                self._check(Headers(scope=scope), scope["server"][1])
            except RefusedError as refused:
                await refused.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers, port: int) -> None:
        host = headers.get("host", "").lower()
        name, colon, given_port = host.rpartition(":")
        name, given_port = (name, given_port) if colon and given_port.isdigit() else (host, "80")
        ours = name in LOOPBACK and given_port == str(port)
        if len(headers.getlist("host")) != 1 or not (ours or {host, name} & self._hosts):
            raise RefusedError(
                403,
                f"The proxy does not answer to this Host. Use http://127.0.0.1:{port}/v1, or "
                "start it with --allow-host and the name.",
                "host_not_allowed",
            )
        if not self._origins.issuperset(headers.getlist("origin")):
            raise RefusedError(
                403,
                "The proxy takes no requests from web pages. To let one in, start it with "
                "--allow-origin and the origin of the page.",
                "origin_not_allowed",
            )


class Lock:
    """Middleware: asks for the key, compared in constant time."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it with 401."""
        if scope["type"] == "http" and not self._fits(Headers(scope=scope)):
            refused = RefusedError(
                401,
                "The API key is not the proxy's. It was printed when the proxy started; with "
                "--key, or GLOO_PROXY_KEY, it stays the same.",
                "invalid_api_key",
                headers={"www-authenticate": "Bearer"},
            )
            await refused.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _fits(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        equal = hmac.compare_digest(given.strip().encode(), self._key)
        return equal and scheme.lower() == "bearer"
