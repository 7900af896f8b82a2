"""The proxy under clients that nobody here wrote, with the token expiring in between.

`scripts/front-door-tools` installs them; a client that is not there is a skip that says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gloo_openai.testing import LocalGloo

from ..cli.test_chat import Slow
from .conftest import KEY, Proxy, asked

TOOLS = Path(
    os.environ.get("GLOO_FRONT_DOOR_TOOLS")
    or Path(__file__).parents[2] / ".cache" / "front-door-tools"
)
HOW = "run scripts/front-door-tools"
NODE = """
import OpenAI from "openai";
const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user", content: "Reply with only: one two three" }];
for (const turn of [1, 2]) {
  const ask = { model: "gloo-auto", messages, stream: true };
  const stream = await client.chat.completions.create(ask);
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
  console.log(text);
  if (turn === 1) await fetch(process.env.EXPIRE);
}
const models = await client.models.list();
console.log(models.data.some((model) => model.id === "gloo-auto"));
try {
  await client.chat.completions.create({ model: "gloo-auto", messages: [] });
} catch (error) {
  console.log(error instanceof OpenAI.UnprocessableEntityError, error.error.type);
}
"""
PAGE = """<!doctype html><title>waiting</title><script>
const tries = [
  fetch("%(url)s/models", { headers: { Authorization: "Bearer %(key)s" } }),
  fetch("%(url)s/chat/completions", { method: "POST", mode: "no-cors", body: "{}" }),
];
Promise.allSettled(tries).then(([cors, opaque]) => {
  document.title = cors.status + " " + (opaque.value ? opaque.value.type : opaque.status);
});
</script>"""


def tool(*names: str) -> str:
    """The path of a program: of the tools folder, or of the system."""
    local = TOOLS.joinpath(*names)
    found = str(local) if local.is_file() else shutil.which(names[-1])
    if not found:
        pytest.skip(f"{names[-1]} is not installed: {HOW}")
    return found


def drive(proxy: Proxy, *command: str, **variables: str) -> str:
    """Run a client with the proxy in its environment; what it printed."""
    environ = {
        **os.environ,
        "OPENAI_BASE_URL": proxy.url,
        "OPENAI_API_BASE": proxy.url,
        "OPENAI_API_KEY": KEY,
        **variables,
    }
    done = subprocess.run(
        command, env=environ, capture_output=True, timeout=120, check=False, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def expire(gloo: LocalGloo) -> Iterator[str]:
    """A URL that ends the life of all tokens, for clients in other languages."""

    class Expire(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gloo.expire_tokens()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: Any) -> None: ...

    with served(Expire) as url:
        yield url


class served:  # noqa: N801 - reads as a function
    """A web server on loopback, of one handler."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_the_openai_package_in_node(
    new_proxy: Proxy, gloo: LocalGloo, expire: str, tmp_path: Path
) -> None:
    """Streams before and after the token expired, the model list, a typed error."""
    package = TOOLS / "node" / "node_modules"
    if not (package / "openai").exists():
        pytest.skip(f"the npm package openai is not installed: {HOW}")
    (tmp_path / "node_modules").symlink_to(package)
    (tmp_path / "client.mjs").write_text(NODE)
    printed = drive(new_proxy, tool("node"), str(tmp_path / "client.mjs"), EXPIRE=expire)
    assert printed.splitlines() == [
        "one two three",
        "one two three",
        "true",
        "true invalid_request_error",
    ]
    assert len(gloo.exchanges) == 2


def test_curl(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """`curl -N` shows the first half of a stream before the second is there."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    body = json.dumps(
        {"model": "gloo-auto", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    )
    command = [tool("curl"), "-sN", f"{new_proxy.url}/chat/completions", "-d", body]
    command += ["-H", f"Authorization: Bearer {KEY}", "-H", "Content-Type: application/json"]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
            assert curl.stdout
            assert b"the first half" in curl.stdout.readline()
            slow.go_on.set()
            rest = curl.stdout.read()
        assert b"the second" in rest
        assert rest.endswith(b"data: [DONE]\n\n")
        assert curl.returncode == 0
        gloo.expire_tokens()
        slow = Slow()
        gloo.answer(chunks=slow.chunks())
    assert len(gloo.exchanges) == 2


def test_llm(new_proxy: Proxy, gloo: LocalGloo, tmp_path: Path) -> None:
    """The settings of docs/proxy.md: a model in extra-openai-models.yaml."""
    llm = tool("llm", "bin", "llm")
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: gloo\n  model_name: gloo-auto\n  api_base: {new_proxy.url}\n"
        "  api_key_name: gloo-proxy\n"
    )
    (tmp_path / "keys.json").write_text(json.dumps({"gloo-proxy": KEY}))
    asked = ("-m", "gloo", "Reply with only: one two three")
    for expected in (1, 2):
        assert drive(new_proxy, llm, *asked, LLM_USER_PATH=str(tmp_path)).strip() == "one two three"
        assert len(gloo.exchanges) == expected
        gloo.expire_tokens()


def test_litellm_by_environment_variables(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """What aider and many others sit on."""
    python = TOOLS / "litellm" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"litellm is not installed: {HOW}")
    code = (
        "import litellm, sys\n"
        "litellm.suppress_debug_info = True\n"  # which a thread prints between the lines
        "messages = [{'role': 'user', 'content': 'Reply with only: one two three'}]\n"
        "for stream in (False, True):\n"
        "    asked = {'model': 'openai/gloo-auto', 'messages': messages, 'stream': stream}\n"
        "    answer = litellm.completion(**asked)\n"
        "    if stream:\n"
        "        answer = litellm.stream_chunk_builder(list(answer))\n"
        "    print(answer.choices[0].message.content)\n"
    )
    for expected in (1, 2):
        printed = drive(new_proxy, str(python), "-c", code, LITELLM_LOCAL_MODEL_COST_MAP="True")
        assert printed.count("one two three") == 2
        assert len(gloo.exchanges) == expected
        gloo.expire_tokens()


def test_a_page_in_a_browser_is_refused(new_proxy: Proxy, gloo: LocalGloo, tmp_path: Path) -> None:
    """A page on another origin that even knows the key: in Chromium it reads nothing."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = (PAGE % {"url": new_proxy.url, "key": KEY}).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_args: Any) -> None: ...

    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if browser is None:
        pytest.skip(f"chromium is not installed: {HOW}")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000")
    with served(Page) as url:
        shown = drive(new_proxy, browser, *flags, f"--user-data-dir={tmp_path}", "--dump-dom", url)
    assert "<title>rejected opaque</title>" in shown
    assert asked(gloo) == []
    log = new_proxy.end().err
    assert "OPTIONS /v1/models 403" in log
    assert "POST /v1/chat/completions 403" in log
