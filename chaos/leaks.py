"""Where a secret could be read by somebody who has only the logs or a crash report."""

from __future__ import annotations

import base64
import logging
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

HERE = str(Path(__file__).parent)
TESTS = str(Path(__file__).parents[1] / "tests")
SERVER = str(Path("gloo_openai") / "testing")


class Records(logging.Handler):
    """Every log record of the process, down to DEBUG, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._texts: list[str] = []
        self._adding = threading.Lock()
        logging.root.addHandler(self)
        logging.root.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, and what it carries beside its message."""
        with self._adding:
            self._texts.append(f"{self.format(record)} {record.args!r} {record.__dict__!r}")

    def text(self) -> str:
        """All of them."""
        with self._adding:
            return "\n".join(self._texts)


def forms(client_id: str, secret: str) -> set[str]:
    """How a secret goes over the wire."""
    return {secret, base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and all that it was raised from or while handling."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def shown(value: object, depth: int, *, attributes: bool = True) -> Iterator[str]:
    """What a crash reporter prints of a value: its repr, and that of what it publicly holds."""
    try:
        yield repr(value)
    except Exception as error:  # noqa: BLE001 - a repr that fails shows nothing
        yield type(error).__name__
    if depth == 0 or isinstance(value, (str, bytes, int, float, type)):
        return
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, (list, tuple, set)):
        parts = list(value)
    else:
        held: dict[str, object] = getattr(value, "__dict__", {}) if attributes else {}
        parts = [part for name, part in held.items() if not name.startswith("_")]
    for part in parts:
        yield from shown(part, depth - 1, attributes=attributes)


def leaks(error: BaseException, secrets: set[str], tokens: set[str]) -> list[str]:
    """The places of an exception where a secret or a token can be read.

    The secret is nowhere, however deep one looks. A token is on the request itself, which the HTTP
    library's own frames hold while it is sent, as they hold the plain SDK's key: there it is looked
    for in what is printed of a local variable, but not in the attributes of the library's objects.
    """
    found = []

    def look(place: str, text: str, wanted: set[str] = secrets | tokens) -> None:
        if any(each in text for each in wanted):
            found.append(place)

    for each in chain(error):
        name = type(each).__name__
        notes = getattr(each, "__notes__", ())
        look(f"{name}: text", f"{each} {each!r} {each.args!r} {notes}")
        look(f"{name}: attributes", "\n".join(shown(each, 3)))
        for frame, line in traceback.walk_tb(each.__traceback__):
            code = frame.f_code
            # Our own frames hold the secret, since they gave it to the client.
            if code.co_filename.startswith((HERE, TESTS)) or SERVER in code.co_filename:
                continue
            for local, value in frame.f_locals.items():
                place = f"{name}: {local} in {code.co_name}, line {line}"
                look(place, "\n".join(shown(value, 2)), secrets)
                look(place, "\n".join(shown(value, 2, attributes=False)))
    look("traceback", "".join(traceback.format_exception(error)))
    return found
