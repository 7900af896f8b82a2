"""How it starts, stops and starts again."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, V2, connected, send, send_over


def test_fixture_is_fresh(local_gloo: LocalGloo) -> None:
    """Nothing of another test is left in it."""
    assert (local_gloo.requests, local_gloo.tokens, local_gloo.connections) == ([], [], 0)


def test_environ_points_here(local_gloo: LocalGloo) -> None:
    """Credentials of both kinds and the origin, which has no path."""
    assert local_gloo.environ == {
        "GLOO_API_KEY": "sk_local",
        "GLOO_CLIENT_ID": "local-client",
        "GLOO_CLIENT_SECRET": "local-secret",
        "GLOO_BASE_URL": local_gloo.origin,
    }
    assert local_gloo.base_url == f"{local_gloo.origin}/ai/v2"
    assert local_gloo.origin in repr(local_gloo)


def test_environ_leaves_no_key_of_the_developers_own() -> None:
    """Without a static key both names are there and empty, which counts as absent."""
    environ = LocalGloo(static_keys=()).environ
    assert (environ["GLOO_API_KEY"], environ["GLOO_AI_API_KEY"]) == ("", "")


@pytest.mark.parametrize("fault", [{"delay": 60}, {"hold": threading.Event()}, {"drip": 60}])
def test_stop_waits_for_nobody(local_gloo: LocalGloo, fault: dict[str, Any]) -> None:
    """Held, late and slow answers end at once, as broken connections."""
    handle = local_gloo.fault(V2, **fault)
    broken: list[BaseException] = []

    def call() -> None:
        with pytest.raises((http.client.HTTPException, ConnectionError)) as caught:
            send(local_gloo, V2, DIRECT)
        broken.append(caught.value)

    thread = threading.Thread(target=call)
    threads = threading.active_count()
    thread.start()
    assert handle.wait(timeout=20)
    started = time.monotonic()
    local_gloo.stop()
    assert time.monotonic() - started < 2
    thread.join(timeout=20)
    assert broken
    assert threading.active_count() == threads - 1  # the server's own thread is gone too


def test_stop_cuts_idle_connections_and_leaves_no_thread() -> None:
    """A client that keeps its connection does not keep the server."""
    before = threading.active_count()
    with LocalGloo() as gloo, connected(gloo) as connection:
        send_over(connection, V2, DIRECT)
        gloo.stop()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            send_over(connection, V2, DIRECT)
    assert threading.active_count() == before


def test_restart_on_the_same_port() -> None:
    """An outage, for those who talk to it: the tokens are good afterwards."""
    with LocalGloo() as gloo:
        origin, token = gloo.origin, gloo.issue_token()
        gloo.stop()
        with pytest.raises(ConnectionError):
            send(gloo, V2, DIRECT)
        gloo.start()
        assert gloo.origin == origin
        assert send(gloo, V2, DIRECT, token=token).status == 200
    gloo.stop()  # again, which does nothing


def test_taken_port(local_gloo: LocalGloo) -> None:
    """An error that says so, and not the end of the program."""
    port = int(local_gloo.origin.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        LocalGloo(port).start()


def test_says_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither requests nor broken connections appear in a test's output."""
    caplog.set_level("INFO", "werkzeug")
    with LocalGloo() as gloo:
        send(gloo, V2, DIRECT)
        gloo.fault(V2, drop_after=1)
        with pytest.raises(http.client.IncompleteRead):
            send(gloo, V2, DIRECT)
        with connected(gloo) as connection:
            connection.putrequest("POST", V2)
            connection.putheader("Content-Length", "100")
            connection.endheaders(b"cut off")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert caplog.records == []


MISSING = """
import sys
sys.modules["pytest_httpserver"] = None  # as if it were not installed
import gloo_openai.testing.plugin
from gloo_openai.testing import Answer, SeenRequest
try:
    from gloo_openai.testing import LocalGloo
except ImportError as error:
    print(error)
"""


def test_without_the_extra() -> None:
    """The plugin loads, since pytest loads it always; only the server says what is missing."""
    run = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, check=True
    )
    assert "pip install 'gloo-openai[testing]'" in run.stdout
    assert run.stderr == ""
