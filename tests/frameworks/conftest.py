"""A record of what was seen, for the frameworks' own environments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..own_environment import *  # noqa: F403 - hooks and a fixture, which pytest finds by name
from ..own_environment import SEEN, about

for name in ("checklist", "responses_checklist", "own_classes"):
    pytest.register_assert_rewrite(f"tests.frameworks.{name}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note the worst outcome of a check, over its parameters and phases."""
    report = (yield).get_result()  # type: ignore[misc]  # what pytest sends has no type
    kind = getattr(item, "cls", None)
    if kind is None or not hasattr(kind, "section"):
        return
    seen = item.config.stash[SEEN]
    about(seen, item)
    mode = kind.__name__.removeprefix("Test").removeprefix("Responses").lower()
    outcomes = seen["checks"].setdefault(item.originalname.removeprefix("test_"), {})  # type: ignore[attr-defined]  # a test function has it
    if report.skipped:
        outcomes[mode] = report.longrepr[2].removeprefix("Skipped: ")
    elif report.failed or mode not in outcomes:
        outcomes[mode] = report.outcome
    if (
        getattr(kind, "keeps_routing", None) is False
        and outcomes.get(mode) == "passed"
        and "own_place" in item.name
    ):
        outcomes[mode] = "dropped"
