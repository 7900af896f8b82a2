"""Write the table of tracers from the last run's results: `python scripts/tracers_table.py`.

It goes between `<!-- tracers -->` and `<!-- /tracers -->` in docs/tracing.md. With `--check`
nothing is written, and a stale page is exit status 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tracing.md"
RESULTS = ROOT / "tests" / "tracers" / "results"
ANSWER = ("model", "usage", "output", "no error")
COLUMNS = {
    "`create`": (("create",), ANSWER),
    "stream": (("stream",), ANSWER),
    "`parse`": (("parse",), ANSWER),
    "`.stream()`": (("helper",), ANSWER),
    "without a model": (("auto", "auto_stream", "family"), ANSWER),
    "grounded": (("grounded", "grounded_stream"), ANSWER),
    "raw": (("raw",), ANSWER),
    "raw stream": (("raw_stream",), ANSWER),
    "streaming response": (("streaming_response",), ANSWER),
    "Responses": (("responses", "responses_stream"), ANSWER),
    "embeddings": (("embeddings",), ("model", "usage")),
    "errors": (("401", "404", "429", "blocked"), ("model", "error")),
    "stream broken off": (("mid_stream", "cut_stream"), ("model", "error")),
    "stream kept": (("stream", "auto_stream"), ("own stream",)),
}
"""What is looked for in the spans of which forms of call."""


def table() -> str:
    """The table in Markdown: one row a tracer."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*"))]
    records.sort(key=lambda record: record["section"].lower())
    head = ["tracer", "seen with", *COLUMNS]
    rows = [head, ["---"] * len(head), *map(row, records)]
    return "\n".join(["", *(f"| {' | '.join(cells)} |" for cells in rows), "", ""])


def row(record: dict[str, Any]) -> list[str]:
    """One tracer."""
    versions = "<br>".join(f"{name} {value}" for name, value in record["versions"].items())
    cells = [cell(record["checks"], forms, facets) for forms, facets in COLUMNS.values()]
    return [record["section"], versions, *cells]


def cell(checks: dict[str, Any], forms: tuple[str, ...], facets: tuple[str, ...]) -> str:
    """A tick, or what is missing in the spans of these forms; and what breaks a plain client."""
    missing = {
        mode: lacking([checks[form][mode]["ours"].split(", ") for form in forms], facets)
        for mode in ("sync", "async")
    }
    plain = [shown["plain"] for form in forms for shown in checks[form].values()]
    if any(each.endswith("Error") for each in plain) and "breaks" not in missing.values():
        missing = {mode: f"{said} (plain: breaks)" for mode, said in missing.items()}
    if missing["sync"] == missing["async"]:
        return missing["sync"]
    return "<br>".join(f"{mode}: {said}" for mode, said in missing.items())


def lacking(shown: list[list[str]], facets: tuple[str, ...]) -> str:
    """The same, of calls of one mode."""
    if any(each[0].endswith("Error") for each in shown):
        return "breaks"
    if not any("spans" in each for each in shown):
        return "no span"
    absent = [facet for facet in facets if not all(facet in each for each in shown)]
    words = [facet.removeprefix("no ") for facet in absent]
    return f"no {', '.join(words)}" if words else "✓"


def main() -> int:
    """Write the page, or check that it is written."""
    text = PAGE.read_text(encoding="utf-8")
    before, opening, rest = text.partition("<!-- tracers -->\n")
    _old, closing, after = rest.partition("<!-- /tracers -->")
    written = f"{before}{opening}{table()}{closing}{after}"
    if written != text and "--check" in sys.argv:
        print(f"{PAGE.name} is stale: run scripts/tracers_table.py")
        return 1
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
