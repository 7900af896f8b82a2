"""`gloo-openai chat`: an answer, or a conversation."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
import openai

from ..routing import is_pseudo_model
from .answer import Answer, citation_line, summary
from .apis import Api, Completions, Responses
from .conversation import converse
from .options import Connection, connection_options, json_option, timeout_option
from .talk import Talk
from .terminal import console, printable, said, waiting, wrapped
from .wrapping import Wrapping

CONNECT = 10.0
"""Seconds for a connection."""
MAX_RETRIES = 1
"""After a silence the question is asked once more."""


@click.command()
@click.argument("prompt", required=False)
@click.option("-m", "--model", help="A model, or a pseudo model: gloo-auto-google.")
@click.option("--auto", is_flag=True, help="Let Gloo choose the model: the default.")
@click.option("--family", help="Let Gloo choose within a family: openai, anthropic, google …")
@click.option("--tradition", help="evangelical, catholic, mainline or not_faith_specific.")
@click.option("--publisher", help="Ground the answer in what this publisher wrote.")
@click.option("--sources", type=click.IntRange(1, 10), help="Ground it in so many sources.")
@click.option("--citations", is_flag=True, help="Ground it, and list the sources.")
@click.option("--responses", is_flag=True, help="Use the Responses API; it needs a --model.")
@click.option("--system", help="Instructions that come before the conversation; @FILE reads them.")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer.")
@click.option(
    "--stream/--no-stream",
    default=None,
    help="Ask for a stream, or for the whole at once: --json's default.",
)
@timeout_option(120, "Seconds for Gloo's next byte.")
@json_option
@connection_options
def chat(
    *,
    connection: Connection,
    prompt: str | None,
    responses: bool,
    system: str | None,
    stream: bool | None,
    timeout: float,
    as_json: bool,
    **asked: Any,
) -> None:
    """Ask PROMPT, or what a pipe brings; without either, talk.

    The answer goes to stdout as it comes, and which model gave it to stderr.
    """
    given = _parameters(asked, responses=responses)
    instructions = _instructions(system)
    question = _question(prompt)
    if question is None and as_json:
        raise click.UsageError("--json needs a PROMPT, or a pipe.")
    patience = openai.Timeout(timeout, connect=min(timeout, CONNECT))
    with connection.client(timeout=patience, max_retries=MAX_RETRIES) as client:
        model = given.get("model") or connection.default_model(client.auth)[0]
        if responses and is_pseudo_model(model):
            raise click.UsageError(
                f"--responses needs a real --model (or GLOO_MODEL), not {model}: "
                "`gloo-openai models` lists them."
            )
        api = (Responses if responses else Completions)(client, given, instructions)
        if as_json:
            click.echo(json.dumps(_api_object(api, question or "", stream or False), indent=2))
            return
        talk = Talk(api)
        ask = partial(_show, talk, stream is not False)
        if question is None:
            converse(talk, ask)
        else:
            ask(question)


def _parameters(asked: dict[str, Any], *, responses: bool) -> dict[str, Any]:
    """The keywords of a call, as the options say.

    Raises:
        click.UsageError: they contradict each other.
    """
    if sum(map(bool, (asked["model"], asked["auto"], asked["family"]))) > 1:
        raise click.UsageError("Give one of --model, --auto and --family.")
    for name in ("auto", "family", "publisher", "sources", "citations"):
        if responses and asked[name]:
            raise click.UsageError(f"--responses has no --{name}: leave one of them out.")
    parameters = {
        "model": asked["model"],
        "auto_routing": asked["auto"] or None,
        "model_family": asked["family"],
        "tradition": asked["tradition"],
        "rag_publisher": asked["publisher"],
        "sources_limit": asked["sources"],
        "include_citations": asked["citations"] or None,
        "max_tokens": asked["max_tokens"],
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _api_object(api: Api, question: str, stream: bool) -> Any:
    """The API's own object, whole; of a stream, without what nothing was said of."""
    turns = [{"role": "user", "content": question}]
    with waiting():
        whole = api.streamed(turns, lambda _: None) if stream else api.whole(turns)
    return whole.to_dict(mode="json", exclude_none=stream, warnings=False)


def _instructions(system: str | None) -> str | None:
    """The text itself, or that of the file that is named behind an @."""
    if not system or not system.startswith("@"):
        return system and said(system)
    try:
        return Path(system[1:]).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise click.UsageError(f"--system {system} cannot be read: {reason}.") from None


def _question(prompt: str | None) -> str | None:
    """What is asked: the argument, and what comes through a pipe; None if nobody said anything."""
    piped = "" if sys.stdin is None or sys.stdin.isatty() else _read_pipe()
    question = "\n\n".join(text for text in (said(prompt or ""), piped) if text.strip())
    if question:
        return question
    if prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return None
    raise click.UsageError("The prompt is empty.")


def _read_pipe() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _show(talk: Talk, stream: bool, question: str) -> None:
    """Write an answer to the terminal; the line ends however the answer does."""
    writer = _Writer()
    try:
        with writer.waiting:
            answer = talk.ask(question, writer.write, stream=stream)
    finally:
        writer.end_line()
    _show_details(answer)


def _show_details(answer: Answer) -> None:
    if answer.citations:
        click.echo("\nSources")
        for number, citation in enumerate(answer.citations, 1):
            click.echo(wrapped(f"{number:2}. {printable(citation_line(citation))}"))
    sys.stdout.flush()
    console(stderr=True).print(printable(summary(answer)), style="dim")


class _Writer:
    """Writes an answer piece by piece; until the first one a terminal shows a spinner."""

    def __init__(self) -> None:
        # In a terminal a line ends between words; elsewhere it is the answer's own.
        self._lines = Wrapping(console().width) if sys.stdout.isatty() else None
        self._line_open = False
        self.waiting = waiting()

    def write(self, text: str) -> None:
        self.waiting.stop()
        self._put(self._lines.feed(printable(text)) if self._lines else text)

    def end_line(self) -> None:
        self._put(self._lines.end() if self._lines else "")
        if self._line_open:
            self._put("\n")

    def _put(self, text: str) -> None:
        if text:
            self._line_open = not text.endswith("\n")
            click.echo(text, nl=False)
