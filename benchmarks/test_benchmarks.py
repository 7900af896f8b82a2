"""The benchmarks run and say what they should; how long anything takes is not asked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / "benchmarks").is_dir(), reason="the benchmarks are not in this distribution"
)


def measured(path: Path, *only: str) -> list[dict[str, Any]]:
    """The rows of the shortest run of some parts."""
    parts = [argument for name in only for argument in ("--only", name)]
    command = [sys.executable, "-m", "benchmarks", "--size", "0.001", "--no-page"]
    subprocess.run(
        [*command, *parts, "--json", str(path)], cwd=ROOT, check=True, capture_output=True
    )
    run = json.loads(path.read_text("utf-8"))
    assert run["machine"]["packages"]["openai"]
    rows: list[dict[str, Any]] = run["rows"]
    return rows


def test_counts_of_a_cold_start_and_of_crowds(tmp_path: Path) -> None:
    """One connection and two requests before the first answer; one exchange for a crowd."""
    rows = measured(tmp_path / "results.json", "startup", "crowds")
    counts = {row["name"]: row for row in rows if row["unit"] != "x"}
    assert [row["value"] for row in counts.values()] == [1, 2, 1, 1]
    assert all(row["met"] for row in counts.values())


def test_nobody_fails_under_steady_load(tmp_path: Path) -> None:
    """Two seconds of it: every request is answered, and has a latency."""
    rows = {row["name"]: row for row in measured(tmp_path / "results.json", "renewal")}
    assert rows["failures"]["value"] == 0
    assert rows["failures"]["note"].startswith("400 requests, ")
    assert all(row["value"] > 0 for name, row in rows.items() if name.startswith("p"))


def test_the_page_is_written_from_a_run(tmp_path: Path) -> None:
    """A heading, a table and a chart for each section; every row of the run is there."""
    from benchmarks import page

    rows = measured(tmp_path / "results.json", "cpu", "streams")
    page.write(tmp_path / "results.json", tmp_path)
    text = (tmp_path / "performance.md").read_text("utf-8")
    for row in rows:
        assert f"| {row['name']} |" in text
        assert f"## {row['section']}" in text
    assert {row["target"] for row in rows} == {None, 0.3, 0.4, 0.6, 0.98, 1.0, 1.02}
    for chart in (tmp_path / "_static").glob("*.svg"):
        assert f"_static/{chart.name}" in text
        assert "<svg" in chart.read_text("utf-8")
    assert str(ROOT) not in text
