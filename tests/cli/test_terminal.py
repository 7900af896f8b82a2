"""`gloo-openai` in a terminal: conversations, colours, Ctrl-C."""

from __future__ import annotations

import pytest

from gloo_openai.testing import LocalGloo

from .processes import Terminal
from .test_chat import Slow

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
    """What was stopped is no history; at the prompt Ctrl-C ends it with 130."""
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
        done = terminal.interrupt()
    assert done.status == 130
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
