"""What went wrong, in one line, and what to do next."""

from __future__ import annotations

import click
import openai

from ..http_libraries import TRANSPORT_ERRORS

FAILED, WRONG_USAGE = 1, 2


def explain(error: Exception) -> tuple[str, int]:
    """One line for an exception, and the exit status."""
    if isinstance(error, click.ClickException):
        path = getattr(getattr(error, "ctx", None), "command_path", "gloo-openai")
        hint = f" (see {path} --help)" if isinstance(error, click.UsageError) else ""
        return f"{one_line(error.format_message())}{hint}", error.exit_code
    if isinstance(error, openai.APITimeoutError):
        return "Gloo did not answer in time. Try again, or with a smaller --max-tokens.", FAILED
    if type(error) is openai.APIConnectionError:  # the token's own error says more
        url, cause = error.request.url, error.__cause__ or error
        return f"Gloo could not be reached at {url.host} ({one_line(str(cause))}).", FAILED
    if isinstance(error, ImportError):  # an extra that is not installed
        return one_line(str(error)), WRONG_USAGE
    if isinstance(error, (openai.OpenAIError, OSError)):
        return one_line(str(error)), FAILED
    return f"{type(error).__name__}: {one_line(str(error))} (--debug shows where)", FAILED


def next_step(error: Exception) -> str:
    """What a user does about a failed request; nothing where the message says it."""
    steps: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (
            openai.AuthenticationError,
            "Create a new secret in Gloo AI Studio, under API Credentials.",
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
    """A message without its line breaks."""
    return " ".join(text.split())
