"""Exceptions that cross to another process, or are copied: whole, but for what was sent.

The SDK's own exceptions cannot be unpickled, since their constructors want keywords; a pool of
processes hangs or breaks over that. `copyreg` is Python's registry for classes of others.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from typing import Any, cast

import openai

from .http_libraries import REQUESTS, RESPONSES

__all__ = ["Portable", "register_sdk_errors"]

OF_THE_BODY = ("content-encoding", "content-length", "transfer-encoding", "set-cookie")


class Portable:
    """A base of exceptions that can be pickled and copied, also where the constructor differs."""

    def __reduce__(self) -> Any:
        return reduced(self)


def reduced(error: Any) -> Any:
    """How pickle and copy take an exception apart: its attributes, without request headers."""
    attributes = cast("dict[str, Any]", vars(error))
    state = {name: _bare(value) for name, value in attributes.items()}
    return _rebuilt, (type(error), error.args, state)


def register_sdk_errors() -> None:
    """Have the SDK's exceptions pickled and copied so as well, whoever raises them."""
    for kind in _below(openai.OpenAIError):
        if kind.__module__.partition(".")[0] == "openai":
            copyreg.pickle(kind, reduced)


def _rebuilt(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


def _below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _bare(value: Any) -> Any:
    """A request by method and URL only; a response as it came, without its request's headers."""
    if isinstance(value, REQUESTS):
        return type(value)(value.method, value.url)
    if not isinstance(value, RESPONSES):
        return value
    headers = [
        (name, text)
        for name, text in value.headers.multi_items()
        if name.lower() not in OF_THE_BODY
    ]
    try:
        content, request = value.content, _bare(value.request)
    except Exception:  # noqa: BLE001 - not read, or never sent: each library has its own errors
        content, request = b"", None
    return type(value)(value.status_code, headers=headers, content=content, request=request)
