"""Write the table of frameworks from the last run's results: `python scripts/frameworks_table.py`.

It goes between `<!-- frameworks -->` and `<!-- /frameworks -->` in README.md and on the frameworks'
page. With `--check` nothing is written, and a stale table is exit status 1.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "tests" / "frameworks" / "results"
PAGES = (ROOT / "README.md", ROOT / "docs" / "frameworks.md")
REGION = re.compile(r"(?<=<!-- frameworks -->\n).*?(?=<!-- /frameworks -->)", re.DOTALL)
COLUMNS = {
    "plain": ("plain",),
    "stream": ("streaming",),
    "tools, token expires": ("tool_loop",),
    "tradition": ("tradition",),
    "pseudo models": ("pseudo_models",),
    "grounded": ("grounded",),
    "structured": ("structured",),
    "`on_routing`": ("on_routing", "on_routing_streamed"),
    "own metadata": ("own_place",),
    "credentials' error": ("wrong_credentials",),
}
RANK = ("langchain", "openai-agents", "pydantic-ai", "litellm", "instructor", "crewai", "autogen")


def table() -> str:
    """The table in Markdown: one row a framework, the most used first."""
    names = sorted(path.stem for path in RESULTS.glob("*.json"))
    names.sort(key=lambda name: RANK.index(name) if name in RANK else len(RANK))
    records = [json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in names]
    head = ["framework", "seen with", *COLUMNS]
    rows = [head, ["---"] * len(head), *map(row, records)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    key = "`s` synchronous, `a` asynchronous; - it has no such thing; dropped: use `on_routing`."
    return "\n".join(["", *lines, "", key, "", ""])


def row(record: dict[str, Any]) -> list[str]:
    """One framework."""
    versions = "<br>".join(f"{name} {value}" for name, value in record["versions"].items())
    cells = [
        cell([record["checks"].get(check, {}) for check in checks]) for checks in COLUMNS.values()
    ]
    return [record["section"], versions, *cells]


def cell(outcomes: list[dict[str, str]]) -> str:
    """The modes in which the checks passed, as far as there are any; what failed is said."""
    said = [outcome for each in outcomes for outcome in each.values()]
    if "failed" in said:
        return "**failed**"
    modes = ("sync", "async")
    good = [mode[0] for mode in modes if any(each.get(mode) == "passed" for each in outcomes)]
    return " ".join(good) or ("dropped" if "dropped" in said else "-")


def main() -> int:
    """Write the table, or check that it is written."""
    stale = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        written = REGION.sub(lambda _match: table(), text)
        if written != text and "--check" in sys.argv:
            print(f"{page.name}: the table is stale: run scripts/frameworks_table.py")
            stale = 1
        elif written != text:
            page.write_text(written, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
