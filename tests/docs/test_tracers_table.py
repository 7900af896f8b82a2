"""The table of tracers is generated, complete, and what the last run saw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACERS = ROOT / "tests" / "tracers"
NAMES = sorted(p.stem.removeprefix("test_").replace("_", "-") for p in TRACERS.glob("test_*.py"))

BESIDE = {("langsmith", form): {"model"} for form in ("auto", "auto_stream", "family")} | {
    ("weave", "grounded_stream"): {"answering model"}
}
"""What a plain client shows beside that; the reasons are in the tracers' own files."""


def test_the_table_is_what_the_results_say() -> None:
    """Nobody has typed into it, nor forgotten to write it again."""
    command = [sys.executable, ROOT / "scripts" / "tracers_table.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_tracer_has_a_section_and_a_record(name: str) -> None:
    """A tracer is shown, is run by nox and by CI, and was green when it was last recorded."""
    record = json.loads((TRACERS / "results" / f"{name}.json").read_text(encoding="utf-8"))
    pins = (TRACERS / "constraints" / f"{name}.txt").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8")
    assert record["green"]
    assert f"\n## {record['section']}\n" in page
    assert f'"{name}": [' in (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert name in (ROOT / ".ci" / "tracers").read_text(encoding="utf-8").split()
    for package, version in record["versions"].items():
        assert f"{package}=={version}\n" in pins


@pytest.mark.parametrize("name", NAMES)
def test_a_gloo_client_shows_what_a_plain_one_shows(name: str) -> None:
    """Form by form, in both modes, as far as the plain client could make the call at all."""
    record = json.loads((TRACERS / "results" / f"{name}.json").read_text(encoding="utf-8"))
    for form, modes in record["checks"].items():
        assert set(modes) == {"sync", "async"}, form
        for shown in modes.values():
            plain, ours = (set(shown[whose].split(", ")) for whose in ("plain", "ours"))
            fewer = plain - ours - BESIDE.get((name, form), set())
            assert not {facet for facet in fewer if not facet.endswith("Error")}, form
