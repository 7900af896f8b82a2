"""The example of docs/scaling.md: a file of prompts over worker processes, interrupted at will."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gloo_openai.testing import Fault, LocalGloo

from .conftest import pair_of

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("distributed"),
    reason="Dask is not installed: `nox -s scaling` brings it",
)

SCRIPT = Path(__file__).parents[1] / "examples" / "scaling" / "map_prompts.py"
WORKERS, PROMPTS, PATIENCE = 3, 30, 120


class Job:
    """One file of prompts, and runs of the example over it in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.prompts = folder / "prompts.jsonl"
        self.answers = folder / "answers.jsonl"
        self.ids = [f"p{number}" for number in range(PROMPTS)]
        lines = (json.dumps({"id": each, "prompt": f"Question {each}?"}) for each in self.ids)
        self.prompts.write_text("\n".join(lines))

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Begin a run, in a process group of its own, as a terminal would."""
        files = [str(self.prompts), str(self.answers)]
        options = options or ("--workers", str(WORKERS), "--threads", "1")
        command = [sys.executable, str(SCRIPT), *files, *options]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def run(self) -> tuple[int, str]:
        """A whole run: its exit status and what it printed."""
        return finish(self.start())

    def answered(self) -> list[dict[str, Any]]:
        """The lines of the answers."""
        return [json.loads(line) for line in self.answers.read_text().splitlines()]

    def check_every_prompt_answered_once(self) -> None:
        """Each prompt has one line, and in it the answer to this prompt."""
        rows = self.answered()
        assert sorted(row["id"] for row in rows) == sorted(self.ids)
        for row in rows:
            assert f"Question {row['id']}?" in row["answer"]


@pytest.fixture
def job(tmp_path: Path, gloo: LocalGloo) -> Job:
    """A file of thirty prompts, and a Gloo that repeats the question."""
    return Job(tmp_path)


@pytest.fixture
def all_busy(gloo: LocalGloo, go_on: threading.Event) -> Callable[[], Fault]:
    """Waits until every worker has a prompt under way, and holds the answers back until go_on."""
    held = gloo.fault("/chat/completions", hold=go_on, times=None)

    def wait() -> Fault:
        assert held.wait(WORKERS, timeout=PATIENCE)
        return held

    return wait


@pytest.fixture
def go_on() -> threading.Event:
    """Lets held answers go."""
    return threading.Event()


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of a run's workers."""
    import psutil  # comes with Dask

    children = psutil.Process(process.pid).children(recursive=True)
    return [
        int(child.pid)
        for child in children
        if any("spawn_main" in part for part in child.cmdline())
    ]


def test_each_worker_exchanges_once_and_each_prompt_is_answered_once(
    job: Job, gloo: LocalGloo, all_busy: Callable[[], Fault], go_on: threading.Event
) -> None:
    """Three workers, three exchanges; thirty prompts, thirty requests, thirty lines."""
    process = job.start()
    all_busy()
    go_on.set()
    status, errors = finish(process)
    assert status == 0, errors
    assert len(gloo.exchanges) == WORKERS
    assert len(gloo.completions) == PROMPTS
    job.check_every_prompt_answered_once()
    assert f"{PROMPTS} of {PROMPTS} answered, 0 failed" in errors


def test_a_killed_worker_costs_its_prompt_a_second_request_and_no_answer(
    job: Job, gloo: LocalGloo, all_busy: Callable[[], Fault], go_on: threading.Event
) -> None:
    """SIGKILL in the middle of a call: another worker takes its place, with its own exchange."""
    process = job.start()
    all_busy()
    os.kill(workers_of(process)[0], signal.SIGKILL)
    go_on.set()
    status, errors = finish(process)
    assert status == 0, errors
    job.check_every_prompt_answered_once()
    assert len(gloo.exchanges) <= WORKERS + 1
    assert len(gloo.completions) == PROMPTS + 1


def test_what_is_written_is_not_asked_again_when_its_worker_is_killed(
    job: Job, gloo: LocalGloo, go_on: threading.Event
) -> None:
    """Dask computes a lost result again for as long as anybody holds it: nobody does any more."""
    gloo.fault("/chat/completions", delay=0)  # the first prompt is answered, the others wait
    held = gloo.fault("/chat/completions", hold=go_on, times=None)
    process = job.start()
    deadline = time.monotonic() + PATIENCE
    while not (job.answers.exists() and job.answered()):
        assert time.monotonic() < deadline, "no answer was written"
        time.sleep(0.05)
    assert held.wait(WORKERS, timeout=PATIENCE)
    for worker in workers_of(process):
        os.kill(worker, signal.SIGKILL)
    go_on.set()
    status, errors = finish(process)
    assert status == 0, errors
    job.check_every_prompt_answered_once()
    first = job.answered()[0]["id"]
    asked = [request.json["messages"][0]["content"] for request in gloo.completions]
    assert asked.count(f"Question {first}?") == 1


def ctrl_c(process: subprocess.Popen[str]) -> None:
    """A terminal sends the signal to all of them."""
    os.killpg(process.pid, signal.SIGINT)


def terminate(process: subprocess.Popen[str]) -> None:
    """A service manager sends it to the first."""
    process.terminate()


@pytest.mark.parametrize("stop", [ctrl_c, terminate])
def test_a_run_that_is_stopped_keeps_what_it_asked_for_and_the_next_asks_for_the_rest(
    job: Job,
    gloo: LocalGloo,
    all_busy: Callable[[], Fault],
    go_on: threading.Event,
    stop: Callable[[subprocess.Popen[str]], None],
) -> None:
    """Calls under way are finished and written; nothing is asked twice."""
    process = job.start()
    all_busy()
    stop(process)
    assert process.stderr is not None
    assert any("stopping" in line for line in process.stderr)
    go_on.set()
    status, errors = finish(process)
    assert status == 130, errors
    asked = len(gloo.completions)
    assert WORKERS <= asked < PROMPTS
    assert len(job.answered()) == asked
    status, errors = job.run()
    assert status == 0, errors
    assert len(gloo.completions) == PROMPTS
    job.check_every_prompt_answered_once()


def test_a_run_that_is_killed_loses_only_what_was_under_way(
    job: Job, gloo: LocalGloo, all_busy: Callable[[], Fault], go_on: threading.Event
) -> None:
    """SIGKILL of everything, half a line on the disk: the next run asks for what is missing."""
    process = job.start()
    all_busy()
    os.killpg(process.pid, signal.SIGKILL)
    finish(process)
    go_on.set()
    lost = len(gloo.completions)
    job.answers.write_text('{"id": "p0", "answer": "Question p0?"}\n{"id": "p1", "ans')
    status, errors = job.run()
    assert status == 0, errors
    job.check_every_prompt_answered_once()
    assert len(gloo.completions) == lost + PROMPTS - 1


def test_a_run_over_answered_prompts_asks_for_nothing(job: Job, gloo: LocalGloo) -> None:
    """Running once too often costs nothing."""
    rows = ({"id": each, "answer": "…"} for each in job.ids)
    job.answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = job.answers.read_bytes()
    status, errors = job.run()
    assert status == 0, errors
    assert gloo.requests == []
    assert job.answers.read_bytes() == before


def test_a_prompt_that_fails_is_named_and_tried_again_by_the_next_run(
    job: Job, gloo: LocalGloo
) -> None:
    """One refusal of thirty does not stop the others, and leaves no line behind."""
    gloo.fault("/chat/completions", status=422, body={"detail": [{"msg": "not this one"}]})
    status, errors = job.run()
    assert status == 1
    assert "not this one" in errors
    assert len(job.answered()) == PROMPTS - 1
    status, errors = job.run()
    assert status == 0, errors
    job.check_every_prompt_answered_once()


def test_rejected_credentials_end_a_run_without_trying_every_prompt(
    job: Job, gloo: LocalGloo
) -> None:
    """Nothing can come of the other prompts, so few are tried, and the reason is shown."""
    gloo.client_secret = "another"
    status, errors = job.run()
    assert status == 1
    assert "rejected the client credentials" in errors
    assert len(gloo.exchanges) < PROMPTS
    assert job.answered() == []


def test_a_running_cluster_is_used_and_only_its_workers_have_credentials(
    job: Job, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on several machines: a scheduler, two workers, and a run that knows no secret."""
    place = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    file = ["--scheduler-file", str(place), "--no-dashboard"]
    with ExitStack() as stack:
        started(stack, *dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *file)
        for _ in range(2):
            started(stack, *dask, "worker", *file, "--no-nanny", "--nthreads", "2")
        for name in pair_of(gloo):
            monkeypatch.delenv(name)
        status, errors = finish(job.start("--scheduler", address_in(place)))
    assert status == 0, errors
    assert len(gloo.exchanges) == 2
    job.check_every_prompt_answered_once()


def started(stack: ExitStack, *command: str) -> None:
    """A process that is killed when the stack ends."""
    process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
    stack.callback(process.kill)


def address_in(place: Path) -> str:
    """The address of the scheduler, once it and both workers are there."""
    from distributed import Client

    deadline = time.monotonic() + PATIENCE
    while not place.exists() or not place.read_text():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.1)
    address = str(json.loads(place.read_text())["address"])
    with Client(address) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    return address


def test_missing_credentials_are_said_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any worker is started, without a traceback."""
    monkeypatch.delenv("GLOO_CLIENT_SECRET")
    status, errors = job.run()
    assert status == 1
    assert errors.startswith("No Gloo credentials were found")
    assert "Traceback" not in errors


def test_two_runs_do_not_write_one_file(
    job: Job, all_busy: Callable[[], Fault], go_on: threading.Event
) -> None:
    """The second run is refused while the first goes on."""
    first = job.start()
    all_busy()
    status, errors = job.run()
    assert status == 1
    assert "is being written by another run" in errors
    go_on.set()
    assert finish(first)[0] == 0
    job.check_every_prompt_answered_once()
