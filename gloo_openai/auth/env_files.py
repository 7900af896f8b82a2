"""A .env file: which one it is, and what it says. It is opened when it is needed, and once."""

from __future__ import annotations

import codecs
import io
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import openai
from openai import NotGiven

from .values import meant

EnvFile = str | os.PathLike[str] | None

LARGEST = 1 << 20
"""Bytes; a file of settings has less."""
PATIENCE = 60.0
"""Seconds for which a pipe is waited for: a vault may ask its user first."""

Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Place:
    """Where settings stand side by side: the environment, or a .env file."""

    name: str
    _values: Values = field(repr=False)
    is_file: bool = False
    path: str | None = None
    """The file, if it can be read again."""

    def get(self, name: str) -> str | None:
        """The value of a variable; None where that is blank, a comment or a placeholder."""
        return meant(self._values.get(name))

    def has_placeholder(self, name: str) -> bool:
        """Whether something stands there that is no value."""
        return bool((self._values.get(name) or "").strip()) and self.get(name) is None

    def again(self) -> Place:
        """The same place as it is now; as it was, where it cannot be read any more."""
        if self.path is None:
            return self
        values, problem = _read(self.path)
        return self if problem else replace(self, _values=values)


def environment() -> Place:
    """The environment, which is read whenever a variable is asked for."""
    return Place("the environment", os.environ)


class EnvFileReader:
    """The .env file that an `env_file` argument means: a named one, none, or the nearest.

    A named file is read at once, so that a mistake shows; a pipe, and a file that was only found,
    when something of it is needed.

    Raises:
        openai.OpenAIError: a named file is not there or cannot be read.
    """

    def __init__(self, env_file: EnvFile | NotGiven) -> None:
        self._env_file = env_file
        self.is_named = not (env_file is None or isinstance(env_file, NotGiven))
        if isinstance(env_file, NotGiven) or env_file is None:
            return
        self._path = os.path.expanduser(os.fsdecode(env_file))
        if os.path.isdir(self._path) or not os.path.exists(self._path):
            raise openai.OpenAIError(f"env_file={self._path!r} is not a file.")
        if os.path.isfile(self._path):
            _ = self.place

    @cached_property
    def place(self) -> Place:
        """What the file says; nothing, where there is none."""
        if self._env_file is None:
            return Place("no .env file (env_file=None)", {})
        path = self._path if self.is_named else _search_upwards()
        if not path:
            return Place("a .env file (none in the working directory or above it)", {})
        lasting = os.path.isfile(path)  # a pipe gives what it has once
        values, problem = _read(path) if lasting else _read_patiently(path)
        if not problem:
            # The working directory may be another when it is read again.
            return Place(path, values, True, os.path.abspath(path) if lasting else None)
        if self.is_named:
            raise openai.OpenAIError(f"env_file={path!r} cannot be read: {problem}.")
        return Place(f"{path} (cannot be read: {problem})", {})


def _search_upwards() -> str | None:
    """The nearest .env in the working directory or above it: a pipe of that name is none of ours.

    Opening one would wait until somebody writes to it.
    """
    try:
        folder = os.getcwd()
    except OSError:  # it is gone
        return None
    while True:
        path = os.path.join(folder, ".env")
        if os.path.isfile(path):
            return path
        folder, child = os.path.dirname(folder), folder
        if folder == child:
            return None


def _read(path: str) -> tuple[Values, str]:
    """What a file says, or why it cannot be read.

    Nothing is raised: an exception about the text would hold the text.
    """
    from dotenv import dotenv_values

    try:
        with open(path, "rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            return {}, f"it is larger than {LARGEST} bytes"
        # Windows PowerShell writes UTF-16.
        wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        return {}, error.strerror or type(error).__name__
    except UnicodeDecodeError:
        return {}, "it is not UTF-8"
    return dotenv_values(stream=io.StringIO(text), interpolate=False), ""


def _read_patiently(path: str) -> tuple[Values, str]:
    """`_read` of what may never end, or never begin."""
    read: list[tuple[Values, str]] = []
    thread = threading.Thread(target=lambda: read.append(_read(path)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return read[0] if read else ({}, f"nothing was written to it for {PATIENCE:.0f} s")
