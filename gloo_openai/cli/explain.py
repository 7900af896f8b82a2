"""What went wrong, in one line, and what to do next."""

from __future__ import annotations

import os
from typing import Any

import click
import openai

from .. import InvalidCredentialsError, MissingCredentialsError
from ..http_libraries import CONNECT_ERRORS, TIMEOUTS, TRANSPORT_ERRORS
from .terminal import printable

FAILED, WRONG_USAGE = 1, 2
MAKE_A_KEY = "Make an API key in Gloo AI Studio (studio.ai.gloo.com/api-keys)"
# bash, zsh and fish; PowerShell
EXPORT = "export GLOO_API_KEY=..." if os.name != "nt" else '$env:GLOO_API_KEY = "..."'


def explain(error: Exception) -> tuple[str, int]:
    """One line for an exception, or a list where it is one, and the exit status.

    What a server said is in it without what a terminal would obey.
    """
    text, status = _explained(error)
    return printable(text), status


def _explained(error: Exception) -> tuple[str, int]:
    if isinstance(error, MissingCredentialsError):
        return in_shell_words(error), FAILED
    if isinstance(error, click.ClickException):
        path = getattr(getattr(error, "ctx", None), "command_path", "gloo-openai")
        hint = f" (see {path} --help)" if isinstance(error, click.UsageError) else ""
        return f"{one_line(error.format_message())}{hint}", error.exit_code
    unanswered = type(error) in (openai.APITimeoutError, openai.APIConnectionError)
    if unanswered or isinstance(error, TRANSPORT_ERRORS):
        return _unanswered(error), FAILED  # the token's own error says more by itself
    if isinstance(error, ImportError):  # an extra that is not installed
        return one_line(str(error)), WRONG_USAGE
    if isinstance(error, (openai.OpenAIError, OSError)):
        return one_line(str(error)), FAILED
    return f"{type(error).__name__}: {one_line(str(error))} (--debug shows where)", FAILED


def _unanswered(error: Any) -> str:
    """What is known of a request that has no answer."""
    host, cause = error.request.url.host, error.__cause__ or error
    if isinstance(cause, CONNECT_ERRORS):
        return f"Gloo could not be reached at {host} ({one_line(str(cause)) or 'no answer'})."
    if isinstance(error, (openai.APITimeoutError, *TIMEOUTS)):
        return f"{host} took the request and did not answer in time. Try again later."
    return f"The connection to {host} broke off before the answer ({one_line(str(cause))})."


def in_shell_words(error: MissingCredentialsError) -> str:
    """Where credentials were looked for, and what to type; a shell has no keyword arguments."""
    places = [line for line in str(error).splitlines() if " arguments " not in line]
    kept = [line for line in places if not line.startswith("Make an API key")]
    return "\n".join(
        [
            *kept,
            f"{MAKE_A_KEY}, then:",
            f"  {EXPORT}",
            "Or name a file that has it with --env-file, or use --sandbox, which needs none.",
        ]
    )


def next_step(error: Exception) -> str:
    """What a user does about a failed request; nothing where the message says it."""
    steps: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (
            InvalidCredentialsError,
            "Create a new secret in Gloo AI Studio, under API Credentials.",
        ),
        (
            openai.AuthenticationError,
            f"{MAKE_A_KEY}.",
        ),
        (
            openai.PermissionDeniedError,
            "Ask for access in Gloo AI Studio; names are case-sensitive.",
        ),
        (openai.NotFoundError, "Compare the base URL and --model with `gloo-openai models`."),
        (openai.RateLimitError, "Wait, or raise the spending limit in Gloo AI Studio."),
        (openai.InternalServerError, "Try again later; if it stays, report the trace id to Gloo."),
        (openai.APIStatusError, "Try another --model: `gloo-openai models` lists them."),
        (openai.APIConnectionError, "Check the network, HTTPS_PROXY and the base URL."),
        (TRANSPORT_ERRORS, "Check the network, HTTPS_PROXY and the base URL."),
        (
            openai.APIResponseValidationError,
            "Compare the base URL with Gloo's: this is not its answer.",
        ),
    )
    return next((step for kind, step in steps if isinstance(error, kind)), "")


def one_line(text: str) -> str:
    """A message without its line breaks, and without what a terminal would obey."""
    return " ".join(printable(text).split())
