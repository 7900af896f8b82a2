"""Who may ask: programs on this machine that know the key, and no web page.

A server on loopback is reachable by every page that a browser on the machine shows. A page on
another origin sends `Origin`; one that rebinds its own name to 127.0.0.1 sends that name in
`Host`; and neither knows the key.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import RefusedError

OPEN = frozenset({"/health"})
"""What needs no key, and tells nothing."""
KEY_HEADERS = ("x-api-key", "api-key")
"""Where clients of other APIs, and of OpenAI's on Azure, put a key."""
USUAL_PORTS = {"http": "80", "https": "443"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def checked_key(key: str) -> str:
    """The key, if a header can carry it.

    Raises:
        ValueError: it cannot, or everybody would have it.
    """
    if not (key and key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("the proxy's key must be printable ASCII without spaces, and not empty.")
    return key


def checked_host(host: str) -> str:
    """A name that a `Host` header can have, with a port or without.

    Raises:
        ValueError: no header is ever like this; it says how it is spelled.
    """
    name, port = _split(host.rpartition("://")[2])
    spelled = f"{name}:{port}" if port else name
    if not name or "*" in name:
        raise ValueError(f"a host is a name such as host.docker.internal, not {host!r}.")
    if host.lower() != spelled:
        raise ValueError(f"no request has the Host {host!r}: write {spelled!r}.")
    return spelled


def checked_origin(origin: str) -> str:
    """An origin as browsers write it: a scheme and a host, and a port if it is not the usual one.

    Raises:
        ValueError: no browser ever writes this; it says how it is spelled.
    """
    if origin == "null":  # a page that has no origin, such as a file
        return origin
    scheme, colon, rest = origin.rpartition("://")
    name, port = _split(rest)
    scheme = scheme.lower() if colon else "http" if name in LOOPBACK else "https"
    if scheme == "file":
        raise ValueError(f"a page that is a file has no origin: for {origin!r} write 'null'.")
    if not name or "*" in name:
        raise ValueError(
            f"an origin is a scheme and a host such as https://app.example, not {origin!r}."
        )
    usual = USUAL_PORTS.get(scheme)
    spelled = f"{scheme}://{name}" + (f":{port}" if port not in ("", usual) else "")
    if origin != spelled:
        raise ValueError(f"no browser writes the origin {origin!r}: write {spelled!r}.")
    return origin


def _split(address: str) -> tuple[str, str]:
    """The host and the port of an address, as clients write them: in lower case, in ASCII."""
    host = re.split(r"[/?#]", address.strip())[0].rpartition("@")[2].lower()
    found = re.fullmatch(r"(\[.*\]|[^:]*):?(\d*)", host)
    if found is None:  # an address of IPv6 has brackets there
        return f"[{host}]", ""
    name, port = found.groups()
    with suppress(UnicodeError):
        name = name if name.isascii() else name.encode("idna").decode()
    return name, port


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
        self._key = key.encode()  # which is ASCII

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it with 401."""
        locked = scope["type"] == "http" and scope["path"] not in OPEN
        if locked and not self._fits(Headers(scope=scope)):
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
        tried = [given] if scheme.lower() == "bearer" else []
        tried += [headers[name] for name in KEY_HEADERS if name in headers]
        fitting = [hmac.compare_digest(each.strip().encode(), self._key) for each in tried]
        return any(fitting)
