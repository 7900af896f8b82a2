"""`gloo-openai` in a terminal: conversations, colours, Ctrl-C."""

from __future__ import annotations

import re
import time

import pytest

from gloo_openai.testing import LocalGloo

from .processes import Terminal
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
    with Terminal("check") as terminal:
        assert GREEN in terminal.wait().out
    monkeypatch.setenv("NO_COLOR", "1")
    with Terminal("check") as terminal:
        assert GREEN not in terminal.wait().out


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
    with Terminal("chat", "Hi") as terminal:
        screen = terminal.wait().out
    assert "red]0;ownedalert 31m" in screen


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


def test_a_narrow_terminal_has_the_models_without_breaks(gloo: LocalGloo) -> None:
    """Reasoning, context and family go first; no id and no price is broken."""
    shown = {}
    for columns in (200, 80):
        with Terminal("models", columns=columns) as terminal:
            screen = ESCAPE.sub("", terminal.wait().out)
        shown[columns] = [line.rpartition("Gloo\r")[2] for line in screen.split("\n")]
    assert "reasoning" in "".join(shown[200])
    assert "reasoning" not in "".join(shown[80])
    assert len(shown[80]) == len(shown[200])  # no cell is broken into two lines
    assert all(len(line.rstrip()) <= 80 for line in shown[80] if "gloo-" in line)


def test_a_command_shows_that_it_waits(gloo: LocalGloo) -> None:
    """`models`, `token` and `check`, in a terminal."""
    for command, path in (("models", "/platform/v2/models"), ("check", "/chat/completions")):
        gloo.fault(path, delay=1)
        with Terminal(command) as terminal:
            terminal.screen.until("waiting for Gloo")


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
