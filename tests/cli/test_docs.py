"""Every command that the two pages show runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from gloo_openai.testing import LocalGloo

from .processes import Running, run

DOCS = Path(__file__).parents[2] / "docs"


def commands() -> list[str]:
    """The lines behind a `$` in the console blocks, in order."""
    found: list[str] = []
    for page in ("command-line.md", "proxy.md"):
        for block in re.findall(r"```console\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
            found += re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    return found


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_docs_runs(gloo: LocalGloo, command: str) -> None:
    """Against the local Gloo, with status 0; a server until it is stopped."""
    before, pipe, after = command.rpartition(" | ")
    piped = " ".join(shlex.split(before)[1:]) if pipe else None
    program, name, *rest = shlex.split(after)
    assert program == "gloo-openai"
    if name in ("sandbox", "proxy"):
        free_port = ("--port", "0")  # of two, the last one counts
        with Running(name, *rest, *free_port) as server:
            server.out.until("export ")
            assert server.end().status == 0
        return
    done = run(name, *rest, stdin=piped)
    assert (done.status, bool(done.out)) == (0, True), done.err


def test_the_readme_shows_what_check_says(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, but for numbers, and for where Gloo is."""
    for name in ("GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GLOO_API_KEY", gloo.api_key)
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n\$ gloo-openai check\n(.*?)```", readme, re.DOTALL)[0]
    said = run("check").out.replace(gloo.origin, "https://platform.ai.gloo.com")
    said = said.replace("GLOO_BASE_URL in the environment", "the default")
    assert without_numbers(said) == without_numbers(shown)


def without_numbers(text: str) -> list[str]:
    return re.sub(r"PING-\w+|\d+(\.\d+)?(?= |\))", "N", text).splitlines()


def test_every_option_of_the_docs_exists() -> None:
    """What the proxy's table names is in its help."""
    table = re.findall(r"^\| (`--.*?) \|", (DOCS / "proxy.md").read_text(), re.MULTILINE)
    options = re.findall(r"--[a-z-]+", " ".join(table))
    shown = run("proxy", "--help").out
    assert len(options) >= 9
    for option in options:
        assert option in shown
