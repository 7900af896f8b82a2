"""docs/performance.md and its charts, from the JSON of a run: `python -m benchmarks.page`."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from .local import ROOT

# Mid-tones, which can be read on white and on black: an image does not know the page's theme.
INK, OURS, THEIRS, LINE = "#7d868c", "#2a9d8f", "#8896a8", "#d1495b"
WIDTH, FIGURE = 480, 50
"""Of a chart, and of the space for figures beside its bars: it has to be readable on a phone."""
LABEL, BAR, GAP = 20, 14, 12

Row = dict[str, Any]

INTRO = """# Performance

<!-- Written by `make bench` from benchmarks/results.json: change benchmarks/page.py instead. -->

What the adapter costs beside the plain SDK. Every figure is a ratio taken in one run against one
local server in a process of its own: the contenders take turns in short blocks, in another order
each round, so that a busy moment hits all of them. The ratio is the median of the rounds; the
spread beside it is where the middle half of them lies. CPU is that of the client's process: the
two clients share ten processes, one after the other, with nothing else in them; the others share
one more, where caches are colder, and the adapter costs a little more there. Chunks from memory
come one by one from a body that is there already, a thousand a stream; over the socket they are
sent a millisecond apart. CPU is measured once more on the other generation of the SDK, in an
environment of its own.
Imports are timed where nothing is installed but what the package needs. Under steady load the two
clients run at the same time, each in a process of its own; the p99.9 of a minute is its twelve
slowest requests, so look at its spread too.
"""

AGAIN = """
## What is not spared

Before each call the SDK's `create` walks every message through seven types (`maybe_transform`): the
time grows with the conversation, and is some hundred times that of writing the same messages as
JSON. Three ways around it were weighed. Sending by `client.post` passes by `create`, where tracers
look. Messages in `extra_body` are not walked, but a tracer sees none. An object in their place that
gives the walk nothing to do is not what it seems, to tracers and to whoever reads the arguments.
Everything else would patch the SDK. So messages are walked.

The SDK's `.stream()` helpers build each chunk anew as an event of their own, and read the answer so
far again: two to three walks of types for each chunk, in the SDK's own state. What reaches them is
built directly; what they do with it could be spared by writing their accumulation a second time, or
by patching the module that they are in. So it is theirs, and the figures above say what is left.

## Measure it yourself

```sh
make bench                                  # all of it: about an hour
make bench ARGS="--only cpu --size 0.1"     # a part, shorter
```

No test asserts a time. Counts (exchanges, connections, requests) are tested; times are measured
here.
"""


def write(results: Path, docs: Path) -> None:
    """Write the page and the charts that it shows."""
    run = json.loads(results.read_text("utf-8"))
    images = docs / "_static"
    images.mkdir(parents=True, exist_ok=True)
    rows = run["rows"]
    sections = list(dict.fromkeys(row["section"] for row in rows))
    parts = [INTRO, measured_on(run)]
    for section in sections:
        own = [row for row in rows if row["section"] == section]
        parts.append(f"\n## {section}\n")
        ratios = [row for row in own if row["unit"] == "x" and row["value"] is not None]
        if len(ratios) > 1:
            name = f"performance-{sections.index(section) + 1}.svg"
            (images / name).write_text(chart(section, ratios), "utf-8")
            parts.append(f"![{section}: bars of the ratios in the table below](_static/{name})\n")
        parts.append(table(own))
    (docs / "performance.md").write_text("\n".join([*parts, AGAIN]), "utf-8")


def measured_on(run: dict[str, Any]) -> str:
    """A sentence on the machine and the versions."""
    kind = run["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in kind["packages"].items())
    short = "" if run["size"] >= 1 else f" This was a short run (size {run['size']:g})."
    return (
        f"Measured on {kind['cores']} cores of {kind['processor']}, {kind['system']}, "
        f"{kind['python']}, with {packages}.{short}"
    )


def table(rows: list[Row]) -> str:
    """The rows of one section."""
    lines = ["| what | measured | spread | target | |", "|---|---|---|---|---|"]
    for row in rows:
        target = "" if row["target"] is None else f"≤ {row['target']:g}"
        verdict = {None: row["note"], True: "met", False: "**not met**"}[row["met"]]
        note = f" ({row['note']})" if row["note"] and row["met"] is not None else ""
        spread = "" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
        lines.append(f"| {row['name']} | {figure(row)} | {spread} | {target} | {verdict}{note} |")
    return "\n".join(lines)


def figure(row: Row) -> str:
    """A value with its unit."""
    if row["value"] is None:
        return "-"
    value = f"{row['value']:.3f}".rstrip("0").rstrip(".")
    return value if row["unit"] == "x" else f"{value} {row['unit']}".rstrip()


def chart(title: str, rows: list[Row]) -> str:
    """Horizontal bars of ratios; a line at 1, and a mark where a target is."""
    longest = max(max(row["value"], row["high"] or 0, row["target"] or 0) for row in rows)
    scale = (WIDTH - FIGURE) / max(1.0, longest)
    height = len(rows) * (LABEL + BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" viewBox="0 0 {WIDTH} {height}" '
        'role="img" font-family="system-ui, sans-serif" font-size="14">',
        f"<title>{html.escape(title)}</title>",
        upright(scale, 0, height, f'stroke="{INK}" stroke-dasharray="3 3"'),
    ]
    for index, row in enumerate(rows):
        parts.append(bar(row, index * (LABEL + BAR + GAP) + LABEL, scale))
    return "\n".join([*parts, "</svg>", ""])


def upright(x: float, top: float, bottom: float, stroke: str) -> str:
    """A line that marks a ratio."""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" {stroke}/>'


def bar(row: Row, y: int, scale: float) -> str:
    """One bar under its label, with its spread, target and value."""
    ours = row["target"] is not None or row["name"] == "gloo-openai"
    length, middle = row["value"] * scale, y + BAR / 2
    end = max(length, (row["high"] or 0) * scale, (row["target"] or 0) * scale)
    parts = [
        f'<text y="{y - 6}" fill="{INK}">{html.escape(row["name"])}</text>',
        f'<rect y="{y}" width="{length:.1f}" height="{BAR}" rx="3" '
        f'fill="{OURS if ours else THEIRS}"/>',
        f'<text x="{end + 8:.1f}" y="{y + BAR - 2}" fill="{INK}">{row["value"]:.2f}</text>',
    ]
    if row["low"] is not None:
        parts.append(
            f'<line x1="{row["low"] * scale:.1f}" x2="{row["high"] * scale:.1f}" '
            f'y1="{middle}" y2="{middle}" stroke="{INK}" stroke-width="2"/>'
        )
    if row["target"]:
        stroke = f'stroke="{LINE}" stroke-width="2"'
        parts.append(upright(row["target"] * scale, y - 3, y + BAR + 3, stroke))
    return "\n".join(parts)


if __name__ == "__main__":
    write(ROOT / "benchmarks" / "results.json", ROOT / "docs")
