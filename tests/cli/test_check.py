"""`gloo-openai check`: every line passes, fails or is skipped, with a reason and a next step."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gloo_openai.testing import LocalGloo

from .processes import run

SETTINGS = ["credentials", "base URL", "token URL", "model"]
CHECKS = ["clock", "token", "claims", "catalogue", "echo", "n", "stream", "model-less", "grounded"]


def report(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the lines of the report by name."""
    done = run("check", "--json", *arguments)
    answer = json.loads(done.out)
    assert answer["status"] == done.status
    assert answer["ok"] == (done.status == 0)
    return done.status, {line["name"]: line for line in answer["checks"]}


def test_everything_works(gloo: LocalGloo) -> None:
    """Every line passes, in order; the status is 0."""
    status, lines = report()
    assert status == 0
    assert list(lines) == SETTINGS + CHECKS
    assert {line["verdict"] for line in lines.values()} == {"pass"}
    assert lines["credentials"]["detail"].endswith("GLOO_CLIENT_SECRET in the environment")
    assert lines["base URL"]["detail"].endswith("from GLOO_BASE_URL in the environment")
    assert "scope api/access" in lines["claims"]["detail"]


def test_people_read_lines(gloo: LocalGloo) -> None:
    """A line a check, with the time it took."""
    lines = run("check").out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["pass"] * 13
    assert "PING-" in lines[8]
    assert lines[8].endswith(" s)")


def test_no_secret_is_shown(gloo: LocalGloo) -> None:
    """Neither the client secret nor a token, nor the signature of one."""
    done = run("check")
    for secret in (gloo.client_secret, *gloo.tokens, *(t.split(".")[2] for t in gloo.tokens)):
        assert secret not in done.out + done.err


def test_without_settings_there_is_nothing_to_check() -> None:
    """The status is 2; the first line says what to set, the others are skipped."""
    status, lines = report()
    assert status == 2
    assert lines["settings"]["verdict"] == "fail"
    assert "GLOO_API_KEY" in lines["settings"]["next_step"]
    assert {lines[name]["verdict"] for name in CHECKS} == {"skip"}


def test_without_settings_people_are_told_once() -> None:
    """What is wrong, and how many checks were left out."""
    done = run("check")
    assert done.status == 2
    assert done.out.count("fail") == 1
    assert f"{len(CHECKS)} checks were left out: the settings are not enough." in done.out
    assert "skip" not in done.out


def test_a_server_that_says_nothing_ends_the_check(gloo: LocalGloo) -> None:
    """The first check that needs it fails after its bound; the others are left out."""
    gloo.fault("/platform/v2/models", delay=60, times=None)
    started = time.monotonic()
    status, lines = report("--timeout", "0.5")
    assert status == 1
    assert time.monotonic() - started < 20
    assert lines["clock"]["timed_out"]
    assert "took the request and did not answer in time" in lines["clock"]["detail"]
    assert {lines[name]["verdict"] for name in CHECKS[1:]} == {"skip"}
    assert all(lines[name]["left_out"] for name in CHECKS[1:])


def test_an_answer_that_trickles_in_ends_the_check(gloo: LocalGloo) -> None:
    """Every byte is in time, and the whole of it never; people are told once what was left out."""
    gloo.fault("/chat/completions", drip=0.4, drip_bytes=1, times=None)
    started = time.monotonic()
    done = run("check", "--timeout", "3")
    assert done.status == 1
    assert time.monotonic() - started < 20
    assert "was not whole within 3 s" in done.out
    assert "4 checks were left out: the server does not answer." in done.out
    assert done.out.count("skip") == 0


def test_a_file_that_is_not_there_is_reported() -> None:
    """As a setting that is not enough."""
    status, lines = report("--env-file", "/no/such/file")
    assert (status, lines["settings"]["verdict"]) == (2, "fail")


def test_a_host_that_is_not_there_has_a_next_step(gloo: LocalGloo) -> None:
    """On every line that fails."""
    gloo.stop()
    status, lines = report()
    assert status == 1
    assert all(line["next_step"] for line in lines.values() if line["verdict"] == "fail")


def test_an_empty_answer_is_none(gloo: LocalGloo) -> None:
    """Though Gloo chose a model for it."""
    gloo.fault("/chat/completions", delay=0, times=3)  # echo, n and stream
    gloo.fault("/chat/completions", status=200, body={"choices": []})
    status, lines = report()
    assert (status, lines["model-less"]["verdict"]) == (1, "fail")


def test_wrong_credentials_fail_the_token_and_skip_what_needs_it(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The public parts are still checked."""
    monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
    status, lines = report()
    verdicts = [lines[name]["verdict"] for name in CHECKS]
    assert status == 1
    assert verdicts == ["pass", "fail", "skip", "pass", "skip", "skip", "skip", "skip", "skip"]
    assert "Gloo AI Studio" in lines["token"]["next_step"]


@pytest.mark.parametrize(
    ("answers", "name", "detail"),
    [
        (["something else"], "echo", "'something else' came"),
        (["PING", "MOON"], "n", "MOON"),
    ],
)
def test_a_wrong_answer_fails(gloo: LocalGloo, answers: list[str], name: str, detail: str) -> None:
    """What was asked for and what came are both there."""
    for text in answers:
        gloo.answer(text)
    status, lines = report()
    assert status == 1
    assert lines[name]["verdict"] == "fail"
    assert detail in lines[name]["detail"]
    assert lines[name]["next_step"]


def test_an_n_that_is_ignored_is_skipped(gloo: LocalGloo) -> None:
    """V2 does not promise it, so one choice for three is no fault."""
    done = run("check", "--json", "--sandbox")
    assert json.loads(done.out)["ok"]
    gloo.fault("/chat/completions", drop="before", times=1)
    one = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "SUN"}}
    gloo.answer(body={"model": "gloo-x", "choices": [one]})
    _, lines = report()
    assert lines["echo"]["verdict"] == "fail"
    assert lines["n"]["verdict"] == "skip"
    assert "gloo-x does not know n" in lines["n"]["detail"]


def test_a_publisher_that_is_not_open_fails_the_grounded_call(gloo: LocalGloo) -> None:
    """The next step says what to look at."""
    status, lines = report("--publisher", "bezalel")
    assert status == 1
    assert lines["grounded"]["verdict"] == "fail"
    assert "case" in lines["grounded"]["next_step"]


def test_an_answer_without_sources_is_skipped(gloo: LocalGloo) -> None:
    """It is an answer, but it shows nothing about grounding."""
    gloo.sources = []
    status, lines = report()
    assert status == 0
    assert lines["grounded"]["verdict"] == "skip"
    assert "--publisher" in lines["grounded"]["next_step"]


def test_v1_has_no_routing_to_check(gloo: LocalGloo) -> None:
    """What only V2 knows is skipped, with the URL that has it."""
    status, lines = report("--base-url", f"{gloo.origin}/ai/v1", "--model", "meta.llama3")
    assert status == 0
    assert [lines[name]["verdict"] for name in CHECKS[-2:]] == ["skip", "skip"]
    assert "/ai/v2" in lines["grounded"]["next_step"]
    assert {request.path for request in gloo.completions} == {"/ai/v1/chat/completions"}


def test_a_static_key_is_not_exchanged(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there are no claims to show, and all else is as usual."""
    monkeypatch.delenv("GLOO_CLIENT_ID")
    monkeypatch.delenv("GLOO_CLIENT_SECRET")
    monkeypatch.setenv("GLOO_API_KEY", "sk_local")
    status, lines = report()
    assert status == 0
    assert gloo.exchanges == []
    assert lines["claims"]["verdict"] == "skip"
    assert "sk_local" not in json.dumps(lines)


def test_a_key_beside_a_pair_is_said(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which was taken, and which was there and is not used."""
    monkeypatch.setenv("GLOO_API_KEY", "sk_local")
    status, lines = report()
    assert (status, gloo.exchanges) == (0, [])
    assert lines["credentials"]["detail"] == (
        "from GLOO_API_KEY in the environment; not used: GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in "
        "the environment"
    )


@pytest.fixture
def late_server() -> Iterator[str]:
    """A server whose clock is ten minutes behind; it has nothing else."""

    class Late(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            import time

            return super().date_time_string(int((timestamp or time.time()) - 600))

        def do_GET(self) -> None:
            self.send_error(404)

        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Late)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_wrong_clock_fails(late_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's `Date` is the measure."""
    monkeypatch.setenv("GLOO_API_KEY", "some-key")
    status, lines = report("--base-url", late_server)
    assert status == 1
    assert lines["clock"]["verdict"] == "fail"
    assert re.search(r"(599|60\d) s ahead of the server", lines["clock"]["detail"])
    assert "NTP" in lines["clock"]["next_step"]


def test_the_base_url_is_shown_with_its_endpoint(gloo: LocalGloo) -> None:
    """And every check works on it."""
    status, lines = report("--endpoint", "guarded")
    assert status == 0
    assert lines["base URL"]["detail"].startswith(f"{gloo.base_url}/guarded, from ")
    assert {line["verdict"] for line in lines.values()} == {"pass"}
