"""`gloo-openai token`, `models`, `sandbox`, and what all commands have in common."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any
from unittest import mock

import openai
import pytest

import gloo_openai
from gloo_openai.cli import main
from gloo_openai.testing import LocalGloo, odd_models

from .processes import PATIENCE, Running, run, run_process


def test_the_installed_command_and_the_module_are_the_same() -> None:
    """`gloo-openai` is `python -m gloo_openai`."""
    command = shutil.which("gloo-openai", path=str(Path(sys.executable).parent))
    assert command, "the package is installed without its console script"
    installed, module = run_process("--help", program=(command,)), run_process("--help")
    assert installed == module
    assert installed.status == 0
    for name in ("chat", "token", "models", "check", "sandbox", "proxy"):
        assert f"\n  {name} " in installed.out
        assert run(name, "--help").status == 0


def test_the_version_is_the_packages() -> None:
    """For bug reports."""
    assert run("--version").out == f"gloo-openai {gloo_openai.__version__}\n"


def test_ctrl_c_while_the_command_is_loaded_is_no_traceback() -> None:
    """Loading takes half a second in which one is soon regretted."""
    with mock.patch("builtins.__import__", side_effect=KeyboardInterrupt):
        status = main(["models"])
    assert status == 130


@pytest.mark.parametrize(
    "arguments",
    [
        ["chta"],
        ["chat", "--tempo", "9"],
        ["proxy", "--port", "x"],
        ["proxy", "--port", "99999"],
        ["proxy", "--max-body", "0"],
        ["proxy", "--timeout", "-1"],
        ["proxy", "--grace", "inf"],
        ["sandbox", "--port", "99999"],
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str]) -> None:
    """It names the help."""
    done = run(*arguments)
    assert done.status == 2
    assert "--help" in done.error_line


def test_a_token_is_alone_on_stdout(gloo: LocalGloo) -> None:
    """`TOKEN=$(gloo-openai token)` is a bearer that Gloo accepts."""
    done = run("token")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == gloo.tokens


def test_a_token_with_its_expiry(gloo: LocalGloo) -> None:
    """`--json` adds when it ends, and nothing else."""
    answer = json.loads(run("token", "--json").out)
    assert set(answer) == {"access_token", "expires_in", "expires_at"}
    assert 3590 <= answer["expires_in"] <= 3600
    assert answer["expires_at"].endswith("Z")


def test_credentials_can_be_in_a_file_of_any_name(local_gloo: LocalGloo, tmp_path: Path) -> None:
    """`--env-file`, for those who have several."""
    lines = [f"{name}={value}" for name, value in local_gloo.environ.items()]
    (tmp_path / "other.env").write_text("\n".join(lines))
    assert run("token", "--env-file", "other.env").status == 0
    done = run("token", "--env-file", "absent.env")
    assert done.status == 1
    assert "'absent.env' is not a file" in done.error_line


def test_models_are_a_table(gloo: LocalGloo) -> None:
    """Family, id, context, tools, reasoning, price in and out; a line a model, never wrapped."""
    done = run("models")
    head, *rows = done.out.splitlines()
    assert head.split() == ["family", "id", "context", "tools", "reasoning", "in", "out"]
    assert rows[0].split() == [
        "Anthropic",
        "gloo-anthropic-claude-haiku-4.5",
        *("200,000", "yes", "no", "0.15", "5"),
    ]
    assert len(rows) == len(gloo.models) - 1  # the deprecated one is left out
    assert "\x1b" not in done.out
    assert done.err == ""


def test_deprecated_models_are_asked_for(gloo: LocalGloo) -> None:
    """`--all` lists them too, in the table and as JSON; a malformed row is skipped."""
    old = "gloo-anthropic-claude-3.5-haiku"
    gloo.models += odd_models()
    assert old not in run("models").out
    assert old in run("models", "--all").out
    assert len(json.loads(run("models", "--all", "--json").out)) == len(gloo.models) - 1


def test_models_can_be_chosen(gloo: LocalGloo) -> None:
    """By family, whatever the case, and by tools."""
    found = json.loads(run("models", "--family", "open SOURCE", "--tools", "--json").out)
    assert {model["family"] for model in found} == {"Open Source"}
    assert {model["supports_tools"] for model in found} == {True}
    assert found[0]["pricing"]["input"]["rate_per_1k_tokens"]


def test_no_model_is_an_error(gloo: LocalGloo) -> None:
    """An empty table would say nothing."""
    done = run("models", "--family", "nobody")
    assert done.status == 1
    assert "No model is like that" in done.error_line


def test_a_malformed_row_is_skipped(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a field of an odd type is shown as it is, without a warning."""
    listed = json.loads(run("models", "--json").out)
    odd = [{"id": "gloo-x", "family": 7}, {"id": "gloo-y", "context_window": "200k"}]
    monkeypatch.setattr(gloo, "models", [*gloo.models, *odd])
    done = run("models", "--json")
    assert (done.status, len(json.loads(done.out))) == (0, len(listed) + 1)
    assert done.err == ""
    assert "gloo-y" in run("models").out


def test_models_need_no_credentials(local_gloo: LocalGloo) -> None:
    """The catalogue is public; no token is asked for and none is sent."""
    assert run("models", "--base-url", local_gloo.origin).status == 0
    assert [request.path for request in local_gloo.requests] == ["/platform/v2/models"]
    assert "authorization" not in local_gloo.requests[0].headers


def test_a_host_that_is_not_there_is_one_line() -> None:
    """With its name."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = run("models", "--base-url", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert done.status == 1
    assert "could not be reached at 127.0.0.1" in done.error_line


@pytest.mark.parametrize("command", [["models", "--json"], ["models"], ["check"]], ids=" ".join)
def test_a_reader_that_stops_reading_is_no_error(gloo: LocalGloo, command: list[str]) -> None:
    """`gloo-openai models | head -1`; also what is laid out for people."""
    hold = threading.Event()
    fault = gloo.fault("/platform/v2/models", hold=hold)
    with Running(*command) as models:
        assert fault.wait(timeout=PATIENCE)
        threading.Timer(0.2, hold.set).start()
        done = models.wait_after_closing()
    assert (done.status, done.err) == (141, "")


def test_the_sandbox_prints_what_to_set() -> None:
    """A plain OpenAI client of any language talks to it; a signal ends it without an error."""
    with Running("sandbox", "--port", "0") as sandbox:
        printed = sandbox.out.until("OPENAI_API_KEY=") + sandbox.out.until("\n")
        lines = [line.removeprefix("export ") for line in printed.splitlines()]
        variables = dict(line.split("=", 1) for line in lines)
        with openai.OpenAI(
            base_url=variables["OPENAI_BASE_URL"], api_key=variables["OPENAI_API_KEY"]
        ) as client:
            completion = client.chat.completions.create(
                model="gloo-openai-gpt-5-mini", messages=[{"role": "user", "content": "Hi"}]
            )
        assert completion.choices[0].message.content
        credentials = {
            "client_id": variables["GLOO_CLIENT_ID"],
            "client_secret": variables["GLOO_CLIENT_SECRET"],
        }
        with gloo_openai.GlooOpenAI(base_url=variables["GLOO_BASE_URL"], **credentials) as client:
            assert "gloo-openai-gpt-5.2" in {model.id for model in client.models.list()}
        sandbox.err.until("ends it.\n")
        line = r"(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d,\d\d\d) POST (\S+) 200 (\S+) \d+ ms \d+ bytes\n"
        assert re.fullmatch(line, asked := sandbox.err.until("\n")), asked
        assert "/ai/v2/chat/completions 200 gloo-openai-gpt-5-mini " in asked
        assert " GET /platform/v2/models 200 - " in sandbox.err.until("\n")
        done = sandbox.end(signal.SIGTERM)
    assert done.status == 0
    assert "Traceback" not in done.err


def test_ctrl_c_ends_the_sandbox() -> None:
    """That is how it is meant to end, so it is no error."""
    with Running("sandbox", "--port", "0", "--json") as sandbox:
        assert set(json.loads(sandbox.out.until("}"))) >= {"GLOO_CLIENT_ID", "OPENAI_BASE_URL"}
        assert sandbox.end(signal.SIGINT).status == 0


@pytest.mark.parametrize("command", ["sandbox", "proxy"])
def test_a_taken_port_is_one_line(command: str, gloo: LocalGloo) -> None:
    """It names the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(command, "--port", str(taken.getsockname()[1]))
    assert done.status == 1
    assert "Choose another with --port" in done.error_line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands_and_options(
    shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script is one, and what it asks for is answered."""
    monkeypatch.setenv("_GLOO_OPENAI_COMPLETE", f"{shell}_source")
    done = run()
    assert (done.status, done.err) == (0, "")
    assert f"_GLOO_OPENAI_COMPLETE={shell}_complete" in done.out
    monkeypatch.setenv("_GLOO_OPENAI_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "gloo-openai ch")
    monkeypatch.setenv("COMP_CWORD", "ch" if shell == "fish" else "1")
    assert {"chat", "check"} <= set(re.findall(r"\w+", run().out))


@pytest.mark.parametrize("fault", [{"delay": 60}, {"drip": 0.4, "drip_bytes": 1}], ids=str)
def test_a_catalogue_that_never_comes_is_one_line(gloo: LocalGloo, fault: dict[str, Any]) -> None:
    """Silent or trickling, within its bound; it was reached, and there is no --max-tokens."""
    gloo.fault("/platform/v2/models", times=None, **fault)
    started = time.monotonic()
    done = run("models", "--timeout", "0.5")
    assert done.status == 1
    assert time.monotonic() - started < 20
    assert re.search(r"did not answer in time|was not whole within 0.5 s", done.error_line)
    assert "Try again later" in done.error_line
    assert "--max-tokens" not in done.error_line
    assert "reached" not in done.error_line


def test_a_token_endpoint_that_says_nothing_was_reached(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not called unreachable."""
    monkeypatch.setattr("gloo_openai.auth.exchange.DEADLINE", 0.5)
    gloo.fault("/oauth2/token", delay=60, times=None)
    for command in (["token"], ["chat", "Hi"]):
        done = run(*command)
        assert done.status == 1
        assert "took the request and did not answer in time" in done.error_line
        assert "reached" not in done.error_line


@pytest.mark.parametrize("endpoint", ["guarded", "direct", "grounded"])
def test_a_question_goes_to_the_endpoint_that_is_named(gloo: LocalGloo, endpoint: str) -> None:
    """Each has its completions."""
    assert run("chat", "--endpoint", endpoint, "Hello").status == 0
    assert gloo.completions[0].path == f"/ai/v2/{endpoint}/chat/completions"


@pytest.mark.parametrize("command", [["chat", "Hi"], ["check"], ["models"], ["token"], ["proxy"]])
def test_every_command_has_an_endpoint(gloo: LocalGloo, command: list[str]) -> None:
    """One that contradicts `--base-url` is an error of one line."""
    options = ("--endpoint", "direct", "--base-url", f"{gloo.base_url}/guarded")
    done = run(*command, *options)
    assert done.status != 0
    assert "leave out one of them" in done.out + done.err
    assert "Traceback" not in done.out + done.err


def test_deprecated_models_are_listed_with_all_only(gloo: LocalGloo) -> None:
    """They go soon; `--all` shows them too."""
    gloo.models[:] = [{"id": "gloo-new"}, {"id": "gloo-old", "is_deprecated": True}]
    for arguments, ids in (([], ["gloo-new"]), (["--all"], ["gloo-new", "gloo-old"])):
        done = run("models", "--json", *arguments)
        assert [row["id"] for row in json.loads(done.out)] == ids


def test_an_error_cannot_steer_the_terminal(gloo: LocalGloo) -> None:
    """What a server says of an error is printed without its escape sequences."""
    body = {"error": "red\x1b]0;owned\x07 \x9b31m \u202edaer \u2066"}
    for arguments in (("chat", "Hi"), ("--debug", "chat", "Hi"), ("check",)):
        gloo.fault("/chat/completions", status=400, body=body, times=None)
        done = run(*arguments)
        assert done.status == 1
        said = done.out + done.err
        assert "red" in said
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u2066"} & set(said)
