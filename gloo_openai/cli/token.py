"""`gloo-openai token`: a bearer for pasting."""

from __future__ import annotations

import json
import time

import click

from .options import Connection, connection_options, json_option
from .terminal import waiting


@click.command()
@json_option
@connection_options
def token(connection: Connection, as_json: bool) -> None:
    """Print an access token, alone on stdout.

    It works for about an hour. What takes a URL and a key but cannot renew it wants
    `gloo-openai proxy` instead.
    """
    with connection.auth() as auth, waiting():
        bearer, seconds = auth.token(), auth.expires_in
    if not as_json:
        click.echo(bearer)
        return
    expiry = (
        None
        if seconds is None
        else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    )
    rounded = None if seconds is None else int(seconds)
    click.echo(json.dumps({"access_token": bearer, "expires_in": rounded, "expires_at": expiry}))
