"""docs/architecture.md tells the truth about the package's files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gloo_openai"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TABLE = PAGE.split("## One file, one job")[1].split("\n## ")[0]
FILES = re.findall(r"^\| `(\w+)\.py` \|", TABLE, re.MULTILINE)


def test_the_table_has_every_file_of_the_core_once() -> None:
    """Who adds a file says there what it is for."""
    core = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert sorted(FILES) == sorted(core)


def test_a_file_imports_only_from_files_below_it() -> None:
    """What is lower in the table knows nothing of what is higher."""
    upwards = [
        f"{name}.py imports {imported}.py"
        for name in FILES
        for imported in imports(PACKAGE / f"{name}.py")
        if FILES.index(imported) <= FILES.index(name)
    ]
    assert upwards == []


def test_the_page_names_every_file_of_tests() -> None:
    """Who looks for what keeps a promise finds it."""
    tests = {path.name for path in (ROOT / "tests").glob("test_*.py")}
    assert tests - set(re.findall(r"`(\w+\.py)`", PAGE)) == set()


def test_the_local_gloo_imports_nothing_of_the_rest() -> None:
    """A server that shared the client's code would share its mistakes."""
    shared = [
        f"testing/{path.name} imports {node.module}"
        for path in (PACKAGE / "testing").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.level > 1 or (node.module or "").split(".")[0] == "gloo_openai")
    ]
    assert shared == []


def imports(path: Path) -> set[str]:
    """The files of the core that this one imports when it is loaded."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = [node for node in body if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {
        name
        for node in found
        for name in ([node.module] if node.module else [each.name for each in node.names])
        if name in FILES
    }
