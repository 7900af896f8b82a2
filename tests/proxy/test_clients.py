"""The proxy under clients that nobody here wrote, with the token expiring in between.

`scripts/front-door-tools` installs them; a client that is not there is a skip that says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
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
const grounded = { rag_publisher: "Bezalel", include_citations: true };
const cited = client.chat.completions.stream({ model: "gloo-auto", messages, ...grounded });
console.log(await cited.finalContent());
const ask = { model: "gloo-auto", input: "Reply with only: one two three" };
console.log((await client.responses.create(ask)).output_text);
let text = "";
for await (const event of await client.responses.create({ ...ask, stream: true }))
  if (event.type === "response.output_text.delta") text += event.delta;
console.log(text);
console.log((await client.responses.stream(ask).finalResponse()).output_text);
"""
AI_SDK = """
import { createOpenAI } from "@ai-sdk/openai";
import { Output, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
%s
const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const prompt = "Reply with only: one two three";
const streamed = async (asked) => {
  let text = "";
  for await (const piece of asked.textStream) text += piece;
  return text;
};
const look = tool({
  description: "Look.",
  inputSchema: z.object({ where: z.string() }),
  execute: async ({ where }) => `a.txt in ${where}`,
});
for (const each of [openai("gloo-auto"), model]) {
  const tools = { look };
  const found = await generateText({ model: each, prompt, tools, stopWhen: stepCountIs(3) });
  console.log(found.steps.length, found.text);
}
await fetch(process.env.EXPIRE);
console.log(await streamed(streamText({ model: openai("gloo-auto"), prompt })));
const cited = { gloo: { rag_publisher: "Bezalel", include_citations: true } };
const last = streamText({ model, prompt, providerOptions: cited });
console.log(await streamed(last), (await last.usage).totalTokens > 0);
const shape = z.object({ city: z.string() });
const shaped = await generateText({ model, prompt, output: Output.object({ schema: shape }) });
console.log(typeof shaped.output.city, shaped.usage.totalTokens > 0);
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


def node(proxy: Proxy, folder: Path, packages: str, code: str, **variables: str) -> str:
    """What a program in Node prints that uses packages of the tools folder."""
    installed = TOOLS / packages / "node_modules"
    if not installed.exists():
        pytest.skip(f"the npm packages of {packages} are not installed: {HOW}")
    (folder / "node_modules").symlink_to(installed)
    (folder / "client.mjs").write_text(code)
    return drive(proxy, tool("node"), str(folder / "client.mjs"), **variables)


def recipe(proxy: Proxy, name: str) -> str:
    """The settings that docs/proxy.md has for a client, with this proxy's URL."""
    page = (Path(__file__).parents[2] / "docs" / "proxy.md").read_text(encoding="utf-8")
    section = page.partition(f"\n### {name}\n")[2].partition("\n#")[0]
    block = section.partition("```")[2].partition("\n")[2].partition("```")[0]
    assert "http://127.0.0.1:8787/v1" in block, f"no settings of {name}"
    return block.replace("http://127.0.0.1:8787/v1", proxy.url)


@pytest.fixture
def for_responses(start: Callable[..., Proxy]) -> Proxy:
    """A proxy that puts in a model where Gloo chooses none."""
    return start("--responses-model", "gloo-openai-gpt-5-mini")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, and the key of the proxy in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GLOO_PROXY_KEY", KEY)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def test_the_openai_package_in_node(
    for_responses: Proxy, gloo: LocalGloo, expire: str, tmp_path: Path
) -> None:
    """Streams before and after the token expired, the model list, a typed error; Responses."""
    proxy = for_responses
    printed = node(proxy, tmp_path, "openai", NODE, EXPIRE=expire)
    assert printed.splitlines() == [
        "one two three",
        "one two three",
        "true",
        "true invalid_request_error",
        *["one two three"] * 4,
    ]
    assert len(gloo.exchanges) == 2


def test_codex(for_responses: Proxy, gloo: LocalGloo, home: Path) -> None:
    """OpenAI's agent, which speaks Responses only: its shell is called and answers."""
    codex = tool("codex", "node_modules", ".bin", "codex")
    (home / "config.toml").write_text(recipe(for_responses, "Codex"))
    work = home / "work"
    work.mkdir()
    asked = [codex, "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    asked += ["--cd", str(work), "Make a file"]
    gloo.answer("one two three")
    printed = drive(for_responses, *asked, CODEX_HOME=str(home))
    assert "one two three" in printed
    shells = {"exec_command": "cmd", "shell_command": "command", "shell": "command"}
    named = [each["function"]["name"] for each in gloo.requests[-1].json["tools"]]
    name = next(each for each in named if each in shells)
    command: Any = "echo hello > made.txt; cat made.txt"
    call = {shells[name]: ["sh", "-c", command] if name == "shell" else command}
    gloo.expire_tokens()
    gloo.answer(tool_calls=[{"name": name, "arguments": call}])
    gloo.answer("It is made.")
    assert "It is made." in drive(for_responses, *asked, CODEX_HOME=str(home))
    assert (work / "made.txt").read_text() == "hello\n"
    [output] = [
        item
        for item in gloo.requests[-1].json["input"]
        if item.get("type") == "function_call_output"
    ]
    assert "hello" in str(output["output"])
    assert len(gloo.exchanges) == 2


def test_the_vercel_ai_sdk(for_responses: Proxy, gloo: LocalGloo, expire: str, home: Path) -> None:
    """Its default, which is Responses, and `@ai-sdk/openai-compatible`: tools, streams, usage."""
    look = {"name": "look", "arguments": {"where": "work"}}
    for _ in range(2):
        gloo.answer("Let me look.", tool_calls=[look])
        gloo.answer("There is a.txt.")
    code = AI_SDK % recipe(for_responses, "The Vercel AI SDK")
    printed = node(for_responses, home, "ai-sdk", code, EXPIRE=expire)
    assert printed.splitlines() == [
        "2 There is a.txt.",
        "2 There is a.txt.",
        "one two three",
        "one two three true",
        "string true",
    ]
    replayed = [seen.json["input"] for seen in gloo.requests if "input" in (seen.json or {})][1]
    assert [item["type"] for item in replayed if "type" in item] == [
        "message",
        "function_call",
        "function_call_output",
    ]
    assert len(gloo.exchanges) == 2


def test_opencode(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """It asks for a title and for an answer."""
    opencode = tool("opencode", "node_modules", ".bin", "opencode")
    (home / "opencode.json").write_text(recipe(new_proxy, "opencode"))
    for _ in range(2):
        gloo.answer("one two three")
    printed = drive(new_proxy, opencode, "run", "--dir", str(home), "Count")
    assert "one two three" in printed
    assert {seen.json["auto_routing"] for seen in gloo.completions} == {True}


def test_cline(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """Set up as the docs say, then asked."""
    cline = tool("cline", "node_modules", ".bin", "cline")
    drive(new_proxy, "sh", "-ec", recipe(new_proxy, "Cline").replace("cline auth", f"{cline} auth"))
    for _ in range(2):
        gloo.answer("one two three")
    provider = ("--provider", "openai-compatible", "--model", "gloo-auto")
    printed = drive(new_proxy, cline, *provider, "--cwd", str(home), "--retries", "1", "Count to 3")
    assert "one two three" in printed


def test_qwen_code(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """By environment variables."""
    qwen = tool("qwen-code", "node_modules", ".bin", "qwen")
    gloo.answer("one two three")
    asked = recipe(new_proxy, "Qwen Code").replace("qwen ", f"cd {home}; {qwen} --prompt Count ")
    assert "one two three" in drive(new_proxy, "sh", "-ec", asked)


def test_continue(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """Its command line, with the settings of its editor, a tradition among them."""
    cn = tool("continue", "node_modules", ".bin", "cn")
    (home / "config.yaml").write_text(recipe(new_proxy, "Continue"))
    gloo.answer("one two three")
    variables = {"CONTINUE_GLOBAL_DIR": str(home), "CONTINUE_TELEMETRY_ENABLED": "0"}
    asked = (cn, "--print", "--config", str(home / "config.yaml"), "Count")
    assert "one two three" in drive(new_proxy, *asked, **variables)
    assert gloo.completions[-1].json["tradition"] == "catholic"


def test_aider(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """It writes the file that the answer has."""
    aider = tool("aider", "bin", "aider")
    gloo.answer("made.txt\n```\nhello\n```\n")
    flags = "--edit-format whole --no-git --yes-always --no-check-update --no-show-model-warnings"
    flags += " --analytics-disable --no-show-release-notes --message Write"
    asked = recipe(new_proxy, "aider").replace("aider ", f"cd {home}; {aider} {flags} ")
    asked = asked.rstrip() + " made.txt"
    drive(new_proxy, "sh", "-ec", asked, LITELLM_LOCAL_MODEL_COST_MAP="True")
    assert (home / "made.txt").read_text() == "hello\n"


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


def test_llm(new_proxy: Proxy, gloo: LocalGloo, home: Path) -> None:
    """Answers, a tool that is called, and a schema that is kept to."""
    llm = tool("llm", "bin", "llm")
    (home / "extra-openai-models.yaml").write_text(recipe(new_proxy, "llm"))
    (home / "keys.json").write_text(json.dumps({"gloo-proxy": KEY}))

    def ask(*words: str) -> str:
        return drive(new_proxy, llm, "-m", "gloo", *words, LLM_USER_PATH=str(home)).strip()

    for expected in (1, 2):
        assert ask("Reply with only: one two three") == "one two three"
        assert len(gloo.exchanges) == expected
        gloo.expire_tokens()
    gloo.answer(tool_calls=[{"name": "llm_version", "arguments": {}}])
    gloo.answer("It is new.")
    assert ask("-T", "llm_version", "Which version?") == "It is new."
    assert gloo.completions[-1].json["messages"][-1]["role"] == "tool"
    assert set(json.loads(ask("--schema", "name, age int", "A dog"))) == {"name", "age"}


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
