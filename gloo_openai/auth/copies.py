"""Whose credentials a copy of a client uses (`copy`, `with_options`): rules, no state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openai

from .hook import GlooAuth
from .values import hidden

CREDENTIALS = {"auth", "client_id", "client_secret", "credentials"}
SECRETS = {"client_id", "client_secret", "credentials", "api_key"}


def hide_secrets(options: Any) -> None:
    """Put the credentials among a client's keywords out of sight, in place.

    A client does it first of all: whatever is raised then, no frame has a secret in it.
    """
    for name in SECRETS & set(options):
        options[name] = hidden(options[name])


def refuse_openais(options: Mapping[str, Any]) -> None:
    """OpenAI's own ways to authenticate and to host mean nothing at Gloo.

    Raises:
        openai.OpenAIError: one of them has a value; the SDK would complain of others in its place.
    """
    for name in ("workload_identity", "data_residency", "provider"):
        if options.get(name):
            raise openai.OpenAIError(
                f"{name}= is OpenAI's own. Gloo takes api_key=, or client_id= and client_secret=; "
                "another host is base_url=."
            )


def take_credentials(options: dict[str, Any]) -> dict[str, Any]:
    """The keywords about credentials, which are Gloo's, out of those of the SDK's `copy`.

    What is blank is as good as left out.
    """
    for name in (CREDENTIALS | SECRETS) & set(options):
        if not options[name]:
            del options[name]
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
    if not {"client_id", "credentials"}.intersection(given) or given.get("token_url"):
        return {}
    check_other_credentials(auth, "token_url")
    return {"token_url": auth.token_url}


def check_other_credentials(auth: GlooAuth, url: str = "base_url") -> None:
    """A foreign folder's .env must not have other credentials than its own sent to its host.

    Raises:
        openai.OpenAIError: this URL of `auth` was found in a .env file.
    """
    if url in auth.urls_of_file:
        raise openai.OpenAIError(
            f"The {url} of this client, {getattr(auth, url)}, is that of {auth.sources[url]}, and "
            f"goes with the credentials found there. To send others to it, pass {url}= with them."
        )
