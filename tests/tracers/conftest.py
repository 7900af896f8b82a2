"""A record of what was seen, for the tracers' own environments."""

from __future__ import annotations

from typing import Any

import pytest

from ..own_environment import *  # noqa: F403 - hooks and a fixture, which pytest finds by name
from ..own_environment import SEEN, about
from ..worlds import World

for name in ("calls", "checklist", "otel"):
    pytest.register_assert_rewrite(f"tests.tracers.{name}")


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Any:
    """Takes what a tracer has shown of a form of call, for the record."""
    seen = request.config.stash[SEEN]
    about(seen, request.node)

    def take(form: str, world: World, plain: dict[str, int], ours: dict[str, int]) -> None:
        mode = "async" if world.is_async else "sync"
        both = (("plain", plain), ("ours", ours))
        shown = {whose: ", ".join(facet for facet in of if of[facet]) for whose, of in both}
        seen["checks"].setdefault(form, {})[mode] = shown

    return take
