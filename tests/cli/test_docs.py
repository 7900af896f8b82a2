"""Every command that the two pages show runs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import urllib.request
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
    """Against the local Gloo, with status 0: a server until it is stopped, jq where it is."""
    words = shlex.split(command)
    piped = None
    if words[0] == "echo":
        piped, words = words[1], words[3:]
    words, after = split(words, "|")
    program, name, *rest = words
    assert program == "gloo-openai"
    if name in ("sandbox", "proxy"):
        free_port = ("--port", "0")  # of two, the last one counts
        with Running(name, *rest, *free_port) as server:
            server.out.until("export ")
            assert server.end().status == 0
        return
    done = run(name, *rest, stdin=piped)
    assert (done.status, bool(done.out)) == (0, True), done.err
    if after and shutil.which(after[0]):
        found = subprocess.run(
            after, input=done.out, capture_output=True, text=True, check=True, timeout=60
        )
        assert bool(found.stdout) == (name != "check"), command  # where nothing has failed


def test_json_has_what_the_page_says(gloo: LocalGloo) -> None:
    """Every field, and no other, where they are this package's own."""
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    check, token = (json.loads(run(name, "--json").out) for name in ("check", "token"))
    fields = {*check, *(name for line in check["checks"] for name in line)}
    verdicts = {"pass", "fail", "skip"}
    assert set(re.findall(r"`(\w+)`", rows["check"])) == fields | verdicts
    assert set(re.findall(r"`(\w+)`", rows["token"])) == set(token)


def split(words: list[str], at: str) -> tuple[list[str], list[str]]:
    place = words.index(at) if at in words else len(words)
    return words[:place], words[place + 1 :]


def shown(page: Path) -> list[str]:
    """The commands that a page shows with what they print."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"```text\n\$ (gloo-openai .*?)```", text, re.DOTALL)


@pytest.mark.parametrize(
    "block",
    [
        *shown(DOCS.parent / "README.md"),
        *shown(DOCS / "command-line.md"),
        *shown(DOCS / "proxy.md"),
    ],
)
def test_what_a_page_shows_is_what_a_command_says(
    local_gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    """Word for word, but for numbers, and for where Gloo is."""
    command, _, printed = block.partition("\n")
    _, name, *rest = shlex.split(command)
    monkeypatch.setenv("GLOO_BASE_URL", local_gloo.origin)
    if "No Gloo credentials" not in printed:
        monkeypatch.setenv("GLOO_API_KEY", local_gloo.api_key)
    is_server = name in ("sandbox", "proxy")
    said = (said_by_server if is_server else said_by)(name, *rest)
    said = said.replace(local_gloo.origin, "https://platform.ai.gloo.com")
    said = said.replace("GLOO_BASE_URL in the environment", "the default")
    assert without_numbers(said) == without_numbers(printed)


def said_by(*arguments: str) -> str:
    done = run(*arguments)
    return done.out + done.err


def said_by_server(*arguments: str) -> str:
    """What it prints, with one request."""
    with Running(*arguments, "--port", "0") as server:
        out = server.out.until("OPENAI_API_KEY=") + server.out.until("\n")
        err = server.err.until("ends it.\n")
        set_to = dict(re.findall(r"export (\w+)=(.*)", out))
        asked = {"auto_routing": True, "messages": [{"role": "user", "content": "Hi"}]}
        key = f"Bearer {set_to['OPENAI_API_KEY']}"
        request = urllib.request.Request(
            f"{set_to['OPENAI_BASE_URL']}/chat/completions",
            json.dumps(asked).encode(),
            {"Authorization": key, "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=60).close()
        return out + err + server.err.until("\n")


def without_numbers(text: str) -> list[str]:
    text = re.sub(r"PING-\w+", "PING", text)
    text = re.sub(r"OPENAI_API_KEY=.*", "OPENAI_API_KEY=KEY", text)
    text = re.sub(r"eyJ[\w.-]*…?", "TOKEN", text)
    return [line.rstrip() for line in re.sub(r"\d+([.,:]\d+)*", "N", text).splitlines()]


def test_every_option_of_the_docs_exists() -> None:
    """What the proxy's table names is in its help."""
    table = re.findall(r"^\| (`--.*?) \|", (DOCS / "proxy.md").read_text(), re.MULTILINE)
    options = re.findall(r"--[a-z-]+", " ".join(table))
    shown = run("proxy", "--help").out
    assert len(options) >= 9
    for option in options:
        assert option in shown
