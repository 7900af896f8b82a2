"""Fixtures: worlds to run in, a local Gloo to talk to, and a fence around loopback."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from gloo_openai.testing import LocalGloo

from .worlds import World, importable, libraries, open_world

EVERYTHING = os.environ.get("TESTS") == "all"
"""`make test` leaves trio, and most of the examples of a property, to CI, to stay short."""
WORLDS = [
    pytest.param((name, library), id=f"{name}-{library.__name__}")
    for library in libraries()
    for name in (("sync", "asyncio", "trio") if EVERYTHING else ("sync", "asyncio"))
]
MESSAGES: Any = [{"role": "user", "content": "How can I be joyful in hard times?"}]


def pytest_configure() -> None:
    """How long an example takes says more about the machine than about the code."""
    if importable("hypothesis"):  # the frameworks' environments do without
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            "untimed",
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            max_examples=100 if EVERYTHING else 20,
        )
        settings.load_profile("untimed")


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Threads, asyncio and trio, on each HTTP library that the installed SDK takes."""
    name, library = request.param
    with open_world(name, library) as opened:
        yield opened


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with one certificate: reading all of them is most of what making a client costs."""
    first, end, _ = (
        Path(certifi.where()).read_text(encoding="utf-8").partition("END CERTIFICATE-----")
    )
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(first[first.index("-----BEGIN") :] + end + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one_certificate: str
) -> None:
    """No setting of the developer's own machine reaches a test."""
    monkeypatch.setenv("SSL_CERT_FILE", one_certificate)
    for name in list(os.environ):
        if name.startswith(("GLOO_", "OPENAI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def pair_of(gloo: LocalGloo) -> dict[str, str]:
    """The variables of `gloo.environ` without the key, which would win: tokens are exchanged."""
    return {name: value for name, value in gloo.environ.items() if "API_KEY" not in name}


@pytest.fixture
def gloo(local_gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> LocalGloo:
    """A local Gloo whose id and secret are in the environment."""
    for name, value in pair_of(local_gloo).items():
        monkeypatch.setenv(name, value)
    return local_gloo


@pytest.fixture(autouse=True)
def fence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but loopback fails the test and names the host."""
    connect = socket.socket.connect

    def fenced(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            assert ipaddress.ip_address(host).is_loopback, f"a test connects to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", fenced)
