"""The table of frameworks is generated, complete, and what the last run saw."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ROOT / "tests" / "frameworks"
NAMES = sorted(p.stem.removeprefix("test_").replace("_", "-") for p in FRAMEWORKS.glob("test_*.py"))


def test_the_table_is_what_the_results_say() -> None:
    """Nobody has typed into it, nor forgotten to write it again."""
    command = [sys.executable, ROOT / "scripts" / "frameworks_table.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_framework_has_a_page_an_extra_and_a_record(name: str) -> None:
    """A framework is shown, can be installed, and was green when it was last recorded."""
    record = json.loads((FRAMEWORKS / "results" / f"{name}.json").read_text(encoding="utf-8"))
    pins = (FRAMEWORKS / "constraints" / f"{name}.txt").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "frameworks" / f"{name}.md").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert record["green"]
    assert page.startswith(f"# {record['section']}\n")
    assert f"gloo-openai[{name}]" in page
    assert re.search(rf"^{name} = \[", project, re.MULTILINE)
    for package, version in record["versions"].items():
        assert f"{package}=={version}\n" in pins


def test_a_module_without_its_framework_says_what_to_install() -> None:
    """An ImportError that names the extra."""
    code = "import sys; sys.modules['haystack'] = None; import gloo_openai.integrations.haystack"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'gloo-openai[haystack]'" in done.stderr
