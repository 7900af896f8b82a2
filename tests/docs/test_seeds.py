"""The commands and scripts of Gloo's own pages run against the local Gloo, verbatim.

They are in tests/seeds/, each with the page it is from. Only the host is replaced: the local Gloo
takes the placeholders of the pages as credentials. Of the five documents that this project began
with, one (the onboarding guide) has no code.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path

import pytest

from gloo_openai.testing import LocalGloo

SEEDS = Path(__file__).parents[1] / "seeds"
MIGRATION = Path(__file__).parents[2] / "docs" / "migration.md"
HOST = "https://platform.ai.gloo.com"
V1 = "/ai/v1/chat/completions"
V2 = "/ai/v2/chat/completions"

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="the commands are for curl")

# The commands end in jq. Where it is not installed, this answers the three programs they use, so
# that they stay as they are printed: one of them reads the token with it.
JQ = """jq() { "$PYTHON" -c '
import json, sys
body = json.load(sys.stdin)
if sys.argv[-1] == ".":
    print(json.dumps(body, indent=2))
elif sys.argv[-1] == ".access_token":
    print(body["access_token"])
else:
    print(*(json.dumps(choice["message"]["content"]) for choice in body["choices"]), sep="\\n")
' "$@"; }
"""


@pytest.fixture
def gloo() -> Iterator[LocalGloo]:
    """A local Gloo whose credentials are the placeholders on Gloo's pages."""
    with LocalGloo(
        client_id="YOUR_CLIENT_ID",
        client_secret="YOUR_CLIENT_SECRET",
        static_keys=["<token>"],
    ) as running:
        yield running


@pytest.fixture(params=["jq", "no jq"])
def shell_prelude(request: pytest.FixtureRequest) -> str:
    """The commands run with jq, and on a machine without."""
    if request.param == "no jq":
        return JQ
    if not shutil.which("jq"):
        pytest.skip("jq is not installed; the other parameter runs the same commands without it")
    return ""


def test_the_client_of_the_sdk_page(gloo: LocalGloo, tmp_path: Path) -> None:
    """Token by hand, then a plain `OpenAI` client."""
    out = run_python(gloo, tmp_path, "libraries_client.py")
    assert "Hello world!" in out
    assert [request.path for request in gloo.completions] == [V2]


def test_the_extra_body_of_the_sdk_page(gloo: LocalGloo, tmp_path: Path) -> None:
    """A Gloo field through `extra_body`."""
    run_python(gloo, tmp_path, "libraries_client.py", "libraries_extra_body.py")
    assert gloo.completions[1].json["tradition"] == "evangelical"


def test_the_direct_request_of_the_sdk_page(gloo: LocalGloo, tmp_path: Path) -> None:
    """Auto routing with `requests`, past the SDK."""
    out = run_python(gloo, tmp_path, "libraries_client.py", "libraries_auto_routing.py")
    assert "What does Ephesians 2:8-9 mean?" in out
    assert gloo.completions[1].json["auto_routing"] is True


def test_the_call_of_the_completions_guide(gloo: LocalGloo, tmp_path: Path) -> None:
    """The function with the token passed in; the guide takes `get_access_token` from elsewhere."""
    for name in ("completions_complete.py", "completions_call.py"):
        (tmp_path / name).write_text(localized(gloo, name))
    driver = (
        "import completions_call, completions_complete\n"
        "completions_call.get_access_token = completions_complete.get_access_token\n"
        "print(completions_call.make_chat_completion_request(None)['object'])\n"
    )
    (tmp_path / "driver.py").write_text(driver)
    out = run([sys.executable, "driver.py"], gloo, tmp_path)
    assert out.splitlines()[-1] == "chat.completion"
    assert [request.path for request in gloo.completions] == [V1]


def test_the_complete_example_of_the_completions_guide(gloo: LocalGloo, tmp_path: Path) -> None:
    """Two calls, one token."""
    out = run_python(gloo, tmp_path, "completions_complete.py")
    assert "Second call successful:" in out
    assert (len(gloo.exchanges), len(gloo.completions)) == (1, 2)


@needs_curl
def test_the_completion_of_the_quickstart(
    gloo: LocalGloo, tmp_path: Path, shell_prelude: str
) -> None:
    """A completion with curl."""
    out = run_quickstart(gloo, tmp_path, shell_prelude, "quickstart_completion.sh")
    assert json.loads(out)["choices"][0]["finish_reason"] == "stop"


@needs_curl
def test_the_stream_of_the_quickstart(gloo: LocalGloo, tmp_path: Path, shell_prelude: str) -> None:
    """Server-sent events with curl."""
    out = run_quickstart(gloo, tmp_path, shell_prelude, "quickstart_stream.sh")
    events = [line.removeprefix("data: ") for line in out.splitlines() if line]
    assert events[-1] == "[DONE]"
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("content") or "" for delta in deltas) == "STREAM-OK"


@needs_curl
def test_the_echo_of_the_quickstart(gloo: LocalGloo, tmp_path: Path, shell_prelude: str) -> None:
    """Health check A: an exact echo."""
    out = run_quickstart(gloo, tmp_path, shell_prelude, "quickstart_echo.sh")
    assert json.loads(out)["choices"][0]["message"]["content"] == "PING-9473e0"


@needs_curl
def test_the_determinism_check_of_the_quickstart(
    gloo: LocalGloo, tmp_path: Path, shell_prelude: str
) -> None:
    """Health check B: three choices that say the same."""
    out = run_quickstart(gloo, tmp_path, shell_prelude, "quickstart_determinism.sh")
    assert len(out.splitlines()) == 3
    assert {json.loads(line).rstrip(".") for line in out.splitlines()} == {"SUN"}


@needs_curl
def test_the_command_of_the_api_reference(gloo: LocalGloo, tmp_path: Path) -> None:
    """A completion with a bearer put in by hand."""
    out = run(["sh", "-euc", localized(gloo, "reference_completion.sh")], gloo, tmp_path)
    assert json.loads(out)["object"] == "chat.completion"


@pytest.mark.parametrize("seed", sorted(SEEDS.iterdir()), ids=lambda seed: seed.name)
def test_the_migration_guide_shows_every_one_of_them(seed: Path) -> None:
    """Each is in docs/migration.md as it is on Gloo's page, beside its adapter form."""
    lines = seed.read_text(encoding="utf-8").splitlines(keepends=True)
    code = "".join(dropwhile(lambda line: line.startswith("# "), lines))  # after its provenance
    assert code.strip() in MIGRATION.read_text(encoding="utf-8")


def localized(gloo: LocalGloo, name: str) -> str:
    return (SEEDS / name).read_text(encoding="utf-8").replace(HOST, gloo.origin)


def run_python(gloo: LocalGloo, folder: Path, *names: str) -> str:
    """Run these files as one script, as a page that goes on from the one before means it."""
    (folder / "script.py").write_text("\n".join(localized(gloo, name) for name in names))
    return run([sys.executable, "script.py"], gloo, folder)


def run_quickstart(gloo: LocalGloo, folder: Path, prelude: str, name: str) -> str:
    """Run one command of the quickstart after its first two steps; what that command printed."""
    steps = ("quickstart_environment.sh", "quickstart_token.sh", name)
    out = run(
        ["sh", "-euc", prelude + "\n".join(localized(gloo, step) for step in steps)], gloo, folder
    )
    acquired, _, rest = out.partition("\n")
    assert acquired == f"TOKEN acquired? {len(gloo.tokens[0])} chars"
    return rest


def run(command: list[str], gloo: LocalGloo, folder: Path) -> str:
    """Run a command as a user would, with the credentials in its environment; what it printed."""
    environ = {**os.environ, **gloo.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
