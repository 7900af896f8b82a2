"""`make chaos`: every fault, by threads, asyncio and trio, plain and streamed, on one SDK."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from importlib.metadata import version

from . import api_faults, process_faults, token_faults
from .case import WORLDS, Result
from .leaks import Records
from .run import run, seen

TABLES = {"token": token_faults.CASES, "api": api_faults.CASES}
AT_ONCE = 12
"""Cases that run side by side: most of them only wait."""


def jobs(pattern: str) -> Iterator[tuple[int, Callable[[], Result]]]:
    """Every case to be run, those that take long first."""
    for group, cases in TABLES.items():
        for case in cases:
            if wanted(f"{group}: {case.name}", pattern):
                for world in WORLDS:
                    for way in case.ways:
                        rank = -int(case.bound)
                        yield rank, partial(run, group, case, world, way)
    for name, world in process_faults.CASES:
        if wanted(f"process: {name}", pattern):
            for way in ("plain", "stream"):
                yield 0, partial(process_faults.run, name, world, way)


def wanted(name: str, pattern: str) -> bool:
    """Whether a pattern, or a part of the name, asks for a case."""
    return pattern in name or fnmatch.fnmatch(name, pattern)


def table(results: list[Result]) -> Iterator[str]:
    """The results for people: one line for each fault, then what does not hold."""
    names = dict.fromkeys((each.group, each.name) for each in results)
    yield f"  {'fault':50} {'holds':>7}  {'longest':>8} {'bound':>6}  {'exchanges':>9}  outcome"
    for group, name in names:
        own = [each for each in results if (each.group, each.name) == (group, name)]
        holds = sum(each.holds for each in own)
        longest = max(each.seconds for each in own)
        exchanges = sorted({each.exchanges for each in own})
        spread = f"{exchanges[0]}" if len(exchanges) == 1 else f"{exchanges[0]}-{exchanges[-1]}"
        outcomes = ", ".join(dict.fromkeys(each.outcome for each in own))
        mark = " " if holds == len(own) else "✗"
        yield (
            f"{mark} {f'{group}: {name}':50.50} {holds:>3}/{len(own):<3}  {longest:6.1f} s "
            f"{own[0].bound:4.0f} s  {spread:>9}  {outcomes}"
        )
    for each in results:
        for problem in each.problems:
            yield f"✗ {each.group}: {each.name}, {each.world}, {each.way}: {problem}"


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit status is 0 if everything holds."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", default="*", help="a part of a fault's name, or a pattern")
    parser.add_argument("--json", action="store_true", help="the results for programs")
    options = parser.parse_args(arguments)
    for name in list(os.environ):
        if name.startswith(("GLOO_", "OPENAI_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    records = Records()
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ordered = sorted(jobs(options.only), key=lambda job: job[0])
        results = [each.result() for each in [pool.submit(job) for _, job in ordered]]
    results.sort(key=lambda each: (each.group, each.name))
    text = records.text()
    logged = sum(secret in text for secret in seen)
    holding = sum(each.holds for each in results)
    if options.json:
        rows = [{**asdict(each), "holds": each.holds} for each in results]
        summary = {"openai": version("openai"), "holds": holding, "of": len(results)}
        print(json.dumps({**summary, "secrets_logged": logged, "results": rows}, indent=1))
    else:
        print("\n".join(table(results)))
        exchanges = sum(each.exchanges for each in results)
        print(
            f"\nopenai {version('openai')}: {holding} of {len(results)} hold, in "
            f"{time.monotonic() - begun:.0f} s, with {exchanges} exchanges. Of {len(seen)} secrets "
            f"and tokens, {logged} were found in {text.count(chr(10)):,} lines that were logged."
        )
    return 0 if holding == len(results) and not logged else 1


if __name__ == "__main__":
    sys.exit(main())
