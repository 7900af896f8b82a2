"""`gloo-openai proxy`: Gloo for whatever takes only a URL and a key."""

from __future__ import annotations

import logging
import secrets
import signal
import sys
from contextlib import suppress

import click

from .. import gloo_body
from ..routing import Defaults, is_pseudo_model
from .options import PORT, Connection, connection_options, port_taken


@click.command(context_settings={"auto_envvar_prefix": "GLOO_PROXY"})
@click.option(
    "--port", type=PORT, default=8787, show_default=True, help="On 127.0.0.1; 0 takes a free one."
)
@click.option("--key", help="What clients send as API key; a new one if left out.")
@click.option("-m", "--model", help="For requests without a model; else GLOO_MODEL, gloo-auto.")
@click.option("--force-model", is_flag=True, help="Use it for requests that name another, too.")
@click.option("--responses-model", help="For Responses that name none; else -m, GLOO_MODEL.")
@click.option("--tradition", help="For requests without one.")
@click.option("--publisher", help="Ground requests that name no publisher in this one.")
@click.option("--allow-origin", multiple=True, metavar="URL", help="A web page that may call.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name of the proxy.")
@click.option(
    "--max-body",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="MiB that a request may have.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86_400, min_open=True),
    default=600.0,
    show_default=True,
    help="Seconds for Gloo's next byte.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    help="Seconds for streams on SIGTERM.",
)
@connection_options
def proxy(
    *,
    connection: Connection,
    port: int,
    key: str | None,
    model: str | None,
    force_model: bool,
    responses_model: str | None,
    tradition: str | None,
    publisher: str | None,
    allow_origin: tuple[str, ...],
    allow_host: tuple[str, ...],
    max_body: int,
    timeout: float,
    grace: float,
) -> None:
    """Serve Gloo on 127.0.0.1 in OpenAI's shape, for tools that take only a URL and a key.

    Every request gets a fresh token and Gloo's routing. Prints the URL and the key, then logs a
    line for each request, until Ctrl-C or SIGTERM. Each option can stand in the environment.
    """
    from ..proxy import create_app, doubt_of, listen, serve

    given = key
    key = given or secrets.token_urlsafe(24)
    gloo_body(tradition=tradition)
    _log_to_stderr()
    # From here on a signal means the end, and no error: also before the server has begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), connection.auth() as auth:
        found = connection.default_model(auth)[0]
        defaults = Defaults(
            default_model=model or found, tradition=tradition, rag_publisher=publisher
        )
        # Where --model is one of Gloo's pseudo models, GLOO_MODEL may be none.
        own = (each for each in (model, found) if each and not is_pseudo_model(each))
        try:
            app = create_app(
                key=key,
                auth=auth,
                endpoint=connection.endpoint,
                defaults=defaults,
                force_model=force_model,
                responses_model=responses_model or next(own, None),
                allow_hosts=allow_host,
                allow_origins=allow_origin,
                max_body=max_body << 20,
                timeout=timeout,
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        try:
            listener = listen(port)
        except OSError as error:
            raise port_taken(port, error) from None
        doubt = doubt_of(auth)
        if doubt:
            click.echo(f"Requests will fail: {doubt}", err=True)
        click.echo(f"export OPENAI_BASE_URL=http://127.0.0.1:{listener.getsockname()[1]}/v1")
        if not given:
            click.echo(f"export OPENAI_API_KEY={key}")
        sys.stdout.flush()
        click.echo("The proxy is running; Ctrl-C ends it.", err=True)
        serve(app, listener, grace=grace)


for parameter in proxy.params:
    if isinstance(parameter, click.Option):
        parameter.show_envvar = True  # a service has them in its environment


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("gloo_openai.proxy")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
