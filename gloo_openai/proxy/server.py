"""Runs the proxy on loopback, and ends it without cutting anybody off."""

from __future__ import annotations

import errno
import math
import os
import signal
import socket

import uvicorn
from starlette.types import ASGIApp

from .connection import Connection
from .log import log

BACKLOG = 1024


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is named, and with it on, the end
    # of an answer waits 40 ms for the client's acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def beside(listener: socket.socket) -> socket.socket | None:
    """The same port on ::1, which is what `localhost` means to some; None if it cannot be had."""
    port: int = listener.getsockname()[1]
    twin = None
    try:
        twin = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        twin.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        twin.bind(("::1", port))
        twin.listen(BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            log.warning("port %d of ::1 is another program's: use 127.0.0.1, not localhost", port)
        if twin is not None:
            twin.close()
        return None
    return twin


def serve(app: ASGIApp, listener: socket.socket, *, grace: float = 30.0) -> None:
    """Serve there and on ::1 until SIGTERM or SIGINT.

    Then requests under way have `grace` seconds to end.
    """
    config = uvicorn.Config(
        app,
        http=Connection,
        access_log=False,
        log_config=None,
        log_level="critical",  # the proxy has its own log, with the failures in it
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=math.ceil(grace),
    )
    sockets = [each for each in (listener, beside(listener)) if each]
    server = uvicorn.Server(config)
    # Until uvicorn has handlers of its own an exception would be raised wherever the start is: in
    # compiled code it can be lost. uvicorn raises the signal that ended it once more.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    server.run(sockets=sockets)
