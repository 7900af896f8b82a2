"""Where credentials and URLs come from: arguments, then the environment, then a .env file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
from openai import NotGiven, not_given

from ..errors import MissingCredentialsError
from .urls import DEFAULT_ORIGIN, TOKEN_PATH, api_url, checked_url, origin

PAIRS = (("GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"), ("GLOO_AI_CLIENT_ID", "GLOO_AI_CLIENT_SECRET"))
STATIC_KEY = "GLOO_API_KEY"
URLS = ("GLOO_BASE_URL", "GLOO_BASE")
MODEL = "GLOO_MODEL"

EnvFile = str | os.PathLike[str] | None
ApiKey = str | Callable[[], Any]


@dataclass(frozen=True)
class ClientCredentials:
    """An OAuth2 client id and secret (RFC 6749 §4.4) and where they were found."""

    client_id: str
    client_secret: str = field(repr=False)
    source: str


@dataclass(frozen=True)
class StaticKey:
    """A bearer that needs no exchange, or a callable that gives one, and where it was found."""

    key: ApiKey = field(repr=False)
    source: str

    def __post_init__(self) -> None:
        if not callable(self.key) and not is_bearer(self.key):
            raise openai.OpenAIError(
                f"The api_key, from {self.source}, cannot stand in a header: it is no plain "
                "ASCII text, or has a line break in it."
            )


def is_bearer(value: object) -> bool:
    """Whether a value can stand in an Authorization header (RFC 6750 §2.1)."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


@dataclass(frozen=True)
class Settings:
    """Everything a client needs to know before its first request."""

    credentials: ClientCredentials | StaticKey
    base_url: str
    token_url: str
    sources: Mapping[str, str]
    """Which place each setting came from: `credentials`, `base_url`, `token_url`."""
    url_is_from_file: bool
    """Then it goes with the credentials of that file, and with no others."""


def resolve(
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    api_key: ApiKey | None = None,
    base_url: object = None,
    token_url: str | None = None,
    env_file: EnvFile | NotGiven = not_given,
    allow_insecure_http: bool = False,
) -> Settings:
    """Find credentials and URLs.

    Credentials and URLs of a .env file go together: a URL from the file is used only with
    credentials from the same file, so that a foreign folder cannot have them sent to its host.

    Raises:
        MissingCredentialsError: nothing was found; the message lists every place.
        openai.OpenAIError: a value is contradictory or not usable, such as `http://` to a host
            that is not loopback.
    """
    file = _EnvFile.open(env_file)
    credentials = _argument(client_id, client_secret, api_key)
    credentials = credentials or _credentials(os.environ, "the environment")
    from_file = None if credentials else _credentials(file.values, file.name)
    credentials = credentials or from_file
    if credentials is None:
        raise MissingCredentialsError(_nothing_found(file))

    urls = [("the base_url argument", str(base_url))] if base_url else []
    urls += _found(os.environ, URLS, "the environment")
    of_file = _found(file.values, URLS, file.name) if from_file else []
    urls += of_file
    urls += [("the default", DEFAULT_ORIGIN)]
    source, url = urls[0]
    url = api_url(url, allow_insecure_http, source)
    token_source = "the token_url argument" if token_url else source
    token = token_url or f"{origin(url)}{TOKEN_PATH}"
    return Settings(
        credentials=credentials,
        base_url=url,
        token_url=checked_url(token, token_source, allow_insecure_http),
        sources={"credentials": credentials.source, "base_url": source, "token_url": token_source},
        url_is_from_file=urls[0] in of_file,
    )


def default_model_of(env_file: EnvFile | NotGiven = not_given) -> str | None:
    """The value of `GLOO_MODEL`, from the environment or else the .env file."""
    return next(
        (value for _, value in _found(os.environ, (MODEL,), "")),
        None,
    ) or next((value for _, value in _found(_EnvFile.open(env_file).values, (MODEL,), "")), None)


@dataclass(frozen=True)
class _EnvFile:
    name: str
    values: Mapping[str, str | None] = field(repr=False)

    @classmethod
    def open(cls, env_file: EnvFile | NotGiven) -> _EnvFile:
        """Read a .env file without touching the environment, nor expanding from it."""
        if env_file is None:
            return cls("no .env file (env_file=None)", {})
        if isinstance(env_file, NotGiven):
            path = _search_upwards()
            if not path:
                return cls("a .env file (none in the working directory or above it)", {})
        elif not Path(path := os.fspath(env_file)).is_file():
            raise openai.OpenAIError(f"env_file={path!r} is not a file.")
        from dotenv import dotenv_values

        try:
            return cls(path, dotenv_values(path, interpolate=False))
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__
        if isinstance(env_file, NotGiven):
            return cls(f"{path} (cannot be read: {reason})", {})
        raise openai.OpenAIError(f"env_file={path!r} cannot be read: {reason}.")


def _search_upwards() -> str:
    from dotenv import find_dotenv

    try:
        return find_dotenv(usecwd=True)
    except OSError:  # the working directory is gone
        return ""


def _argument(
    client_id: str | None, client_secret: str | None, api_key: ApiKey | None
) -> ClientCredentials | StaticKey | None:
    if bool(client_id) != bool(client_secret):
        given, other = ("client_id", "client_secret")[:: 1 if client_id else -1]
        raise MissingCredentialsError(f"{given}= was passed without {other}=: pass both, or none.")
    if client_id and client_secret:
        if api_key:
            raise openai.OpenAIError("Pass either api_key= or client_id= and client_secret=.")
        return ClientCredentials(client_id, client_secret, "the client_id, client_secret arguments")
    return StaticKey(api_key, "the api_key argument") if api_key else None


def _credentials(
    values: Mapping[str, str | None], place: str
) -> ClientCredentials | StaticKey | None:
    for names in PAIRS:
        client_id, client_secret = ((values.get(name) or "").strip() for name in names)
        if client_id and client_secret:
            return ClientCredentials(
                client_id, client_secret, source=f"{' and '.join(names)} in {place}"
            )
    key = (values.get(STATIC_KEY) or "").strip()
    return StaticKey(key, f"{STATIC_KEY} in {place}") if key else None


def _found(
    values: Mapping[str, str | None], names: tuple[str, ...], place: str
) -> list[tuple[str, str]]:
    return [
        (f"{name} in {place}", value)
        for name in names
        if (value := (values.get(name) or "").strip())
    ]


def _nothing_found(file: _EnvFile) -> str:
    places = [
        "the arguments client_id= and client_secret=, api_key=, auth=",
        *(f"{' and '.join(names)} in the environment" for names in PAIRS),
        f"{STATIC_KEY} in the environment",
        f"the same names in {file.name}",
    ]
    halves = "".join(
        f"\n{name} is set in {place}, but {other} is not."
        for place, values in (("the environment", os.environ), (file.name, file.values))
        for name, other in _halves(values)
    )
    return (
        "No Gloo credentials were found. Looked at, in this order:"
        + "".join(f"\n  - {place}" for place in places)
        + halves
        + "\nCreate a client id and secret in Gloo AI Studio, under API Credentials, and set "
        "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET."
    )


def _halves(values: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    for pair in PAIRS:
        for name, other in (pair, pair[::-1]):
            if values.get(name) and not values.get(other):
                yield name, other
