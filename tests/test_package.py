"""What would be published: built, looked into, and installed where nothing else is."""

from __future__ import annotations

import email
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest

import gloo_openai
from gloo_openai.testing import LocalGloo

from .docs.test_docs import snippets

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("build"),
    reason="build is not installed: `nox -s package` brings it",
)

ROOT = Path(__file__).parents[1]
VERSION = gloo_openai.__version__


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    return dist / f"gloo_openai-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What an index would show."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"gloo_openai-{VERSION}.dist-info/METADATA").decode()
    return email.message_from_string(text)


def test_the_wheel_is_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file of the package with `py.typed`; no tests, no docs, nothing of a cache."""
    package = ROOT / "gloo_openai"
    files = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    expected = {str(path.relative_to(ROOT)) for path in files}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert "gloo_openai/py.typed" in names


def test_the_sdist_has_what_its_tests_need(dist: Path) -> None:
    """Whoever packages it elsewhere can run the tests and build the docs."""
    with tarfile.open(dist / f"gloo_openai-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "gloo_openai/py.typed",
        "tests/conftest.py",
        "tests/seeds/quickstart_token.sh",
        "docs/conf.py",
        "docs/_static/token.svg",
        "examples/scaling/map_prompts.py",
        "pyproject.toml",
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"),
    } <= names
    assert [name for name in names if re.search(r"__pycache__|\.env$|\.venv|_cache", name)] == []


def test_the_metadata_is_complete(metadata: Message) -> None:
    """Name, version, licence, Pythons, extras, and a README that is not empty."""
    assert metadata["Name"] == "gloo-openai"
    assert metadata["Version"] == VERSION
    assert metadata["Summary"]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "pip install gloo-openai" in str(metadata.get_payload())
    assert metadata.get_all("Project-URL")
    assert {"cli", "proxy", "testing"} <= set(metadata.get_all("Provides-Extra") or [])
    classifiers = metadata.get_all("Classifier") or []
    for minor in range(10, 15):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert "Typing :: Typed" in classifiers


def test_the_changelog_has_this_version() -> None:
    """A release that says nothing of itself is not ready."""
    assert re.search(rf"^## {re.escape(VERSION)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_the_first_page_runs_in_an_empty_environment(
    wheel: Path, gloo: LocalGloo, tmp_path: Path
) -> None:
    """The wheel alone, no extra: the first snippets of the README answer a question."""
    python = empty_environment(tmp_path / "venv", wheel)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = "\n".join(snippets(readme.split("\n## Routing")[0]))
    assert "GlooOpenAI()" in code
    printed = run(str(python), "-W", "error", "-c", code, cwd=tmp_path)
    assert printed.count("How can I be joyful in hard times?") == 2
    assert len(gloo.completions) == 2
    assert str(tmp_path) in run(
        str(python), "-c", "import gloo_openai; print(gloo_openai.__file__)", cwd=tmp_path
    )


def empty_environment(folder: Path, wheel: Path) -> Path:
    """A virtualenv with the wheel and what it requires, and nothing else."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    return python


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command; what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
