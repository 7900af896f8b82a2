"""A request as it came over the wire, and the reply that goes back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .shapes import to_bytes


class Headers(Mapping[str, str]):
    """Request headers: names in any case, repeated ones joined with a comma."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._items = {name.lower(): value for name, value in items}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


@dataclass(frozen=True, eq=False)
class SeenRequest:
    """One request, as it came over the wire."""

    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    peer: int
    """The client's port: requests with the same one came over the same connection."""

    @property
    def json(self) -> Any:
        """The body as JSON, or None if it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer` header, or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True)
class Reply:
    """A response: its pieces go out one by one, chunked unless the length is known."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterable[bytes]
    length: int | None = None

    @classmethod
    def of(cls, status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        """A response with this body: bytes and text as they are, anything else as JSON."""
        if isinstance(body, bytes | str):
            data = body.encode() if isinstance(body, str) else body
            kind = "text/html" if data.lstrip().startswith(b"<") else "text/plain"
        else:
            data, kind = to_bytes(body), "application/json"
        given = {name.lower(): value for name, value in (headers or {}).items()}
        return cls(status, {"content-type": kind} | given, [data], len(data))

    @classmethod
    def events(cls, pieces: Iterable[bytes]) -> Reply:
        """A stream of server-sent events."""
        return cls(200, {"content-type": "text/event-stream; charset=utf-8"}, pieces)
