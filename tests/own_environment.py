"""A stricter fence, and a record of what was seen, for what is tested in an environment of its own.

A `conftest.py` imports the names of `__all__`: they are hooks and a fixture.
"""

from __future__ import annotations

import ipaddress
import json
import platform
import socket
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import pytest

__all__ = [
    "SEEN",
    "about",
    "fence",
    "pytest_addoption",
    "pytest_configure",
    "pytest_sessionfinish",
]

LOCAL = ("localhost", "", None)
crossed: list[str] = []
"""The hosts that something tried to reach. Other people's threads may swallow what the fence
raises, so each test looks here when it ends."""


def is_local(host: Any) -> bool:
    """Whether a host is this machine; a name other than localhost is not."""
    host = host.decode() if isinstance(host, bytes) else host
    try:
        return host in LOCAL or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fenced(real: Any, host_of: Any) -> Any:
    """A function of the socket module that goes no further than this machine."""

    def inside(*args: Any, **kwargs: Any) -> Any:
        host = host_of(*args, **kwargs)
        if not is_local(host):
            crossed.append(str(host))
            raise OSError(f"a test connects to {host}")
        return real(*args, **kwargs)

    return inside


def peer(sock: socket.socket, address: Any) -> Any:
    """The host of an address; other families than the internet's stay on this machine."""
    return address[0] if sock.family in (socket.AF_INET, socket.AF_INET6) else None


# From before anything of theirs is imported: some of them phone home as soon as they are.
socket.getaddrinfo = fenced(socket.getaddrinfo, lambda host, *_args, **_options: host)
for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, fenced(getattr(socket.socket, name), peer))


@pytest.fixture(autouse=True)
def fence() -> Iterator[None]:
    """Nothing has tried to reach another host, not even while it was imported."""
    yield
    hosts, crossed[:] = set(crossed), []
    assert not hosts, f"something connects to {', '.join(sorted(hosts))}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record`: keep what was seen, and the versions it was seen with."""
    parser.addoption("--record", action="store_true", help="write results/ and constraints/")


def pytest_configure(config: pytest.Config) -> None:
    """What other people's code warns of, or leaves unclosed, is not our business."""
    config.addinivalue_line("filterwarnings", "ignore")
    warnings.simplefilter("ignore")  # and when the session ends
    config.stash[SEEN] = {"began": time.monotonic(), "checks": {}}


SEEN: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


def about(seen: dict[str, Any], item: Any) -> None:
    """Note whose tests these are: the name, and the folder of the record."""
    seen["section"], seen["packages"] = item.cls.section, item.cls.packages
    seen["name"] = item.path.stem.removeprefix("test_").replace("_", "-")
    seen["folder"] = item.path.parent


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the record; background threads that crossed the fence after the last test count."""
    if crossed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nafter the last test something connects to {set(crossed)}")  # noqa: T201 - for whoever runs it
    seen = session.config.stash[SEEN]
    if session.config.getoption("--record") and "section" in seen:
        write_record(seen, green=session.exitstatus == 0 and session.testsfailed == 0)


def write_record(seen: dict[str, Any], *, green: bool) -> None:
    """Write results/<name>.json, and constraints/<name>.txt if all is well."""
    names = dict.fromkeys((*seen["packages"], "openai"))
    record = {
        "section": seen["section"],
        "green": green,
        "versions": {name: version(name) for name in names},
        "python": platform.python_version(),
        "seconds": round(time.monotonic() - seen["began"], 1),
        "checks": seen["checks"],
    }
    text = json.dumps(record, indent=2) + "\n"
    folder: Path = seen["folder"]
    (folder / "results" / f"{seen['name']}.json").write_text(text, encoding="utf-8")
    if green:
        installed = [(each.metadata["Name"].lower(), each.version) for each in distributions()]
        pins = {name.replace("_", "-"): pin for name, pin in installed}
        del pins["gloo-openai"]
        lines = [f"{name}=={pin}\n" for name, pin in sorted(pins.items())]
        (folder / "constraints" / f"{seen['name']}.txt").write_text(
            "".join(lines), encoding="utf-8"
        )
