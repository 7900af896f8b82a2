"""`gloo-openai sandbox`: the local Gloo, for any client in any language."""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import suppress

import click

from .options import PORT, json_option, local_gloo
from .terminal import log_to_stderr

FORGETS = 60.0
"""Seconds for which requests are remembered."""


@click.command()
@click.option("--port", type=PORT, default=8788, show_default=True, help="0 takes a free one.")
@click.option("--token-lifetime", default=3600.0, show_default=True, help="In seconds.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks and a log.")
@json_option
def sandbox(port: int, token_lifetime: float, as_json: bool) -> None:
    """Run a local Gloo: real HTTP, no model behind it, no credentials needed.

    Prints the environment variables that point a client to it; then a line for each request,
    until Ctrl-C.
    """
    log_to_stderr("gloo_openai.testing")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), local_gloo(port, token_lifetime=token_lifetime) as gloo:
        variables = {
            **gloo.environ,
            "OPENAI_BASE_URL": gloo.base_url,
            "OPENAI_API_KEY": next(iter(gloo.static_keys)),
        }
        if as_json:
            click.echo(json.dumps(variables))
        else:
            for name, value in variables.items():
                click.echo(f"export {name}={value}")
        sys.stdout.flush()
        click.echo("The local Gloo is running; Ctrl-C ends it.", err=True)
        while True:  # the sandbox may run for weeks
            time.sleep(FORGETS)
            gloo.requests.clear()
