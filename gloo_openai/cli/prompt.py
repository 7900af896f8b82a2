"""What somebody types at the prompt of a conversation: one message, typed or pasted."""

from __future__ import annotations

import contextlib
import select
import sys

PASTED = 0.05
"""Seconds within which the next line of something pasted is there."""
BLOCK = '"""'


def prepare() -> None:
    """Let `input` know arrow keys and history, and take what is pasted as one line."""
    with contextlib.suppress(ImportError):
        import readline

        readline.parse_and_bind("set enable-bracketed-paste on")


def read_message(prompt: str = "> ") -> str:
    '''One message: a line; what was pasted; or from `"""` to the next `"""`.

    Raises:
        EOFError: Ctrl-D.
        KeyboardInterrupt: Ctrl-C.
    '''
    message = _pasted(input(prompt))
    if not message.lstrip().startswith(BLOCK):
        return message
    message = message.lstrip().removeprefix(BLOCK)
    while BLOCK not in message:
        message += "\n" + _pasted(input("... "))
    return message.partition(BLOCK)[0].strip("\n")


def _pasted(line: str) -> str:
    """A line, and the others that came with it where the terminal does not mark a paste."""
    while _more_is_there():
        line += "\n" + input()
    return line


def _more_is_there() -> bool:
    try:
        return bool(select.select([sys.stdin], [], [], PASTED)[0])
    except (OSError, ValueError):  # no terminal that can be asked, as on Windows
        return False
