"""Write the table of frameworks from the last run's results: `python scripts/frameworks_table.py`.

It goes between `<!-- frameworks -->` and `<!-- /frameworks -->` on the frameworks' page, and a
short one, names and a tick, into the README. With `--check` nothing is written, and a stale page is
exit status 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "tests" / "frameworks" / "results"
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
    "Responses": (
        "responses_plain",
        "responses_streaming",
        "responses_tool_loop",
        "responses_second_turn",
        "responses_tradition",
    ),
}
COLUMNS_OF_NAMES = 4
RANK = (
    *("langchain", "openai-agents", "pydantic-ai", "litellm", "instructor", "crewai", "autogen"),
    *("google-adk", "llama-index", "agno", "strands-agents", "mem0", "deepagents", "inspect-ai"),
    *("browser-use", "dspy", "ragas", "deepeval", "camel-ai", "outlines"),
)


def records() -> list[dict[str, Any]]:
    """The results of every framework, the most used first."""
    names = sorted(path.stem for path in RESULTS.glob("*.json"))
    names.sort(key=lambda name: RANK.index(name) if name in RANK else len(RANK))
    texts = {name: (RESULTS / f"{name}.json").read_text(encoding="utf-8") for name in names}
    return [{"name": name, **json.loads(text)} for name, text in texts.items()]


def table() -> str:
    """The long table in Markdown: one row a framework."""
    head = ["framework", "seen with", *COLUMNS]
    rows = [head, ["---"] * len(head), *map(row, records())]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    key = "`s` synchronous, `a` asynchronous; - it has no such thing; dropped: use `on_routing`."
    return "\n".join(["", *lines, "", key, "", ""])


def names() -> str:
    """The short table: the names of the frameworks, each with a tick if it passes."""
    cells = [
        f"{'✓' if record['green'] else '✗'} {link(record, 'docs/frameworks')}"
        for record in records()
    ]
    cells += [""] * (-len(cells) % COLUMNS_OF_NAMES)
    head = [[""] * COLUMNS_OF_NAMES, ["---"] * COLUMNS_OF_NAMES]
    rows = [cells[at : at + COLUMNS_OF_NAMES] for at in range(0, len(cells), COLUMNS_OF_NAMES)]
    return "\n".join(["", *(f"| {' | '.join(row)} |" for row in [*head, *rows]), "", ""])


def row(record: dict[str, Any]) -> list[str]:
    """One framework."""
    versions = "<br>".join(f"{name} {value}" for name, value in record["versions"].items())
    cells = [
        cell([record["checks"].get(check, {}) for check in checks]) for checks in COLUMNS.values()
    ]
    return [link(record, "frameworks"), versions, *cells]


def link(record: dict[str, Any], folder: str) -> str:
    """The name of a framework, which leads to its page."""
    return f"[{record['section']}]({folder}/{record['name']}.md)"


def cell(outcomes: list[dict[str, str]]) -> str:
    """The modes in which the checks passed, as far as there are any; what failed is said."""
    said = [outcome for each in outcomes for outcome in each.values()]
    if "failed" in said:
        return "**failed**"
    modes = ("sync", "async")
    good = [mode[0] for mode in modes if any(each.get(mode) == "passed" for each in outcomes)]
    return " ".join(good) or ("dropped" if "dropped" in said else "-")


PAGES = (
    (ROOT / "docs" / "frameworks.md", "frameworks", table),
    (ROOT / "README.md", "framework names", names),
)


def main() -> int:
    """Write the pages, or check that they are written."""
    stale = 0
    for page, mark, text_of in PAGES:
        text = page.read_text(encoding="utf-8")
        before, opening, rest = text.partition(f"<!-- {mark} -->\n")
        _old, closing, after = rest.partition(f"<!-- /{mark} -->")
        written = f"{before}{opening}{text_of()}{closing}{after}"
        if written != text and "--check" in sys.argv:
            print(f"{page.name} is stale: run scripts/frameworks_table.py")
            stale = 1
        elif written != text:
            page.write_text(written, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
