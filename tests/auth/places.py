"""Places where credentials stand, for tests of what is found in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gloo_openai import GlooAuth

GLOO = {"GLOO_CLIENT_ID": "from-gloo", "GLOO_CLIENT_SECRET": "secret-gloo"}
GLOO_AI = {"GLOO_AI_CLIENT_ID": "from-gloo-ai", "GLOO_AI_CLIENT_SECRET": "secret-gloo-ai"}
KEY = {"GLOO_API_KEY": "static"}
AI_KEY = {"GLOO_AI_API_KEY": "static-ai"}
ORIGIN = "https://platform.ai.gloo.com"


def environ(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set these variables."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def dotenv(folder: Path, **values: str) -> Path:
    """Write a .env file."""
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return file


def source(**options: Any) -> str:
    """Where the credentials came from, as the hook tells it."""
    return GlooAuth(**options).sources["credentials"]
