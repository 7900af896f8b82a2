"""The group of commands, and the one place where errors become a line and an exit status."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from .. import __version__
from .chat import chat
from .check import check
from .explain import explain
from .models import models
from .proxy import proxy
from .sandbox import sandbox
from .terminal import printable, wrapped
from .token import token

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it; 141 is the same for SIGPIPE."""
BROKEN_PIPE = 141
COMPLETE = "_GLOO_OPENAI_COMPLETE"


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gloo-openai", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks and a log.")
@click.pass_context
def app(context: click.Context) -> None:
    """Gloo AI from the command line.

    A key, made in Gloo AI Studio (studio.ai.gloo.com/api-keys), is found in the environment
    (GLOO_API_KEY) or in a .env file. `gloo-openai check` tells whether it works; `--sandbox` needs
    none.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (chat, token, models, check, sandbox, proxy):
    app.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line: 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C.

    `--debug` anywhere shows tracebacks and the log of the access tokens' life.
    """
    instruction = os.environ.get(COMPLETE)
    if instruction:  # a shell asks: what its completion is, or how a word goes on
        return shell_complete(app, {}, "gloo-openai", COMPLETE, instruction)
    debug = "--debug" in arguments
    log = logging.getLogger("gloo_openai")
    log.addHandler(logging.StreamHandler(sys.stderr) if debug else logging.NullHandler())
    log.setLevel(logging.DEBUG)
    _settle_streams()
    warnings.showwarning = _show_warning
    try:
        rest = [argument for argument in arguments if argument != "--debug"]
        # Not `app.main`: it has ways of its own with Ctrl-C and broken pipes.
        with app.make_context("gloo-openai", rest) as context:
            status = app.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:  # after --help and --version
        return ended.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes once more as it ends; there must be something to flush to.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - whatever it is, a user gets one line
        if debug:
            click.echo(printable(traceback.format_exc()), err=True)
        message, status = explain(error)
        click.echo(wrapped(f"gloo-openai: {message}", stderr=True), err=True)
    return status if isinstance(status, int) else 0


def _settle_streams() -> None:
    """Somewhere to write to, and no character that cannot be written or read."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an answer may not fit a terminal's encoding
            stream.reconfigure(errors="replace")


def _show_warning(message: Warning | str, *_place: object, **_options: object) -> None:
    """A warning is one line: where it was caught says nothing to who types commands."""
    click.echo(wrapped(f"gloo-openai: {printable(str(message))}", stderr=True), err=True)
