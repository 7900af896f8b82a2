"""Where credentials and URLs come from: arguments, then the environment, then a .env file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import openai
from openai import NotGiven, not_given

from ..errors import MissingCredentialsError
from .env_files import EnvFile, EnvFileReader, Place, environment
from .urls import DEFAULT_ORIGIN, TOKEN_PATH, api_url, checked_url, origin
from .values import Secret, SecretText

KEYS = ("GLOO_API_KEY", "GLOO_AI_API_KEY")
PAIRS = (("GLOO_CLIENT_ID", "GLOO_CLIENT_SECRET"), ("GLOO_AI_CLIENT_ID", "GLOO_AI_CLIENT_SECRET"))
URLS = ("GLOO_BASE_URL", "GLOO_BASE")
TOKEN_URL = "GLOO_TOKEN_URL"
MODEL = "GLOO_MODEL"
STUDIO = "studio.ai.gloo.com/api-keys"

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


Credentials = ClientCredentials | StaticKey


def is_bearer(value: object) -> bool:
    """Whether a value can stand in an Authorization header (RFC 6750 §2.1)."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


@dataclass(frozen=True)
class Arguments:
    """What the caller gave; it wins over what is found."""

    credentials: Credentials | None
    base_url: str
    token_url: str
    allow_insecure_http: bool


@dataclass(frozen=True)
class Settings:
    """Everything a client needs to know before its first request."""

    credentials: Credentials
    base_url: str
    token_url: str
    sources: Mapping[str, str]
    """Which place each setting came from: `credentials`, `base_url`, `token_url`."""
    of_file: frozenset[str]
    """Which URLs are from a file: they go with the credentials of that file, and with no others."""
    unused: tuple[str, ...]
    """The sources of other credentials, which stand in the same place."""
    place: Place
    """Where the credentials were found, if they were not given."""
    file: EnvFileReader
    arguments: Arguments

    @property
    def default_model(self) -> str | None:
        """`GLOO_MODEL`, from the environment or else from a file.

        A file that was only found has a say in it if the credentials are from there.
        """
        counts = self.place.is_file or self.file.is_named
        return environment().get(MODEL) or (self.file.place.get(MODEL) if counts else None)


def resolve(
    *,
    client_id: object = None,
    client_secret: object = None,
    api_key: object = None,
    base_url: object = None,
    token_url: object = None,
    env_file: EnvFile | NotGiven = not_given,
    allow_insecure_http: bool = False,
) -> Settings:
    """Find credentials and URLs; those that are given are `hidden` already.

    Credentials, URLs and model of a .env file go together: a URL from the file is used only with
    credentials from the same file, so that a foreign folder cannot have them sent to its host. The
    model of a file that was named is used with any.

    Raises:
        MissingCredentialsError: nothing was found; the message lists every place.
        openai.OpenAIError: a value is contradictory or not usable, such as `http://` to a host
            that is not loopback.
    """
    file = EnvFileReader(env_file)
    given = _argument(client_id, client_secret, api_key)
    arguments = Arguments(given, _text(base_url), _text(token_url), allow_insecure_http)
    place = environment()
    found = [given] if given else credentials_in(place)
    if not found:
        place = file.place
        found = credentials_in(place)
    if not found:
        raise MissingCredentialsError(_nothing_found(place))
    return _settled(found, place, file, arguments)


def look_again(settings: Settings) -> Settings | None:
    """Settings with the credentials that stand now where those of `settings` were found.

    None: there are no others, or they go with other URLs than those of this client.
    """
    if settings.arguments.credentials:
        return None
    place = settings.place.again()
    found = credentials_in(place)
    if not found or found[0] == settings.credentials:
        return None
    try:
        new = _settled(found, place, settings.file, settings.arguments)
    except openai.OpenAIError:
        return None
    return new if (new.base_url, new.token_url) == (settings.base_url, settings.token_url) else None


def default_model_of(env_file: EnvFile | NotGiven) -> str | None:
    """The value of `GLOO_MODEL`, from the environment or else from a file that is named."""
    file = EnvFileReader(None if isinstance(env_file, NotGiven) else env_file)
    return environment().get(MODEL) or file.place.get(MODEL)


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


def _settled(
    found: list[Credentials], place: Place, file: EnvFileReader, arguments: Arguments
) -> Settings:
    """Settings with the first of these credentials, and with the URLs that go with them."""
    credentials, *others = found
    _check(credentials)
    places = [environment(), place] if place.is_file else [environment()]
    insecure = arguments.allow_insecure_http
    base = _first(
        [_Found("the base_url argument", arguments.base_url)],
        _found(URLS, places),
        [_Found("the default", DEFAULT_ORIGIN)],
    )
    url = api_url(base.value, insecure, base.source)
    token = _first(
        [_Found("the token_url argument", arguments.token_url)],
        _found((TOKEN_URL,), places),
        [replace(base, value=f"{origin(url)}{TOKEN_PATH}")],
    )
    return Settings(
        credentials=credentials,
        base_url=url,
        token_url=checked_url(token.value, token.source, insecure),
        sources={
            "credentials": credentials.source,
            "base_url": base.source,
            "token_url": token.source,
        },
        of_file=frozenset(
            name for name, each in (("base_url", base), ("token_url", token)) if each.of_file
        ),
        unused=tuple(each.source for each in others if not _same(each, credentials)),
        place=place,
        file=file,
        arguments=arguments,
    )


@dataclass(frozen=True)
class _Found:
    source: str
    value: str
    of_file: bool = False


def _found(names: Iterable[str], places: Iterable[Place]) -> Iterator[_Found]:
    for place in places:
        for name in names:
            yield _Found(f"{name} in {place.name}", place.get(name) or "", place.is_file)


def _first(*candidates: Iterable[_Found]) -> _Found:
    return next(each for found in candidates for each in found if each.value)


def _same(one: Credentials, other: Credentials) -> bool:
    return replace(one, source="") == replace(other, source="")


def _text(url: object) -> str:
    return str(url).strip() if url else ""


def _argument(client_id: object, client_secret: object, api_key: object) -> Credentials | None:
    _check_text("client_id=", client_id)
    _check_text("client_secret=", client_secret)
    if not callable(api_key):
        _check_text("api_key=", api_key)
    if bool(client_id) != bool(client_secret):
        given, other = ("client_id", "client_secret")[:: 1 if client_id else -1]
        raise MissingCredentialsError(f"{given}= was passed without {other}=: pass both, or none.")
    if isinstance(client_id, Secret) and isinstance(client_secret, Secret) and client_id:
        if api_key:
            raise openai.OpenAIError("Pass either api_key= or client_id= and client_secret=.")
        source = "the client_id, client_secret arguments"
        return ClientCredentials(client_id.get_secret_value(), client_secret, source)
    if isinstance(api_key, Secret) or callable(api_key):
        return StaticKey(api_key, "the api_key argument") if api_key else None
    return None


def _check_text(name: str, value: object) -> None:
    problem = value.problem if isinstance(value, Secret) else None
    if callable(value):
        problem = "takes text, not a callable"
    if problem:
        raise openai.OpenAIError(f"{name} {problem}.")


def _check(credentials: Credentials) -> None:
    if isinstance(credentials, ClientCredentials):
        _check_text(f"The client secret, from {credentials.source},", credentials.client_secret)
    elif isinstance(credentials.key, Secret) and not is_bearer(credentials.key.get_secret_value()):
        raise openai.OpenAIError(
            f"The api_key, from {credentials.source}, cannot stand in a header: it is no plain "
            "ASCII text, or has a line break in it."
        )


def _nothing_found(file: Place) -> str:
    places = [
        "the arguments api_key=, client_id= and client_secret=, auth=",
        f"{' or '.join(KEYS)} in the environment",
        *(f"{' and '.join(names)} in the environment" for names in PAIRS),
        f"the same names in {file.name}",
    ]
    notes = "".join(f"\n{note}." for place in (environment(), file) for note in _near_misses(place))
    return (
        "No Gloo credentials were found. Looked at, in this order:"
        + "".join(f"\n  - {place}" for place in places)
        + notes
        + f"\nMake an API key in Gloo AI Studio ({STUDIO}) and set {KEYS[0]}; or, if you have a "
        "client id and secret, set GLOO_CLIENT_ID and GLOO_CLIENT_SECRET."
    )


def _near_misses(place: Place) -> Iterator[str]:
    for pair in PAIRS:
        for name, other in (pair, pair[::-1]):
            if place.get(name) and not place.get(other):
                yield f"{name} is set in {place.name}, but {other} is not"
    for name in (*KEYS, *PAIRS[0], *PAIRS[1]):
        if place.has_placeholder(name):
            yield f"{name} in {place.name} is a placeholder or a comment, which counts as absent"
