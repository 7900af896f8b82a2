"""A forward proxy on loopback that notes what passes through it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class _Handler(BaseHTTPRequestHandler):
    """Passes a request with an absolute URL on (RFC 9112 §3.2.2), and the answer back."""

    seen: list[str]

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        self.seen.append(url.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        onward = http.client.HTTPConnection(url.netloc, timeout=10)
        target = url._replace(scheme="", netloc="").geturl()
        onward.request("POST", target, body, dict(self.headers.items()))
        answer = onward.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        onward.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextmanager
def forward_proxy() -> Iterator[tuple[str, list[str]]]:
    """The URL of a running proxy, and the paths of the requests it has passed on so far."""
    seen: list[str] = []
    handler = type("Handler", (_Handler,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()
