"""An error's body of any size: its beginning is read, and the rest is left where it is."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import openai
import pytest

from .. import forms
from ..worlds import World

MIB = 1 << 20
ENDLESS = 600 * MIB
BOMB = gzip.compress(b" " * (64 * MIB), 9)


class Endless(BaseHTTPRequestHandler):
    """Answers everything with an error that does not end, and counts what it could send."""

    protocol_version = "HTTP/1.1"
    sent = 0
    encoded = False

    def do_POST(self) -> None:
        """503 and a body of 600 MiB, or one that unpacks to 64 MiB."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.send_header("content-type", "application/json")
        length = len(BOMB) if self.encoded else ENDLESS
        self.send_header("content-length", str(length))
        if self.encoded:
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        try:
            if self.encoded:
                self.wfile.write(BOMB)
                return
            self.wfile.write(b'{"error": "')
            while type(self).sent < ENDLESS:
                self.wfile.write(b"x" * 65536)
                type(self).sent += 65536
        except OSError:  # nobody reads on
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Nothing: pytest would show it."""


@pytest.fixture
def endless() -> Iterator[tuple[str, type[Endless]]]:
    """The origin of such a server, and what it counts."""
    handler = type("Counting", (Endless,), {"sent": 0})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


@pytest.mark.parametrize("form", [forms.plain, forms.streamed])
def test_only_the_beginning_of_an_error_is_read(
    world: World, endless: tuple[str, type[Endless]], form: forms.Form
) -> None:
    """600 MiB: the status is what counts, and the words that came first."""
    url, handler = endless
    client = world.client(base_url=url, api_key="sk_local", max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        form(world, client)
    assert len(caught.value.response.content) <= MIB
    assert len(caught.value.message) < 1000
    assert handler.sent < 64 * MIB


def test_an_error_that_unpacks_to_much_is_kept_small(
    world: World, endless: tuple[str, type[Endless]]
) -> None:
    """64 MiB out of 64 kB."""
    url, handler = endless
    handler.encoded = True
    client = world.client(base_url=url, api_key="sk_local", max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        forms.plain(world, client)
    assert len(caught.value.response.content) <= MIB
