"""An error's body of any size: its beginning is read, and the rest is left where it is."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import openai
import pytest

from gloo_openai import error_details
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import COMPLETIONS, bomb, coded
from ..worlds import World

MIB = 1 << 20
ENDLESS = 600 * MIB


class Endless(BaseHTTPRequestHandler):
    """Answers everything with an error that does not end, and counts what it could send."""

    protocol_version = "HTTP/1.1"
    sent = 0

    def do_POST(self) -> None:
        """503 and a body of 600 MiB."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(ENDLESS))
        self.end_headers()
        try:
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


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.parametrize(
    "codings", [("gzip",), ("deflate",), ("gzip", "gzip"), ("gzip",) * 4], ids=",".join
)
def test_an_error_that_unpacks_to_much_takes_little(
    gloo: LocalGloo, world: World, codings: tuple[str, ...], status: int
) -> None:
    """64 MiB out of little: openai 2's HTTP library unpacks each piece whole."""
    body = bomb(*codings, mib=64)
    gloo.fault(COMPLETIONS, status=status, body=body, headers=coded(*codings))
    client = world.client(api_key="sk_local", max_retries=0)
    tracemalloc.start()
    with pytest.raises(openai.APIStatusError) as caught:
        forms.plain(world, client)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 24 * MIB
    assert caught.value.status_code == status
    assert len(caught.value.response.content) <= MIB


@pytest.mark.parametrize("codings", [("gzip",), ("deflate",), ("gzip", "gzip")], ids=",".join)
def test_a_packed_error_is_read_as_it_was(
    gloo: LocalGloo, world: World, codings: tuple[str, ...]
) -> None:
    """Whole, and with its details."""
    body = json.dumps({"error": {"code": 2002, "message": "down", "trace_id": "t" * 5000}}).encode()
    for coding in codings:
        body = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    gloo.fault(COMPLETIONS, status=503, body=body, headers=coded(*codings))
    with pytest.raises(openai.InternalServerError, match="down") as caught:
        forms.plain(world, world.client(max_retries=0))
    assert error_details(caught.value).trace_id == "t" * 5000
