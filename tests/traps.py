"""What goes wrong on a network, and a clock that stands still until it is told to go on."""

from __future__ import annotations

import contextlib
import socket
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from openai.types.chat import ChatCompletion

from gloo_openai import AUTO

from .conftest import MESSAGES

ASK = {"model": AUTO, "messages": MESSAGES}
"""The keywords of a plain call."""
TOKEN = "/oauth2/token"
COMPLETIONS = "/chat/completions"

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
TRICKLES = {
    "headers": (HEAD[:17], *[b"X-Slow: 1\r\n"] * 900),
    "a header": (HEAD[:17] + b"X-Slow: ", *[b"1"] * 9000),
    "early hints": tuple([HINTS] * 900),
    "status line": (b"HTTP/1.1 200 ", *[b"O"] * 900),
    "body": (HEAD, *[b" "] * 900),
    "chunks": (CHUNKED, *[b"1\r\n \r\n"] * 900),
    "the size of a chunk": (CHUNKED, *[b"0"] * 900),
    "trailers": (CHUNKED + b"1\r\n \r\n0\r\n", *[b"X-Slow: 1\r\n"] * 900),
}
"""Answers that never end, though each read of them is answered: for a `trap` with a pause."""


def assert_answered(results: list[object]) -> None:
    """Each of them is an answer; what is none is shown."""
    assert [result for result in results if not isinstance(result, ChatCompletion)] == []


@cache
def bomb(*codings: str, mib: int = 64) -> bytes:
    """So many MiB of nothing, packed into little: by the first of these, then by the next."""
    pieces: Iterable[bytes] = (bytes(1 << 20) for _ in range(mib))
    for coding in codings:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31 if coding == "gzip" else 15)
        pieces = [*map(packer.compress, pieces), packer.flush()]
    return b"".join(pieces)


def coded(*codings: str) -> dict[str, str]:
    """The header that says so."""
    return {"Content-Encoding": ", ".join(codings)}


@dataclass
class Clock:
    """Seconds as the test wants them: `GlooAuth(clock=Clock())`."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let that many seconds pass."""
        self.now += seconds


@dataclass
class Trap:
    """A TCP server that accepts, writes what it was told to, piece by piece, and never ends."""

    pieces: tuple[bytes, ...] = ()
    pause: float = 0.0
    accepted: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Accept until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.accepted += 1
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        self._closing.set()
        # Closing alone does not wake a thread that is in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            for piece in self.pieces:
                connection.sendall(piece)
                if self._closing.wait(self.pause):
                    return
            self._closing.wait()


@contextlib.contextmanager
def trap(*pieces: bytes, pause: float = 0.0) -> Iterator[Trap]:
    """A listening `Trap`: without pieces a black hole, with a pause between them a trickle."""
    opened = Trap(pieces, pause)
    thread = threading.Thread(target=opened.serve, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        opened.close()
        thread.join(5)


def closed_port() -> str:
    """An origin where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
