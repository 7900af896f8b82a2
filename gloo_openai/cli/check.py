"""`gloo-openai check`: do the credentials work, and what does not?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click
import openai
from rich.table import Column, Table
from rich.text import Text

from .. import MissingCredentialsError
from ..traditions import about_tradition
from .checks import CHECKS, Line, Subject, left_out, run_checks
from .explain import EXPORT, FAILED, MAKE_A_KEY, WRONG_USAGE, one_line
from .options import Connection, connection_options, json_option, timeout_option
from .terminal import console, printable, waiting

COLOURS = {"pass": "green", "fail": "red", "skip": "yellow"}


@click.command()
@click.option("-m", "--model", help="Check with this model; else GLOO_MODEL, gloo-auto.")
@click.option("--publisher", help="The publisher of the grounded call.")
@click.option("--tradition", help="The tradition of every call: it makes each of them longer.")
@timeout_option(60, "Seconds for each check.")
@json_option
@connection_options
def check(
    connection: Connection,
    *,
    model: str | None,
    publisher: str | None,
    tradition: str | None,
    timeout: float,
    as_json: bool,
) -> int:
    """See whether everything works, with five small requests to Gloo.

    The exit status is 0 if nothing failed, 1 if something did, 2 if the settings are not enough to
    begin with.
    """
    lines: list[Line] = []
    found = _lines(connection, model, publisher, tradition, timeout)
    while line := _next(found):
        lines.append(line)
        if not as_json and not line.left_out:
            _show(line)
    status = _status(lines)
    if not as_json and (rest := [line for line in lines if line.left_out]):
        console().print(f"{len(rest)} checks were left out: {rest[0].detail}.")
    if as_json:
        report = {"ok": status == 0, "status": status, "checks": [asdict(line) for line in lines]}
        click.echo(json.dumps(report, indent=2))
    return status


def _next(lines: Iterator[Line]) -> Line | None:
    with waiting():
        return next(lines, None)


def _lines(
    connection: Connection,
    model: str | None,
    publisher: str | None,
    tradition: str | None,
    timeout: float,
) -> Iterator[Line]:
    try:
        options = {"default_model": model} if model else {}
        if tradition:
            options["tradition"] = tradition
        with connection.client(**options, max_retries=0, timeout=timeout) as client:
            chosen = (model, "--model") if model else connection.default_model(client.auth)
            yield from _settings(client, chosen)
            if tradition:
                yield _of_tradition(tradition)
            yield from run_checks(Subject(client, publisher, timeout))
    except openai.OpenAIError as error:
        missing = isinstance(error, MissingCredentialsError)
        step = f"{MAKE_A_KEY}: {EXPORT} Or try --sandbox." if missing else ""
        detail = "No Gloo credentials were found." if missing else one_line(str(error))
        yield Line("settings", "fail", detail, step)
        yield from (left_out(name, "the settings are not enough") for name in CHECKS)


def _of_tradition(tradition: str) -> Line:
    """Gloo answers an unknown one with 200, so that no check could fail over it."""
    doubt = about_tradition(tradition)
    if doubt is None:
        return Line("tradition", "pass", f"{tradition}, from --tradition")
    return Line("tradition", "skip", doubt, "Compare it with the ones that are known.")


def _settings(client: Any, model: tuple[str, str]) -> Iterator[Line]:
    """Where each setting came from."""
    auth = client.auth
    beside = f"; not used: {', '.join(auth.unused)}" if auth.unused else ""
    yield Line("credentials", "pass", f"from {auth.sources['credentials']}{beside}")
    url = str(client.base_url).rstrip("/")
    yield Line("base URL", "pass", f"{url}, from {auth.sources['base_url']}")
    yield Line("token URL", "pass", f"{auth.token_url}, from {auth.sources['token_url']}")
    yield Line("model", "pass", f"{model[0]}, from {model[1]}")


def _status(lines: list[Line]) -> int:
    failed = {line.name for line in lines if line.verdict == "fail"}
    if "settings" in failed:
        return WRONG_USAGE
    return FAILED if failed else 0


def _show(line: Line) -> None:
    took = f" ({line.seconds:.2f} s)" if line.seconds is not None else ""
    detail = Text.assemble(printable(one_line(line.detail)), (took, "dim"))
    rows = [(Text(line.verdict, COLOURS[line.verdict]), Text(f"{line.name:<11}"), detail)]
    if line.next_step:
        rows.append((Text(""), Text(""), Text(f"next: {line.next_step}", "dim")))
    grid = Table.grid("", "", Column(overflow="fold"), padding=(0, 2))
    for row in rows:
        grid.add_row(*row)
    console().print(grid)
