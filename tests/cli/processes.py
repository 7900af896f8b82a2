"""The command line as its users have it: with pipes or with a terminal.

What ends by itself and has no terminal runs in the test's own process: starting one takes longer
than most of what is tested. Signals, terminals and what is printed as it comes need a process.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import logging
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unittest import mock

from typing_extensions import Self

from gloo_openai.cli import main

# A job in a shell's background ignores Ctrl-C, and would hand that on to what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

COMMAND = (sys.executable, "-m", "gloo_openai")
PATIENCE = 60.0
"""Seconds after which a process that does not do its part fails the test."""
# Gives a process the terminal on its stdin as its own, so that Ctrl-C becomes a signal there.
LOGIN = (
    "import os, sys, fcntl, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """What is on stderr, which has to be one line and no traceback."""
        assert self.err.count("\n") == 1, f"not one line: {self.err}"
        assert "Traceback" not in self.err
        return self.err.strip()


class _Screen(io.TextIOWrapper):
    """What a command takes for a terminal."""

    def isatty(self) -> bool:
        return True


def run(*arguments: str, stdin: str | bytes | None = None, columns: int | None = None) -> Finished:
    """Run a command to its end, with pipes for a terminal; nothing on stdin if left out.

    With `columns` it writes to a terminal of that width.
    """
    data = stdin.encode() if isinstance(stdin, str) else stdin or b""
    kind = _Screen if columns else io.TextIOWrapper
    pipes = [
        io.TextIOWrapper(io.BytesIO(data), "utf-8"),
        *(kind(io.BytesIO(), "utf-8") for _ in ("stdout", "stderr")),
    ]
    with (
        _as_a_process_of_its_own(),
        mock.patch.multiple(sys, stdin=pipes[0], stdout=pipes[1], stderr=pipes[2]),
    ):
        os.environ.update({"COLUMNS": str(columns), "TERM": "xterm-256color"} if columns else {})
        status = main(arguments)
        for pipe in pipes[1:]:
            pipe.flush()
    out, err = (pipe.buffer.getvalue().decode() for pipe in pipes[1:])
    return Finished(status, out, err)


@contextlib.contextmanager
def _as_a_process_of_its_own() -> Iterator[None]:
    """What a command sets for its whole process is as it was before, once it has ended."""
    log = logging.getLogger("gloo_openai")
    handlers, level = [*log.handlers], log.level
    with mock.patch.dict(os.environ), warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            yield
        finally:
            log.handlers[:] = handlers
            log.setLevel(level)


def run_process(
    *arguments: str, stdin: str | bytes | None = None, program: Sequence[str] = COMMAND
) -> Finished:
    """`run` in a process of its own, for what only that shows."""
    data = stdin.encode() if isinstance(stdin, str) else stdin or b""
    done = subprocess.run(
        [*program, *arguments], input=data, capture_output=True, timeout=PATIENCE, check=False
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


class _Reader:
    """What a process writes, read as far as a test wants to."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._seen = b""

    def until(self, text: str) -> str:
        """What was written, up to and with this text; the rest is for the next call."""
        wanted = text.encode()
        while wanted not in self._seen:
            piece = self._piece(text)
            assert piece, f"it ended without {text!r}: {self._seen.decode()}"
            self._seen += piece
        before, _, self._seen = self._seen.partition(wanted)
        return (before + wanted).decode()

    def rest(self) -> str:
        """Everything that nobody read yet, up to the end."""
        while piece := self._piece("its end"):
            self._seen += piece
        rest, self._seen = self._seen, b""
        return rest.decode()

    def close(self) -> None:
        """Go away, as `head` does."""
        os.close(self.fd)

    def _piece(self, wanted: str) -> bytes:
        ready, _, _ = select.select([self.fd], [], [], PATIENCE)
        assert ready, f"{wanted!r} did not come within {PATIENCE} s, only: {self._seen.decode()}"
        try:
            return os.read(self.fd, 65536)
        except OSError:  # what Linux says at the end of a terminal
            return b""


class Running:
    """A command that goes on until it is told to end."""

    def __init__(self, *arguments: str) -> None:
        (out, out_inside), (err, err_inside) = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=out_inside, stderr=err_inside
        )
        os.close(out_inside)
        os.close(err_inside)
        self.pid = self._process.pid
        self.out, self.err = _Reader(out), _Reader(err)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        _end(self._process)
        with contextlib.suppress(OSError):  # a test may have closed it
            self.out.close()
        self.err.close()

    def interrupt(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> Finished:
        """Send it a signal and wait for its end."""
        self.interrupt(number)
        return self.wait()

    def wait(self) -> Finished:
        """Wait for its end; what was not read yet is in `out` and `err`."""
        out, err = self.out.rest(), self.err.rest()
        return Finished(self._process.wait(PATIENCE), out, err)

    def wait_after_closing(self) -> Finished:
        """Close its stdout and wait for its end."""
        self.out.close()
        err = self.err.rest()
        return Finished(self._process.wait(PATIENCE), "", err)


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str, columns: int = 100) -> None:
        fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOGIN, *COMMAND, *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)},
        )
        os.close(inside)
        self.screen = _Reader(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        _end(self._process)
        self.screen.close()

    def type(self, keys: str) -> None:
        """Type; `\\x03` is Ctrl-C, `\\x04` Ctrl-D."""
        os.write(self.screen.fd, keys.encode())

    def interrupt(self) -> Finished:
        """Press Ctrl-C until it ends: readline misses a signal before its first wait."""
        for _ in range(10):
            time.sleep(0.5)
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
                break
        return self.wait()

    def wait(self) -> Finished:
        """Wait for the command's end; what was not read yet is in `out`."""
        rest = self.screen.rest()
        return Finished(self._process.wait(PATIENCE), rest, "")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait(PATIENCE)
