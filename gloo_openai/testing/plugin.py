"""The pytest plugin that installing `gloo-openai[testing]` makes available."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import LocalGloo


@pytest.fixture
def local_gloo() -> Iterator[LocalGloo]:
    """A running local Gloo AI, fresh for this test."""
    from .server import LocalGloo

    with LocalGloo() as gloo:
        yield gloo
