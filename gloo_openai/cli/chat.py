"""`gloo-openai chat`: an answer, or a conversation."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from typing import Any

import click
import openai

from .. import InvalidCredentialsError, RoutingError, TokenExchangeError
from .answer import Answer, Talk, as_json_object, citation_line, summary
from .explain import explain
from .options import Connection, connection_options, json_option
from .terminal import console, printable


@click.command()
@click.argument("prompt", required=False)
@click.option("-m", "--model", help="A model, or a pseudo model such as gloo-auto-anthropic.")
@click.option("--auto", is_flag=True, help="Let Gloo choose the model: the default.")
@click.option("--family", help="Let Gloo choose within a family: openai, anthropic, google …")
@click.option("--tradition", help="evangelical, catholic, mainline or not_faith_specific.")
@click.option("--publisher", help="Ground the answer in what this publisher wrote.")
@click.option("--sources", type=click.IntRange(1, 10), help="Ground it in so many sources.")
@click.option("--citations", is_flag=True, help="Ground it, and list the sources.")
@click.option("--system", help="Instructions that come before the conversation.")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer.")
@json_option
@connection_options
def chat(
    *,
    connection: Connection,
    prompt: str | None,
    model: str | None,
    auto: bool,
    family: str | None,
    system: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Ask PROMPT, or what a pipe brings; without either, talk.

    The answer goes to stdout as it comes, and which model gave it to stderr.
    """
    if sum(map(bool, (model, auto, family))) > 1:
        raise click.UsageError("Give one of --model, --auto and --family.")
    parameters = {
        "model": model,
        "auto_routing": auto or None,
        "model_family": family,
        "tradition": asked["tradition"],
        "rag_publisher": asked["publisher"],
        "sources_limit": asked["sources"],
        "include_citations": asked["citations"] or None,
        "max_tokens": asked["max_tokens"],
    }
    question = _question(prompt)
    if question is None and as_json:
        raise click.UsageError("--json needs a PROMPT, or a pipe.")
    with connection.client() as client:
        given = {name: value for name, value in parameters.items() if value is not None}
        talk = Talk(client, given, system)
        if question is None:
            _converse(talk)
        elif as_json:
            click.echo(json.dumps(as_json_object(talk.ask(question, lambda _: None)), indent=2))
        else:
            _show(talk, question)


def _question(prompt: str | None) -> str | None:
    """What is asked: the argument, and what comes through a pipe; None if nobody said anything."""
    piped = "" if sys.stdin is None or sys.stdin.isatty() else _read_pipe()
    question = "\n\n".join(text for text in (prompt or "", piped) if text.strip())
    if question:
        return question
    if prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return None
    raise click.UsageError("The prompt is empty.")


def _read_pipe() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _converse(talk: Talk) -> None:
    """Question and answer until Ctrl-D; Ctrl-C stops an answer, and at the prompt everything."""
    with contextlib.suppress(ImportError):  # input() then knows arrow keys and history
        importlib.import_module("readline")
    console(stderr=True).print("Ctrl-C stops an answer, Ctrl-D ends the conversation.", style="dim")
    while True:
        try:
            question = input("> ")
        except EOFError:
            click.echo()
            return
        if not question.strip():
            continue
        try:
            _show(talk, question)
        except KeyboardInterrupt:
            console(stderr=True).print("stopped", style="dim")
        except (InvalidCredentialsError, TokenExchangeError, RoutingError):
            raise
        except openai.OpenAIError as error:
            click.echo(f"gloo-openai: {explain(error)[0]}", err=True)


def _show(talk: Talk, question: str) -> None:
    """Stream an answer to the terminal; the line ends however the answer does."""
    writer = _Writer()
    try:
        with writer.waiting:
            answer = talk.ask(question, writer.write)
    finally:
        writer.end_line()
    _show_details(answer)


def _show_details(answer: Answer) -> None:
    if answer.citations:
        click.echo("\nSources")
        for number, citation in enumerate(answer.citations, 1):
            click.echo(f"{number:2}. {printable(citation_line(citation))}")
    sys.stdout.flush()
    console(stderr=True).print(printable(summary(answer)), style="dim")


class _Writer:
    """Writes an answer piece by piece; until the first one a terminal shows a spinner."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._line_open = False
        self.waiting: Any = console(stderr=True).status("waiting for Gloo")

    def write(self, text: str) -> None:
        self.waiting.stop()
        self._line_open = not text.endswith("\n")
        click.echo(printable(text) if self._terminal else text, nl=False)

    def end_line(self) -> None:
        if self._line_open:
            self._line_open = False
            click.echo()
