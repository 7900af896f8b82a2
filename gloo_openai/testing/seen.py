"""What the local Gloo saw of a request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


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


@dataclass(frozen=True)
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
    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer` header, or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None
