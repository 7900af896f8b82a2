"""Runs the proxy on loopback, and ends it without cutting anybody off."""

from __future__ import annotations

import math
import os
import signal
import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 1024


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1, and on no other address; port 0 takes a free one.

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


def serve(app: ASGIApp, listener: socket.socket, *, grace: float = 30.0) -> None:
    """Serve until SIGTERM or SIGINT; then requests under way have `grace` seconds to end."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="critical",  # the proxy has its own log, with the failures in it
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=math.ceil(grace),
    )
    # uvicorn raises the signal that ended it once more: that is not an error here.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
