"""The kinds of credentials, in arguments and in the places where settings stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import openai

from ..errors import MissingCredentialsError
from .env_files import Place
from .values import Secret, SecretText

KEYS = ("GLOO_API_KEY", "GLOO_AI_API_KEY")
PAIRS = (("GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"), ("GLOO_AI_CLIENT_ID", "GLOO_AI_CLIENT_SECRET"))

ApiKey = str | SecretText | Callable[[], Any]


@dataclass(frozen=True)
class ClientCredentials:
    """An OAuth2 client id and secret (RFC 6749 §4.4) and where they were found."""

    client_id: str
    client_secret: Secret
    source: str

    @property
    def remarks(self) -> str:
        """What looks wrong about them, for who reads that they were rejected."""
        parts = {"id": Secret(self.client_id), "secret": self.client_secret}
        return "".join(f" The {name} {part.remark}." for name, part in parts.items() if part.remark)


@dataclass(frozen=True)
class StaticKey:
    """A bearer that needs no exchange, or a callable that gives one, and where it was found."""

    key: Secret | Callable[[], Any]
    source: str

    @property
    def remarks(self) -> str:
        """What looks wrong about it, for who reads that it was rejected."""
        remark = self.key.remark if isinstance(self.key, Secret) else None
        return f" The key {remark}." if remark else ""


@dataclass(frozen=True)
class VaultCredentials:
    """A callable that gives client id and secret."""

    vault: Callable[[], Any] = field(repr=False)
    source: str = "the credentials argument"
    remarks: str = ""


Credentials = ClientCredentials | StaticKey | VaultCredentials


def is_bearer(value: object) -> bool:
    """Whether a value can stand in an Authorization header (RFC 6750 §2.1)."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


def credentials_in(place: Place) -> list[Credentials]:
    """All that stand in a place, the first being those that are used."""
    keys = ((name, place.get(name)) for name in KEYS)
    pairs = ((names, place.get(names[0]), place.get(names[1])) for names in PAIRS)
    return [
        *(StaticKey(Secret(key), f"{name} in {place.name}") for name, key in keys if key),
        *(
            ClientCredentials(id_, Secret(secret), f"{' and '.join(names)} in {place.name}")
            for names, id_, secret in pairs
            if id_ and secret
        ),
    ]


def is_same(one: Credentials, other: Credentials) -> bool:
    return replace(one, source="") == replace(other, source="")


def given_credentials(
    client_id: object, client_secret: object, api_key: object, vault: object
) -> Credentials | None:
    for name, value in (("client_id=", client_id), ("client_secret=", client_secret)):
        _check_text(name, value)
    if not callable(api_key):
        _check_text("api_key=", api_key)
    if bool(client_id) != bool(client_secret):
        given, other = ("client_id", "client_secret")[:: 1 if client_id else -1]
        raise MissingCredentialsError(f"{given}= was passed without {other}=: pass both, or none.")
    if sum(map(bool, (client_id, api_key, vault))) > 1:
        raise openai.OpenAIError(
            "Pass either api_key= or client_id= and client_secret=, or credentials=."
        )
    if callable(vault):
        return VaultCredentials(vault)
    if vault:
        raise openai.OpenAIError(
            "credentials= takes a callable that gives (client_id, client_secret); for what is "
            "there already are client_id= and client_secret=."
        )
    if isinstance(client_id, Secret) and isinstance(client_secret, Secret) and client_id:
        source = "the client_id, client_secret arguments"
        return ClientCredentials(client_id.get_secret_value(), client_secret, source)
    if isinstance(api_key, Secret) or callable(api_key):
        return StaticKey(api_key, "the api_key argument") if api_key else None
    return None


def _check_text(name: str, value: object) -> None:
    problem = value.problem if isinstance(value, Secret) else None
    if callable(value):
        problem = "takes text; credentials= takes a callable that gives (client_id, client_secret)"
    if problem:
        raise openai.OpenAIError(f"{name} {problem}.")


def check(credentials: Credentials) -> None:
    if isinstance(credentials, ClientCredentials):
        _check_text(f"The client secret, from {credentials.source},", credentials.client_secret)
    key = credentials.key if isinstance(credentials, StaticKey) else None
    if isinstance(key, Secret) and not is_bearer(key.get_secret_value()):
        raise openai.OpenAIError(
            f"The api_key, from {credentials.source}, cannot stand in a header: it is no plain "
            "ASCII text, or has a line break in it."
        )
