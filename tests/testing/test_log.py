"""The line that the local Gloo logs of every request, which the sandbox shows."""

from __future__ import annotations

import http.client
import json
import logging
import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from gloo_openai.testing import LocalGloo

V2 = "/ai/v2/chat/completions"
MESSAGES = [{"role": "user", "content": "a secret question"}]


def ask(gloo: LocalGloo, path: str, **body: Any) -> None:
    address = urlsplit(gloo.origin)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    headers = {"Authorization": f"Bearer {gloo.api_key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # the server has cut it
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "body", "line"),
    [
        (V2, {"auto_routing": True}, f"{V2} 200 gloo-auto "),
        (V2, {"model_family": "open source"}, f"{V2} 200 gloo-auto-open-source "),
        (V2, {"model": "gloo-openai-gpt-5.2"}, f"{V2} 200 gloo-openai-gpt-5.2 "),
        (V2, {"auto_routing": True, "stream": True}, f"{V2} 200 gloo-auto "),
        (V2, {"model": "a\x1b]0;owned\x07\nb"}, f"{V2} 404 a?]0;owned??b "),
        ("/nowhere%1b", {}, "/nowhere? 404 - "),
    ],
)
def test_a_line_has_status_model_time_and_size(
    local_gloo: LocalGloo, caplog: pytest.LogCaptureFixture, path: str, body: Any, line: str
) -> None:
    """And nothing that a terminal would obey, no prompt and no secret."""
    caplog.set_level(logging.INFO, "gloo_openai.testing")
    ask(local_gloo, path, messages=MESSAGES, **body)
    (written,) = lines(caplog)
    assert written.startswith(f"POST {line}")
    assert re.search(r" \d+ ms [1-9]\d* bytes$", written)
    assert "secret" not in written
    assert local_gloo.api_key not in written


def test_a_request_that_is_cut_has_a_line_too(
    local_gloo: LocalGloo, caplog: pytest.LogCaptureFixture
) -> None:
    """Before its answer, and within it."""
    caplog.set_level(logging.INFO, "gloo_openai.testing")
    local_gloo.fault(V2, drop="before")
    local_gloo.fault(V2, drop_after=7)
    for count in (1, 2):
        ask(local_gloo, V2, messages=MESSAGES, auto_routing=True)
        assert len(lines(caplog, count)) == count
    before, within = lines(caplog)
    assert f"{V2} - gloo-auto " in before
    assert f"{V2} 200 gloo-auto " in within
    assert within.endswith(" 7 bytes")


def lines(caplog: pytest.LogCaptureFixture, count: int = 1) -> list[str]:
    """The lines so far; the last one is written once the answer has gone out."""
    deadline = time.monotonic() + 10
    while len(caplog.messages) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return caplog.messages
