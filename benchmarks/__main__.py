"""`make bench`: measure, print a table, write JSON and docs/performance.md."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import cpu, crowds, machine, memory, page, renewal, startup, streams
from .local import ROOT, Server
from .measure import Row

SECTIONS: dict[str, Callable[[Server, float], list[Row]]] = {
    "startup": startup.rows,
    "cpu": cpu.rows,
    "streams": streams.rows,
    "crowds": crowds.rows,
    "renewal": renewal.rows,
    "memory": memory.rows,
}

ON_BOTH = ("cpu", "streams")
"""Parts that are measured on both generations of the SDK."""


def elsewhere(python: str, names: list[str], size: float) -> list[Row]:
    """Rows that have a target, measured by another interpreter, with its version of the SDK."""
    asked = [word for name in names for word in ("--only", name)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        options = ["--size", str(size), "--json", str(path), "--no-page"]
        command = [python, "-m", "benchmarks", *asked, *options]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        run = json.loads(path.read_text("utf-8"))
    version = run["machine"]["packages"]["openai"]
    rows = [row for row in run["rows"] if row["target"] is not None]
    for row in rows:
        row["section"] += f", with openai {version}"
        del row["met"]
    return [Row(**row) for row in rows]


def shown(row: Row) -> str:
    """A row of the table on the terminal."""
    value = "-" if math.isnan(row.value) else f"{row.value:.3f}".rstrip("0").rstrip(".")
    spread = f"{row.low:.3f} … {row.high:.3f}" if row.low is not None else ""
    target = "" if row.target is None else f"≤ {row.target:g}"
    verdict = {None: "", True: "met", False: "NOT MET"}[row.met]
    return f"  {row.name:66} {value:>8} {row.unit:12} {spread:17} {target:7} {verdict:8} {row.note}"


def with_the_rest(path: Path, result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a part, in their place among those of an earlier run of the same kind."""
    earlier = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    new: list[dict[str, Any]] = result["rows"]
    if any(earlier.get(name) != result[name] for name in ("size", "machine")):
        return new
    sections = dict.fromkeys(row["section"] for row in [*earlier["rows"], *new])
    measured = {row["section"] for row in new}
    return [
        row
        for section in sections
        for row in (new if section in measured else earlier["rows"])
        if row["section"] == section
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; the exit status says nothing about the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a part; may be repeated")
    parser.add_argument("--size", type=float, default=1.0, help="1 is a full run, 0.05 a short one")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results.json")
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    parser.add_argument("--plain-python", help="times imports; with what the package needs only")
    parser.add_argument("--other-python", help="has the SDK's other generation, measured as well")
    options = parser.parse_args(arguments)
    if options.plain_python:
        os.environ[startup.PLAIN_PYTHON] = options.plain_python
    for name in list(os.environ):  # nothing of this machine's settings is measured
        if name.startswith(("GLOO_", "OPENAI_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    found: list[Row] = []
    with Server() as server:
        for name in options.only or SECTIONS:
            print(f"{name} …", file=sys.stderr, flush=True)
            found += SECTIONS[name](server, options.size)
    again = [name for name in options.only or SECTIONS if name in ON_BOTH]
    if options.other_python and again:
        print("the same on the other generation …", file=sys.stderr, flush=True)
        found += elsewhere(options.other_python, again, options.size)
    for section in dict.fromkeys(row.section for row in found):
        print(f"\n{section}")
        print("\n".join(shown(row) for row in found if row.section == section))
    rows = [{**asdict(row), "met": row.met} for row in found]
    for row in rows:
        if math.isnan(row["value"]):
            row["value"] = None
    result = {"size": options.size, "machine": machine.description(), "rows": rows}
    if options.only:
        result["rows"] = with_the_rest(options.json, result)
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if not options.no_page:
        page.write(options.json, ROOT / "docs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
