"""`make demo`: the main job, against a local Gloo, without credentials."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


def test_the_demo_shows_a_key_and_then_the_exchange() -> None:
    """Every call works; the key exchanges nothing, the pair once and after each expiry."""
    done = subprocess.run(
        [sys.executable, DEMO], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with_key, _, with_pair = done.stdout.partition("With a client id and secret")
    assert "With a key: nothing is exchanged." in with_key
    assert "exchanged in" not in with_key
    assert with_pair.count("exchanged in") == 3
    assert "8 calls in" in with_pair
