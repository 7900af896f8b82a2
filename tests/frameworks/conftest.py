"""A stricter fence, and a record of what was seen, for the frameworks' own environments."""

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

for name in ("checklist", "responses_checklist", "own_classes"):
    pytest.register_assert_rewrite(f"tests.frameworks.{name}")

HERE = Path(__file__).parent
LOCAL = ("localhost", "", None)
crossed: list[str] = []
"""The hosts that something tried to reach. A framework's own threads may swallow what the fence
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


# From before the frameworks are imported: some of them phone home as soon as they are.
socket.getaddrinfo = fenced(socket.getaddrinfo, lambda host, *_args, **_options: host)
for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, fenced(getattr(socket.socket, name), peer))


@pytest.fixture(autouse=True)
def fence() -> Iterator[None]:
    """Nothing has tried to reach another host, not even while the framework was imported."""
    yield
    hosts, crossed[:] = set(crossed), []
    assert not hosts, f"something connects to {', '.join(sorted(hosts))}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record`: keep what was seen, and the versions it was seen with."""
    parser.addoption("--record", action="store_true", help="write results/ and constraints/")


def pytest_configure(config: pytest.Config) -> None:
    """What the frameworks warn of, or leave unclosed when a loop ends, is not our business."""
    config.addinivalue_line("filterwarnings", "ignore")
    warnings.simplefilter("ignore")  # and when the session ends
    config.stash[SEEN] = {"began": time.monotonic(), "checks": {}}


SEEN: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note the worst outcome of a check, over its parameters and phases."""
    report = (yield).get_result()  # type: ignore[misc]  # what pytest sends has no type
    kind = getattr(item, "cls", None)
    if kind is None or not hasattr(kind, "section"):
        return
    seen = item.config.stash[SEEN]
    seen["section"], seen["packages"] = kind.section, kind.packages
    seen["name"] = item.path.stem.removeprefix("test_").replace("_", "-")
    mode = kind.__name__.removeprefix("Test").removeprefix("Responses").lower()
    outcomes = seen["checks"].setdefault(item.originalname.removeprefix("test_"), {})  # type: ignore[attr-defined]  # a test function has it
    if report.skipped:
        outcomes[mode] = report.longrepr[2].removeprefix("Skipped: ")
    elif report.failed or mode not in outcomes:
        outcomes[mode] = report.outcome
    if (
        getattr(kind, "keeps_routing", None) is False
        and outcomes.get(mode) == "passed"
        and "own_place" in item.name
    ):
        outcomes[mode] = "dropped"


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
    (HERE / "results" / f"{seen['name']}.json").write_text(text, encoding="utf-8")
    if green:
        pins = {each.metadata["Name"].lower(): each.version for each in distributions()}
        del pins["gloo-openai"]
        lines = [f"{name}=={pin}\n" for name, pin in sorted(pins.items())]
        (HERE / "constraints" / f"{seen['name']}.txt").write_text("".join(lines), encoding="utf-8")
