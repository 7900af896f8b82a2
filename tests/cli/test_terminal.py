"""`gloo-openai` in a terminal: conversations, colours, Ctrl-C."""

from __future__ import annotations

import re
import time

import pytest

from gloo_openai.testing import LocalGloo

from .processes import Terminal, run
from .test_chat import Slow

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DIM, GREEN = "\x1b[2m", "\x1b[32m"


def test_a_terminal_sees_the_line_below_the_answer_dimmed(gloo: LocalGloo) -> None:
    """The answer itself is plain."""
    gloo.answer("Be joyful.")
    with Terminal("chat", "Hi") as terminal:
        screen = terminal.wait().out
    assert "Be joyful.\r\n" in screen
    assert f"{DIM}gloo-openai-gpt-5-mini" in screen


def test_no_color_is_respected(gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: no colour in `check`."""
    assert GREEN in run("check", columns=80).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert GREEN not in run("check", columns=80).out


def test_a_conversation_remembers_what_was_said(gloo: LocalGloo) -> None:
    """The API is stateless: every question goes with all that came before."""
    gloo.answer("Hello Ruth.")
    gloo.answer("Ruth.")
    with Terminal("chat", "--system", "Be brief.") as terminal:
        terminal.screen.until("> ")
        terminal.type("I am Ruth.\n")
        terminal.screen.until("Hello Ruth.")
        terminal.screen.until("> ")
        terminal.type("Who am I?\n")
        terminal.screen.until("> ")
        terminal.type("\x04")
        assert terminal.wait().status == 0
    assert gloo.completions[1].json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "I am Ruth."},
        {"role": "assistant", "content": "Hello Ruth."},
        {"role": "user", "content": "Who am I?"},
    ]


def test_ctrl_c_stops_an_answer_and_the_conversation_goes_on(gloo: LocalGloo) -> None:
    """What was stopped is no history; at the prompt Ctrl-C clears the line, Ctrl-D ends it."""
    slow = Slow()
    gloo.answer(chunks=slow.chunks())
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type("First\n")
        terminal.screen.until("the first half")
        terminal.type("\x03")
        terminal.screen.until("> ")
        assert slow.cut.wait(20)
        terminal.type("Second\n")
        terminal.screen.until("You asked: Second")
        terminal.screen.until("> ")
        terminal.type("never mind\x03")
        terminal.screen.until("> ")
        terminal.type("\x04")
        done = terminal.wait()
    assert done.status == 0
    assert "Traceback" not in done.out
    assert gloo.completions[-1].json["messages"] == [{"role": "user", "content": "Second"}]


def test_an_error_does_not_end_a_conversation(gloo: LocalGloo) -> None:
    """It is one line, and the next question is asked without the failed one."""
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        gloo.fault("/chat/completions", status=422, body={"detail": "no such thing"})
        terminal.type("First\n")
        terminal.screen.until("no such thing")
        terminal.screen.until("> ")
        terminal.type("Second\n")
        terminal.screen.until("You asked: Second")
    assert gloo.completions[-1].json["messages"] == [{"role": "user", "content": "Second"}]


def test_an_answer_cannot_steer_the_terminal(gloo: LocalGloo) -> None:
    """Escape sequences in it are not passed on."""
    gloo.answer("red\x1b]0;owned\x07alert \x9b31m")
    assert "red]0;ownedalert 31m" in run("chat", "Hi", columns=80).out


def test_a_failed_renewal_does_not_end_a_conversation(
    gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one line; the next question is answered, with all that was said before."""
    monkeypatch.setenv("GLOO_API_KEY", "")
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type("First\n")
        terminal.screen.until("You asked: First")
        terminal.screen.until("> ")
        gloo.expire_tokens()
        gloo.fault("/oauth2/token", status=404, body="gone")
        terminal.type("Second\n")
        terminal.screen.until("No access token")
        terminal.screen.until("> ")
        time.sleep(2)  # a failure is remembered for a second
        terminal.type("Third\n")
        terminal.screen.until("You asked: Third")
    assert [each["content"] for each in gloo.completions[-1].json["messages"][::2]] == [
        "First",
        "Third",
    ]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("one\ntwo\nthree\n", "one\ntwo\nthree"),
        ("\x1b[200~one\ntwo\x1b[201~\n", "one\ntwo"),
    ],
    ids=["unmarked", "bracketed"],
)
def test_what_is_pasted_is_one_message(gloo: LocalGloo, typed: str, asked: str) -> None:
    """Whether the terminal marks it or not."""
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type(typed)
        terminal.screen.until("You asked: one")
    assert gloo.completions[0].json["messages"] == [{"role": "user", "content": asked}]


def test_three_quotes_begin_a_message_of_several_lines(gloo: LocalGloo) -> None:
    """And three more end it."""
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type('"""one\n')
        terminal.screen.until("... ")
        terminal.type('two"""\n')
        terminal.screen.until("You asked: one")
    assert gloo.completions[0].json["messages"] == [{"role": "user", "content": "one\ntwo"}]


def test_what_begins_with_a_slash_is_never_sent(gloo: LocalGloo) -> None:
    """`/help` helps, `/exit` ends, anything else is said to be no command."""
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type("/help\n")
        terminal.screen.until("clear the line")
        terminal.screen.until("> ")
        terminal.type("/etc/passwd\n")
        terminal.screen.until("There is no /etc/passwd")
        terminal.screen.until("> ")
        terminal.type("/exit\n")
        assert terminal.wait().status == 0
    assert gloo.completions == []


@pytest.mark.parametrize("columns", [80, 120])
def test_an_answer_breaks_between_words(gloo: LocalGloo, columns: int) -> None:
    """At the terminal's width; nothing but spaces at the ends of lines is lost."""
    words = " ".join(f"word{number:03}" for number in range(60))
    gloo.answer(words)
    with Terminal("chat", "Hi", columns=columns) as terminal:
        screen = terminal.wait().out
    shown = ESCAPE.sub("", screen).replace("\r", "")
    lines = shown[shown.index("word000") :].splitlines()
    answer = [line for line in lines if line.startswith("word")]
    assert len(answer) == -(-len(words) // (columns - columns % 8))
    assert all(len(line) <= columns for line in answer)
    assert " ".join(answer).split() == words.split()


@pytest.mark.parametrize("columns", [80, 120])
def test_whatever_is_said_breaks_between_words(gloo: LocalGloo, columns: int) -> None:
    """Sources, errors, and the lines of a check; a word that fits no line is whole."""
    long = "https://example.org/" + "x" * 120
    gloo.answer(
        "Yes.", citations=[{"item_title": "A guide to " + "joy and " * 20, "item_url": long}]
    )
    shown = run("chat", "Hi", "--citations", columns=columns).out
    message = "something is wrong with this request " * 10
    gloo.fault("/chat/completions", status=422, body={"detail": message})
    shown += run("chat", "Hi", columns=columns).err
    gloo.fault("/chat/completions", status=422, body={"detail": f"{message} {long}"})
    shown += (checked := run("check", columns=columns).out)
    lines = ESCAPE.sub("", shown).replace("\r", "").splitlines()
    assert all(len(line.rstrip()) <= columns or long in line for line in lines)
    assert long in shown
    assert long in "".join(checked.split())
    assert {"something", "request"} <= {word for line in lines for word in line.split()}


def columns_of_models(columns: int) -> tuple[list[str], str]:
    """The heads of the table, and all of it."""
    shown = ESCAPE.sub("", run("models", columns=columns).out)
    return shown.splitlines()[0].split(), shown


def test_a_narrow_terminal_has_the_models_without_breaks(gloo: LocalGloo) -> None:
    """Reasoning, context and family go first; no id and no price is broken."""
    all_heads, whole = columns_of_models(200)
    assert all_heads == ["family", "id", "context", "tools", "reasoning", "in", "out"]
    heads, shown = columns_of_models(80)
    assert heads == [head for head in all_heads if head in heads]
    assert {"id", "tools", "in", "out"} <= set(heads) < set(all_heads)
    assert shown.count("\n") == whole.count("\n")  # no cell is broken into two lines
    assert all(len(line.rstrip()) <= 80 for line in shown.splitlines())


@pytest.mark.parametrize("name", ["gloo-" + "long-" * 20 + "name", "gloo-\u6a21\u578b" * 12])
def test_a_model_of_any_name_is_whole(gloo: LocalGloo, name: str) -> None:
    """With its prices; the terminal itself breaks a line that is longer than it."""
    rate = {"rate_per_1m_tokens": "3"}
    gloo.models.append({"id": name, "family": "Long", "pricing": {"input": rate, "output": rate}})
    heads, shown = columns_of_models(80)
    assert heads == ["id", "tools", "in", "out"]
    (line,) = (line for line in shown.splitlines() if "gloo-" in line and name in line)
    assert line.split() == [name, "-", "3", "3"]


def test_a_command_shows_that_it_waits(gloo: LocalGloo) -> None:
    """`models`, `token` and `check`, in a terminal."""
    for command in (["models"], ["check"], ["token"], ["chat", "Hi"], ["chat", "Hi", "--json"]):
        gloo.fault("*", delay=0.3)
        assert "waiting for Gloo" in run(*command, columns=80).err


def test_a_conversation_shows_what_it_has_cost(gloo: LocalGloo) -> None:
    """Each answer's cost, and from the second on their sum."""
    for word, cost in (("One.", 0.25), ("Two.", 0.5)):
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": cost}
        gloo.answer(word, usage=usage)
    with Terminal("chat") as terminal:
        terminal.screen.until("> ")
        terminal.type("First\n")
        terminal.screen.until("$0.25")
        terminal.screen.until("> ")
        terminal.type("Second\n")
        terminal.screen.until("$0.75")
