"""What is written to a terminal, and what to everything else."""

from __future__ import annotations

import logging
import sys

from rich.console import Console
from rich.status import Status

from .wrapping import Wrapping

WIDE = 10_000
BACKWARDS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9)."""


class Terminal(Console):
    """Rich's console, but a reader that went away is an error here as elsewhere."""

    def on_broken_pipe(self) -> None:
        """Rich itself would end the process with the status 1."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Colours, spinners and wrapping on a terminal; plain unwrapped text elsewhere."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDE
    return Terminal(file=stream, highlight=False, markup=False, width=width)


def wrapped(text: str, *, stderr: bool = False) -> str:
    """A text whose lines end between words on a terminal, and are its own elsewhere."""
    if not (sys.stderr if stderr else sys.stdout).isatty():
        return text
    lines = Wrapping(console(stderr=stderr).width)
    return lines.feed(text) + lines.end()


def waiting() -> Status:
    """A terminal sees that something is waited for; close it before anything else is written."""
    # FORCE_COLOR makes a log coloured, not a place for what turns.
    out = Terminal(file=sys.stderr, force_terminal=sys.stderr.isatty())
    return out.status("waiting for Gloo")


def said(argument: str) -> str:
    """An argument as text: bytes that are no text in the user's locale are UTF-8 or replaced."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def printable(text: str) -> str:
    """A text from elsewhere without what a terminal would obey: control characters, and those that
    have a line read backwards."""
    shown = (char for char in text if char in "\n\t" or char.isprintable() or ord(char) > 159)
    return "".join(char for char in shown if char not in BACKWARDS)


def log_to_stderr(name: str) -> None:
    """What a server logs of each request is a line with its time."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger(name)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
