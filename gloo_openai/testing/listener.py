"""The HTTP server under the local Gloo: pytest-httpserver with connections that stay open."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .wire import Headers, Reply, SeenRequest

try:
    from pytest_httpserver import HTTPServer
    from werkzeug.serving import WSGIRequestHandler, make_server
    from werkzeug.wrappers import Request, Response
except ModuleNotFoundError as error:  # the core does not depend on it
    raise ImportError(
        "the local Gloo needs pytest-httpserver: pip install 'gloo-openai[testing]'"
    ) from error

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# More than a burst of connections in any test; the system may lower it.
BACKLOG = 1024
# Seconds that `stop` waits for the connections' threads, all together.
PATIENCE = 0.2


class Listener(HTTPServer):
    """Serves `respond` on a thread for every connection, until `stop` cuts the open ones."""

    def __init__(self, host: str, port: int, respond: Callable[[SeenRequest], Reply]) -> None:
        super().__init__(host, port, threaded=True)
        self.stopping = threading.Event()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._respond = respond

    def start(self) -> None:
        """Listen, on the same port as before if it ran before."""
        self.stopping = threading.Event()
        handler = type("Connection", (_Connection,), {"listener": self})
        app: WSGIApplication = Request.application(self.application)
        # A socket of our own has a longer queue, and a taken port is an OSError, not an exit.
        with socket.create_server((self.host, self.port), backlog=BACKLOG) as sock:
            self.server = make_server(
                self.host, self.port, app, threaded=True, request_handler=handler, fd=sock.fileno()
            )
        self.port = self.server.port
        self.server_thread = threading.Thread(target=self.thread_target, daemon=True)
        self.server_thread.start()

    def thread_target(self) -> None:
        """Serve; half the poll interval is what `stop` waits on average."""
        assert self.server is not None
        self.server.serve_forever(poll_interval=0.004)

    def stop(self) -> None:
        """Stop listening, cut what is open, and wait for the threads to end."""
        self.stopping.set()
        super().stop()
        connections = list(self._connections.items())
        for _, connection in connections:
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + PATIENCE
        for thread, _ in connections:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection and its thread, the current one, until that thread has ended."""
        for thread in list(self._connections):
            if not thread.is_alive():
                self._connections.pop(thread, None)
        self._connections[threading.current_thread()] = connection

    def application(self, request: Request) -> Response:
        """Answer one request."""
        seen = SeenRequest(
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            headers=Headers(request.headers.items()),
            body=request.get_data(),
            peer=int(request.environ["REMOTE_PORT"]),
        )
        reply = self._respond(seen)
        headers = dict(reply.headers)
        if reply.length is not None:
            headers["content-length"] = str(reply.length)
        return Response(reply.pieces, reply.status, headers, direct_passthrough=True)


class _Connection(WSGIRequestHandler):
    """One connection. werkzeug closes it after a response; this one keeps it, as Gloo does."""

    listener: Listener
    protocol_version = "HTTP/1.1"
    # A response is sent in small writes, which else wait 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.listener.opened(self.connection)

    def handle(self) -> None:
        # A connection accepted while the server stops may have missed being cut.
        if not self.listener.stopping.is_set():
            super().handle()

    def run_wsgi(self) -> None:
        """Run the application and send what it answers, every piece at once."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return self.wfile.write

        pieces = self.server.app(self.make_environ(), start_response)
        status, headers = started[-1]
        chunked = self._send_head(status, headers)
        for piece in filter(None, pieces):  # an empty one would end a chunked body
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> bool:
        """Send the status and the headers; whether the body is chunked."""
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or int(code) in {204, 304}
        chunked = not bodiless and all(name.lower() != "content-length" for name, _ in headers)
        if chunked and self.request_version == "HTTP/1.0":
            # That one cannot read chunks: its body ends with the connection.
            chunked, self.close_connection = False, True
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        return chunked

    def log(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: a test's output is its own."""
