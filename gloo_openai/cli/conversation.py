"""A conversation in a terminal: question and answer, until Ctrl-D."""

from __future__ import annotations

from collections.abc import Callable

import click
import openai

from .. import InvalidCredentialsError, RoutingError
from .explain import explain
from .prompt import prepare, read_message
from .talk import Talk
from .terminal import console, wrapped

HELP = """\
/help         this
/exit         end the conversation, as Ctrl-D does
\"\"\"           begin a message of several lines; another \"\"\" ends it
Ctrl-C        stop an answer, or clear the line"""


def converse(talk: Talk, show: Callable[[str], None]) -> None:
    """Ask and answer until Ctrl-D; `show` asks one question and shows its answer.

    What fails is one line, and the next question is asked without it: an exchange that failed once
    may work a minute later. Credentials that are rejected at the very first question, and routing
    that cannot work, end it.
    """
    prepare()
    _note("Ctrl-C stops an answer, Ctrl-D ends the conversation, /help says more.")
    while True:
        try:
            question = read_message()
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()
            continue
        if question.startswith("/"):
            if question.strip() == "/exit":
                return
            unknown = "" if question.strip() == "/help" else f"There is no {question.split()[0]}.\n"
            _note(unknown + HELP)
        elif question.strip():
            _answer(talk, show, question)


def _answer(talk: Talk, show: Callable[[str], None], question: str) -> None:
    try:
        show(question)
    except KeyboardInterrupt:
        _note("stopped")
    except openai.OpenAIError as error:
        hopeless = isinstance(error, InvalidCredentialsError) and not talk.has_begun
        if hopeless or isinstance(error, RoutingError):
            raise
        click.echo(wrapped(f"gloo-openai: {explain(error)[0]}", stderr=True), err=True)


def _note(text: str) -> None:
    console(stderr=True).print(text, style="dim")
