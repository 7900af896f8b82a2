"""Options that several commands have, and what they mean for a client."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from openai import not_given

from .. import AUTO, GlooAuth, GlooOpenAI
from ..endpoints import with_endpoint

if TYPE_CHECKING:
    from ..testing import LocalGloo

Command = Callable[..., Any]
PORT = click.IntRange(0, 65_535)


@dataclass(frozen=True)
class Connection:
    """Where Gloo is and with which credentials, as the options say."""

    base_url: str | None = None
    env_file: str | None = None
    sandbox: bool = False
    endpoint: str | None = None

    @contextmanager
    def auth(self) -> Generator[GlooAuth]:
        """The credentials, as a hook; with `--sandbox` those of a local Gloo."""
        if self.base_url and self.endpoint:  # both said here, so they have to agree
            with_endpoint(self.base_url, self.endpoint, self.base_url)
        if not self.sandbox:
            yield GlooAuth(base_url=self.base_url, env_file=self.env_file or not_given)
            return
        with local_gloo() as gloo:
            # A proxy in the environment is for other hosts than this one.
            os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
            # Whatever else the environment names is not for this one either.
            urls: Any = {"base_url": gloo.origin, "token_url": f"{gloo.origin}/oauth2/token"}
            yield GlooAuth(gloo.client_id, gloo.client_secret, **urls, env_file=None)

    @contextmanager
    def client(self, **options: Any) -> Generator[GlooOpenAI]:
        """A client for these credentials; Gloo chooses the model where nothing else is said."""
        with self.auth() as auth:
            options.setdefault("default_model", self.default_model(auth)[0])
            with GlooOpenAI(auth=auth, endpoint=self.endpoint, **options) as client:
                yield client

    def default_model(self, auth: GlooAuth) -> tuple[str, str]:
        """The model where none is asked for, and where that was found."""
        found = None if self.sandbox else auth.default_model
        return (found, "GLOO_MODEL") if found else (AUTO, "the default")


@contextmanager
def local_gloo(port: int = 0, **options: Any) -> Generator[LocalGloo]:
    """The embedded local Gloo.

    Raises:
        ImportError: the extra `sandbox` is not installed.
        click.ClickException: the port is taken.
    """
    try:
        from ..testing import LocalGloo
    except ImportError as error:
        raise ImportError(
            f"the sandbox needs {getattr(error.__cause__, 'name', None) or error}, which is not "
            "installed: pip install 'gloo-openai[sandbox]'"
        ) from error

    gloo = LocalGloo(port, **options)
    try:
        gloo.start()
    except OSError as error:
        raise port_taken(port, error) from None
    try:
        yield gloo
    finally:
        gloo.stop()


def port_taken(port: int, error: OSError) -> click.ClickException:
    """The one line about a port that cannot be had."""
    return click.ClickException(
        f"Port {port} cannot be had ({error.strerror}). Choose another with --port."
    )


def connection_options(command: Command) -> Command:
    """`--base-url`, `--endpoint`, `--env-file`, `--sandbox`: they arrive as one `connection`."""

    @click.option("--base-url", metavar="URL", help="Gloo's URL, in place of GLOO_BASE_URL.")
    @click.option("--endpoint", metavar="NAME", help="guarded, direct or grounded; else the URL's.")
    @click.option("--env-file", metavar="FILE", help="A .env file, in place of the nearest one.")
    @click.option("--sandbox", is_flag=True, help="Use a local Gloo; no credentials are needed.")
    @click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks and a log.")
    @functools.wraps(command)
    def connected(
        base_url: str | None, endpoint: str | None, env_file: str | None, sandbox: bool, **rest: Any
    ) -> Any:
        return command(connection=Connection(base_url, env_file, sandbox, endpoint), **rest)

    return connected


def json_option(command: Command) -> Command:
    """`--json`, which arrives as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


def timeout_option(seconds: int, meaning: str) -> Callable[[Command], Command]:
    """`--timeout`, and what it is where it is left out."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0, 86_400, min_open=True),
        metavar="SECONDS",
        default=seconds,
        show_default=True,
        help=meaning,
    )
