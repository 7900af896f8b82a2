"""The HTTP libraries at hand: openai 2 sits on httpx, openai 3 on its successor httpx2.

Both have the same interface but different classes, and both can be installed at once, so
everything here is asked of whichever library is there, never of one by name.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import openai

__all__ = [
    "BYTE_STREAMS",
    "CONNECT_ERRORS",
    "DECODING_ERRORS",
    "POOL_TIMEOUTS",
    "REQUESTS",
    "RESPONSES",
    "SDK_LIBRARY",
    "STATUS_ERRORS",
    "TIMEOUTS",
    "TRANSPORT_ERRORS",
    "AnyAuth",
    "is_async_client",
    "is_client",
    "library_of",
]

SDK_LIBRARY: ModuleType = importlib.import_module(
    "httpx" if openai.__version__.startswith("2.") else "httpx2"
)
"""The library that the installed openai makes its own clients of."""


@cache
def _libraries() -> list[ModuleType]:
    names = [name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]
    # httpx2.alias_httpx() makes the two names one module: a set would lose the order.
    return list(dict.fromkeys(importlib.import_module(name) for name in names))


def library_of(client: object) -> ModuleType:
    """The library that an HTTP client is of; the SDK's own for None, or for what is none."""
    for library in _libraries():
        if isinstance(client, (library.Client, library.AsyncClient)):
            return library
    return SDK_LIBRARY


def is_async_client(client: object) -> bool:
    """Whether it is an asynchronous client of either library."""
    return isinstance(client, tuple(library.AsyncClient for library in _libraries()))


def is_client(client: object) -> bool:
    """Whether it is a client of either library."""
    kinds = tuple(library.Client for library in _libraries())
    return is_async_client(client) or isinstance(client, kinds)


TRANSPORT_ERRORS: tuple[type[Exception], ...] = tuple(
    library.TransportError for library in _libraries()
)

STATUS_ERRORS: tuple[type[Exception], ...] = tuple(
    library.HTTPStatusError for library in _libraries()
)

DECODING_ERRORS: tuple[type[Exception], ...] = tuple(
    library.DecodingError for library in _libraries()
)

CONNECT_ERRORS: tuple[type[Exception], ...] = tuple(
    error for library in _libraries() for error in (library.ConnectError, library.ConnectTimeout)
)
"""Nobody was reached; after any other transport error somebody was."""

POOL_TIMEOUTS: tuple[type[Exception], ...] = tuple(library.PoolTimeout for library in _libraries())

TIMEOUTS: tuple[type[Exception], ...] = tuple(library.TimeoutException for library in _libraries())

REQUESTS: tuple[type[Any], ...] = tuple(library.Request for library in _libraries())

RESPONSES: tuple[type[Any], ...] = tuple(library.Response for library in _libraries())

BYTE_STREAMS: tuple[type, ...] = tuple(library.ByteStream for library in _libraries())

if TYPE_CHECKING:
    # Either may be missing where a user type-checks; the missing one is then Any.
    import httpx
    import httpx2

    # Requests of the two libraries are not the same type; the hook takes either.
    class AnyAuth(httpx.Auth, httpx2.Auth):  # type: ignore[misc]  # pyright: ignore[reportIncompatibleMethodOverride]
        """An auth hook that a client of either library accepts."""

        def sync_auth_flow(self, request: Any) -> Any: ...
        def async_auth_flow(self, request: Any) -> Any: ...
else:
    AnyAuth = type("AnyAuth", tuple(library.Auth for library in _libraries()), {})
