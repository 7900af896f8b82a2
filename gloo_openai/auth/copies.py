"""Whose credentials a copy of a client uses (`copy`, `with_options`): rules, no state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openai

from .hook import GlooAuth

CREDENTIALS = {"auth", "client_id", "client_secret"}


def take_credentials(options: dict[str, Any]) -> dict[str, Any]:
    """The keywords about credentials, which are Gloo's, out of those of the SDK's `copy`."""
    names = CREDENTIALS | {"token_url", "env_file", "allow_insecure_http"}
    return {name: options.pop(name) for name in names & set(options)}


def credentials_of_copy(
    given: Mapping[str, Any], options: Mapping[str, Any], auth: GlooAuth
) -> dict[str, Any]:
    """What is added to the keywords of a copy: the auth of its original, where it has no own.

    Args:
        given: Gloo's keywords.
        options: those of the SDK.
        auth: that of the original.

    Raises:
        openai.OpenAIError: settings of credentials without any, or credentials without a URL that
            may have them.
    """
    if not CREDENTIALS.intersection(given) and not options.get("api_key"):
        for name in ("token_url", "env_file"):
            if given.get(name):
                raise openai.OpenAIError(
                    f"{name}= goes with credentials: pass client_id= and client_secret= with it, "
                    "or make a new client."
                )
        return {"auth": auth}
    if options.get("base_url") or given.get("auth"):
        return {}
    check_other_credentials(auth)
    other = "client_id" in given and "token_url" not in given
    return {"token_url": auth.token_url} if other else {}


def check_other_credentials(auth: GlooAuth) -> None:
    """A foreign folder's .env must not have other credentials than its own sent to its host.

    Raises:
        openai.OpenAIError: the URL of `auth` was found in a .env file.
    """
    if auth.url_is_from_file:
        raise openai.OpenAIError(
            f"The base URL of this client, {auth.base_url}, is that of {auth.sources['base_url']}, "
            "and goes with the credentials found there. To send others to it, pass base_url= with "
            "them."
        )
