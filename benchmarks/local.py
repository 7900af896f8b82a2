"""The benchmark server as the benchmarks see it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[1]


class Server:
    """Starts `benchmarks.server` in a process of its own, and talks to its control path."""

    def __enter__(self) -> Server:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.origin = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self.base_url = f"{self.origin}/ai/v2"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def counts(self, **settings: float) -> dict[str, int]:
        """What was counted since the last time: connections, requests, exchanges, completions,
        refused. `lifetime`, `delay` and `pace` set those of exchanges and streams, in seconds."""
        body = json.dumps(settings).encode()
        with urllib.request.urlopen(f"{self.origin}/control", body, timeout=10) as response:
            counted = json.load(response)
        names = ("connections", "requests", "exchanges", "completions", "refused")
        return {name: counted.get(name, 0) for name in names}
