"""Importing the package, constructing a client, and what happens before the first answer."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from . import subjects
from .cpu import repeated
from .local import ROOT, Server
from .measure import PROCESSES, Row, Spread, Taken, in_processes, interleaved, ratio
from .subjects import PLAIN

SECTION = "Start"
TARGET = 1.05
PLAIN_PYTHON = "BENCHMARKS_PLAIN_PYTHON"
"""Names the interpreter that imports; one that has what the package needs and no more."""
TIMED = "import time; begun = time.process_time(); {}; print(time.process_time() - begun)"
IMPORTS = {
    "import": ("import gloo_openai", "import openai"),
    "import of the client class": (
        "from gloo_openai import GlooOpenAI",
        "from openai import OpenAI",
    ),
    "import, and a client": (
        "from gloo_openai import GlooOpenAI; "
        "GlooOpenAI(client_id='i', client_secret='s', env_file=None)",
        "from openai import OpenAI; OpenAI(api_key='k')",
    ),
}


def rows(server: Server, size: float) -> list[Row]:
    """`size` 1 is a full run."""
    rounds = max(3, round(25 * size))
    found = [importing(name, *codes, rounds) for name, codes in IMPORTS.items()]
    processes = max(1, round(PROCESSES * size))
    taken = in_processes(
        processes, constructing, server.origin, max(2, round(60 * size / processes))
    )
    spread = ratio(taken, "gloo", "static")
    found.append(
        Row(SECTION, "constructing a client", spread.median, "x", TARGET, spread.low, spread.high)
    )
    server.counts()
    with subjects.gloo(server.origin) as client:
        client.chat.completions.create(**PLAIN)
    counts = server.counts()
    what = "cold start, before the first answer: "
    found.append(Row(SECTION, what + "connections", counts["connections"], "", 1))
    found.append(Row(SECTION, what + "requests", counts["requests"], "", 2))
    return found


def constructing(origin: str, rounds: int) -> Taken:
    """Clients made and closed."""
    blocks = {
        "gloo": repeated(lambda: subjects.gloo(origin).close()),
        "static": repeated(lambda: subjects.static(origin).close()),
    }
    return interleaved(blocks, rounds=rounds, calls=1)


def importing(name: str, code: str, base: str, rounds: int) -> Row:
    """The ratio of two statements, each in new processes that take turns."""
    for each in (code, base):
        seconds(each)  # what is compiled once is not what is measured
    taken = [(seconds(code), seconds(base)) for _ in range(rounds)]
    spread = Spread.of([ours / theirs for ours, theirs in taken])
    note = f"the SDK's own: {statistics.median(b for _, b in taken) * 1000:.0f} ms"
    return Row(SECTION, name, spread.median, "x", TARGET, spread.low, spread.high, note)


def seconds(code: str) -> float:
    """CPU that a statement takes in a new process."""
    command = [os.environ.get(PLAIN_PYTHON, sys.executable), "-c", TIMED.format(code)]
    # Where bytecode may not be written, what lies in this folder would be compiled every time.
    env = {n: value for n, value in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return float(done.stdout)
