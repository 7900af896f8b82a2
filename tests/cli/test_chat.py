"""`gloo-openai chat`, through pipes."""

from __future__ import annotations

import io
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from gloo_openai.cli import main
from gloo_openai.testing import LocalGloo

from .processes import Running, run


def chunk(text: str, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None, **choice}]}


class Slow:
    """An answer whose second half comes when the test lets it; knows whether it was cut."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.cut = threading.Event()

    def chunks(self) -> Iterator[Any]:
        try:
            yield chunk("the first half, ")
            while not self.go_on.wait(0.02):
                yield ": waiting\n\n"
            yield chunk("the second")
            yield chunk("", finish_reason="stop")
        except GeneratorExit:
            self.cut.set()
            raise


def test_the_answer_is_on_stdout_and_how_it_came_about_on_stderr(gloo: LocalGloo) -> None:
    """So a redirected answer is the answer and nothing else."""
    gloo.answer("Be joyful.")
    done = run("chat", "How can I be joyful?")
    assert (done.status, done.out) == (0, "Be joyful.\n")
    assert "gloo-openai-gpt-5-mini · auto_routing · tier_" in done.error_line
    assert "tokens · $0.0000" in done.error_line


def test_nothing_that_is_no_terminal_gets_colours_or_a_spinner(gloo: LocalGloo) -> None:
    """Neither pipe sees an escape sequence."""
    done = run("chat", "Hello", "--citations")
    assert "\x1b" not in done.out + done.err
    assert "\r" not in done.out + done.err


def test_a_pipe_is_the_prompt(gloo: LocalGloo) -> None:
    """`echo … | gloo-openai chat` asks that, whatever its encoding."""
    assert run("chat", stdin="What is grace?\n").status == 0
    assert run("chat", stdin=b"caf\xe9").status == 0
    asked = [request.json["messages"][-1]["content"] for request in gloo.completions]
    assert asked == ["What is grace?\n", "caf�"]


def test_an_argument_is_text_whatever_the_locale(gloo: LocalGloo) -> None:
    """Where a locale knows ASCII only, UTF-8 arrives escaped; what is no text is replaced."""
    escaped = "caf\u00e9".encode().decode("ascii", "surrogateescape")
    for argument, text in ((escaped, "caf\u00e9"), ("a\udcffb", "a\ufffdb")):
        assert run("chat", argument, "--system", argument).status == 0
        asked = gloo.completions[-1].json["messages"]
        assert [message["content"] for message in asked] == [text, text]


def test_forced_colours_do_not_bring_a_spinner_into_a_log(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Continuous integration sets FORCE_COLOR, and keeps what is written."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in (("chat", "Hi"), ("models",), ("check",)):
        done = run(*arguments)
        assert done.status == 0
        assert "waiting" not in done.err


def test_a_closed_stream_is_nowhere_to_write_to(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`gloo-openai chat Hi 2>&-`: the answer is there without the line below it."""
    gloo.answer("Be joyful.")
    out = io.StringIO()
    for name, stream in (("stdin", None), ("stdout", out), ("stderr", None)):
        monkeypatch.setattr(sys, name, stream)
    assert main(["chat", "Hi"]) == 0
    sys.stderr.close()
    assert out.getvalue() == "Be joyful.\n"


def test_a_prompt_and_a_pipe_are_asked_together(gloo: LocalGloo) -> None:
    """`cat letter | gloo-openai chat "Summarize:"`."""
    run("chat", "Summarize:", stdin="A long letter.")
    assert gloo.completions[0].json["messages"][-1]["content"] == "Summarize:\n\nA long letter."


def test_an_empty_prompt_is_wrong_usage(gloo: LocalGloo) -> None:
    """Nothing is sent."""
    done = run("chat", stdin="")
    assert done.status == 2
    assert "The prompt is empty" in done.error_line
    assert gloo.requests == []


def test_every_option_reaches_gloo(gloo: LocalGloo) -> None:
    """Routing, grounding, system prompt and length are in the request."""
    run(
        *("chat", "Hi", "--family", "anthropic", "--tradition", "catholic"),
        *("--publisher", "Bezalel", "--sources", "2", "--citations"),
        *("--system", "Be brief.", "--max-tokens", "2000"),
    )
    request = gloo.completions[0]
    assert request.path == "/ai/v2/chat/completions/grounded"
    sent = request.json
    assert sent.pop("messages") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert sent == {
        "model_family": "anthropic",
        "tradition": "catholic",
        "rag_publisher": "Bezalel",
        "sources_limit": 2,
        "include_citations": True,
        "max_tokens": 2000,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ((), {"auto_routing": True}),
        (("--auto",), {"auto_routing": True}),
        (("--model", "gloo-openai-gpt-5.2"), {"model": "gloo-openai-gpt-5.2"}),
        (("-m", "gloo-auto-google"), {"model_family": "google"}),
    ],
)
def test_the_model_is_chosen_as_asked(
    gloo: LocalGloo, options: tuple[str, ...], sent: dict[str, Any]
) -> None:
    """By name, by pseudo model, or by Gloo."""
    assert run("chat", "Hi", *options).status == 0
    request = gloo.completions[0].json
    routing = {"model", "auto_routing", "model_family"}
    assert {name: request[name] for name in routing & set(request)} == sent


def test_gloo_model_is_the_default(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an option the environment chooses."""
    monkeypatch.setenv("GLOO_MODEL", "gloo-openai-gpt-5.2")
    run("chat", "Hi")
    assert gloo.completions[0].json["model"] == "gloo-openai-gpt-5.2"


def test_two_ways_to_choose_a_model_are_wrong_usage(gloo: LocalGloo) -> None:
    """Rather than one of them being ignored."""
    done = run("chat", "Hi", "--auto", "--family", "google")
    assert done.status == 2
    assert "one of --model, --auto and --family" in done.error_line


def test_citations_are_a_numbered_list(gloo: LocalGloo) -> None:
    """What a source lacks is left out."""
    done = run("chat", "Hi", "--publisher", "Bezalel", "--citations")
    assert done.out.splitlines()[1:] == [
        "",
        "Sources",
        " 1. Small Groups That Last. Ruth Okafor, Daniel Lee. Bezalel. 2023-04-02. "
        "https://example.org/small-groups",
        " 2. Welcoming Newcomers. Maria Santos. Bezalel",
        " 3. Serving the Neighbourhood. Bezalel. 2024. https://example.org/serving",
    ]


def test_citations_of_any_shape_are_shown(gloo: LocalGloo) -> None:
    """Every field of a source may be missing or odd."""
    gloo.answer("Rejoice", citations=[{"item_title": "A", "author": [None, "B", {"name": "C"}]}])
    done = run("chat", "Hi", "--citations")
    assert done.status == 0
    assert " 1. A. B, {'name': 'C'}" in done.out


def test_a_slow_catalogue_does_not_hold_an_answer_back(gloo: LocalGloo) -> None:
    """It is read for the price only."""
    gloo.fault("/platform/v2/models", delay=60, times=None)
    counted = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}  # and no cost
    end = {**chunk("", finish_reason="stop"), "model": "gloo-openai-gpt-5-mini"}
    gloo.answer(chunks=[chunk("Hello"), end, {"choices": [], "usage": counted}])
    started = time.monotonic()
    done = run("chat", "Hi")
    assert (done.status, done.out) == (0, "Hello\n")
    assert "$" not in done.error_line
    assert time.monotonic() - started < 30


ROUTED = {
    "model": "gloo-anthropic-claude-sonnet-4.5",
    "routing_mechanism": "auto_routing",
    "routing_tier": "tier_2",
    "trace_id": "trace-1",
}


@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=" ".join)
def test_json_is_the_apis_own_object(gloo: LocalGloo, stream: list[str]) -> None:
    """A chat completion with Gloo's fields, whole also of a stream; stderr stays empty."""
    gloo.answer("Be joyful.", **ROUTED)
    done = run("chat", "Hi", "--publisher", "Bezalel", "--citations", "--json", *stream)
    answer = json.loads(done.out)
    assert (done.status, done.err) == (0, "")
    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Be joyful."},
        }
    ]
    assert ROUTED.items() <= answer.items()
    assert answer["sources_returned"] is True
    assert [each["item_title"] for each in answer["citations"]][:1] == ["Small Groups That Last"]
    assert answer["usage"]["prompt_tokens"] > 0
    assert answer["usage"]["cost"] > 0
    assert bool(gloo.completions[0].json.get("stream")) == bool(stream)


@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=" ".join)
def test_json_of_responses_is_a_response(gloo: LocalGloo, stream: list[str]) -> None:
    """OpenAI's object: `jq '.output[].content[]?.text'` finds the text."""
    gloo.answer("Be joyful.")
    done = run("chat", "Hi", "--responses", "-m", "gloo-openai-gpt-5-mini", "--json", *stream)
    answer = json.loads(done.out)
    assert (done.status, done.err) == (0, "")
    assert (answer["object"], answer["status"]) == ("response", "completed")
    texts = [part["text"] for item in answer["output"] for part in item.get("content", [])]
    assert texts == ["Be joyful."]
    assert answer["usage"]["output_tokens"] > 0


def test_json_cannot_steer_a_terminal(gloo: LocalGloo) -> None:
    """It is ASCII, so a terminal of any encoding shows it."""
    gloo.answer("caf\xe9 \x1b]0;owned\x07 \x9b31m")
    done = run("chat", "Hi", "--json")
    assert done.out.isascii()
    assert "\x1b" not in done.out
    assert json.loads(done.out)["choices"][0]["message"]["content"].startswith("caf\xe9 \x1b")


def test_json_of_what_fails_is_nothing(gloo: LocalGloo) -> None:
    """The error is a line on stderr, as without it."""
    gloo.fault("/chat/completions", status=403, body={"error": "Forbidden", "code": "forbidden"})
    done = run("chat", "Hi", "--json")
    assert (done.status, done.out) == (1, "")
    assert "Forbidden" in done.error_line


def test_responses_are_asked_with_the_same_options(gloo: LocalGloo) -> None:
    """Instructions, tradition and length have other names there; the answer looks the same."""
    gloo.answer("Be joyful.")
    done = run(
        *("chat", "Hi", "--responses", "-m", "gloo-openai-gpt-5-mini", "--system", "Be brief."),
        *("--tradition", "catholic", "--max-tokens", "2000"),
    )
    assert (done.status, done.out) == (0, "Be joyful.\n")
    assert "gloo-openai-gpt-5-mini · " in done.error_line
    assert "tokens · $0.0" in done.error_line
    assert gloo.responses[0].json == {
        "model": "gloo-openai-gpt-5-mini",
        "input": [{"role": "user", "content": "Hi"}],
        "instructions": "Be brief.",
        "tradition": "catholic",
        "max_output_tokens": 2000,
        "stream": True,
    }


def test_responses_take_the_model_of_the_environment(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one there is nobody to answer: the Responses API does not choose."""
    done = run("chat", "Hi", "--responses")
    assert done.status == 2
    assert "--responses needs a real --model (or GLOO_MODEL)" in done.error_line
    monkeypatch.setenv("GLOO_MODEL", "gloo-openai-gpt-5.2")
    assert run("chat", "Hi", "--responses").status == 0
    assert [request.json["model"] for request in gloo.responses] == ["gloo-openai-gpt-5.2"]


@pytest.mark.parametrize(
    "option",
    [
        ["--auto"],
        ["--family", "google"],
        ["--publisher", "Bezalel"],
        ["--sources", "2"],
        ["--citations"],
        ["-m", "gloo-auto-google"],
    ],
    ids=" ".join,
)
def test_what_responses_do_not_have_is_wrong_usage(gloo: LocalGloo, option: list[str]) -> None:
    """Rather than being dropped."""
    done = run("chat", "Hi", "--responses", *option)
    assert done.status == 2
    assert "--responses " in done.error_line
    assert gloo.requests == []


def test_an_answer_without_text_says_where_it_is(gloo: LocalGloo) -> None:
    """An image is nothing to print."""
    done = run("chat", "Hi", "--responses", "-m", "gloo-bfl-flux-2-pro")
    assert (done.status, done.out) == (0, "")
    assert "no text: --json shows the whole answer" in done.error_line


def test_the_whole_can_be_asked_for_at_once(gloo: LocalGloo) -> None:
    """`--no-stream`, for a model or a gateway that does not stream."""
    gloo.answer("Be joyful.")
    done = run("chat", "Hi", "--no-stream")
    assert (done.status, done.out) == (0, "Be joyful.\n")
    assert "stream" not in gloo.completions[0].json


def test_silence_is_waited_for_twice_and_no_longer(gloo: LocalGloo) -> None:
    """`--timeout` is for each of Gloo's next bytes; it was reached, and that is what is said."""
    gloo.fault("/chat/completions", delay=60, times=None)
    started = time.monotonic()
    done = run("chat", "Hi", "--timeout", "0.3")
    assert time.monotonic() - started < 20
    assert done.status == 1
    assert "took the request and did not answer in time" in done.error_line
    assert len(gloo.completions) == 2


def test_the_answer_appears_while_it_is_written(gloo: LocalGloo) -> None:
    """The first half is there before Gloo sends the second."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    with Running("chat", "Hi") as chat:
        chat.out.until("the first half, ")
        slow.go_on.set()
        chat.out.until("the second\n")
        assert chat.wait().status == 0


def test_ctrl_c_stops_an_answer_with_130(gloo: LocalGloo) -> None:
    """The line is ended, no traceback is shown, and Gloo's connection is closed."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    with Running("chat", "Hi") as chat:
        chat.out.until("the first half, ")
        done = chat.end(signal.SIGINT)
    assert (done.status, done.out, done.err) == (130, "\n", "")
    assert slow.cut.wait(20)


def test_a_reader_that_goes_away_ends_the_answer(gloo: LocalGloo) -> None:
    """`gloo-openai chat … | head -1` is no error to show."""

    def endless() -> Iterator[Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            yield chunk("more and more and more\n")
            time.sleep(0.01)

    gloo.answer(chunks=endless())
    with Running("chat", "Hi") as chat:
        chat.out.until("more")
        done = chat.wait_after_closing()
    assert (done.status, done.err) == (141, "")


def test_an_answer_that_fails_half_way_is_an_error(gloo: LocalGloo) -> None:
    """What came is shown, then one line says what happened."""
    failed = {"error": {"code": 3001, "message": "the model gave up", "trace_id": "trace-1"}}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}], **failed}
    gloo.answer(chunks=[chunk("half"), end])
    done = run("chat", "Hi")
    assert (done.status, done.out) == (1, "half\n")
    assert "the model gave up" in done.error_line
    assert "trace-1" in done.error_line


def test_a_refusal_is_called_one(gloo: LocalGloo) -> None:
    """A guardrail's canned text does not pass for a model's answer."""
    gloo.refuse()
    assert "refused by a guardrail" in run("chat", "Hi").error_line


def test_an_error_of_gloo_is_one_line(gloo: LocalGloo) -> None:
    """With its code, and status 1."""
    gloo.fault(
        "/chat/completions",
        status=403,
        body={"error": "Forbidden - insufficient permissions", "code": "forbidden"},
    )
    done = run("chat", "Hi")
    assert done.status == 1
    assert "403" in done.error_line
    assert "insufficient permissions" in done.error_line


def test_wrong_credentials_are_one_line_without_the_secret(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where they came from."""
    monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
    done = run("chat", "Hi")
    assert done.status == 1
    assert "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment" in done.error_line
    assert "not-the-secret" not in done.out + done.err


def test_no_credentials_are_a_list_in_shell_words() -> None:
    """Where it looked, a line a place, and what to type."""
    done = run("chat", "Hi")
    assert done.status == 1
    lines = done.err.splitlines()
    assert lines[0].startswith("gloo-openai: No Gloo credentials were found")
    assert "  - GLOO_API_KEY or GLOO_AI_API_KEY in the environment" in lines
    assert "  export GLOO_API_KEY=..." in lines
    assert "api_key=" not in done.err
    assert "Traceback" not in done.err


def test_debug_shows_the_traceback_and_the_log(gloo: LocalGloo) -> None:
    """Wherever on the command line it stands; without secrets."""
    gloo.fault("/chat/completions", status=403, body={"error": "Forbidden"})
    for arguments in (("--debug", "chat", "Hi"), ("chat", "Hi", "--debug")):
        gloo.fault("/chat/completions", status=403, body={"error": "Forbidden"})
        done = run(*arguments)
        assert "Traceback" in done.err
        assert "exchanged in" in done.err
        assert gloo.client_secret not in done.err
        assert not any(token in done.err for token in gloo.tokens)


def test_the_sandbox_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local Gloo answers, in the same process; a proxy of the network is not asked for it."""
    for proxy in ("", "http://127.0.0.1:9"):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        done = run("chat", "--sandbox", "Hi")
        assert (done.status, done.out[:22]) == (0, "This is the local Gloo")


def test_the_sandbox_takes_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own key, and where that would go, stay out of it."""
    monkeypatch.setenv("GLOO_API_KEY", "sk_of_the_developer")
    for name in ("GLOO_BASE_URL", "GLOO_TOKEN_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    done = run("chat", "--sandbox", "Hi")
    assert (done.status, done.out[:22]) == (0, "This is the local Gloo")


NOT_LOADED = ("gloo_openai.cli.", "gloo_openai.proxy", "gloo_openai.testing")


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("click", ["--version"], "gloo-openai[cli]"),
        ("rich", ["--version"], "gloo-openai[cli]"),
        ("pytest_httpserver", ["chat", "--sandbox", "Hi"], "gloo-openai[sandbox]"),
        ("pytest_httpserver", ["sandbox"], "gloo-openai[sandbox]"),
        ("starlette", ["proxy"], "gloo-openai[proxy]"),
        ("uvicorn", ["proxy"], "gloo-openai[proxy]"),
    ],
)
def test_a_missing_extra_is_named(missing: str, arguments: list[str], extra: str) -> None:
    """In one line, with the command that installs it."""
    loaded = (*NOT_LOADED, f"{missing}.")
    ours = [name for name in sys.modules if name.startswith(loaded)]
    with mock.patch.dict(sys.modules, {missing: None}):  # type: ignore[dict-item]  # not there
        for name in ours:
            del sys.modules[name]
        done = run(*arguments)
    assert done.status == 2
    assert f"pip install '{extra}'" in done.error_line
