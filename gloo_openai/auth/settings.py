"""Where credentials and URLs come from: arguments, then the environment, then a .env file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import openai
from openai import NotGiven, not_given

from ..errors import MissingCredentialsError
from .credentials import (
    KEYS,
    PAIRS,
    Credentials,
    check,
    credentials_in,
    given_credentials,
    is_same,
)
from .env_files import EnvFile, EnvFileReader, Place, environment
from .urls import DEFAULT_ORIGIN, TOKEN_PATH, api_url, checked_url, origin

URLS = ("GLOO_BASE_URL", "GLOO_BASE")
TOKEN_URL = "GLOO_TOKEN_URL"
MODEL = "GLOO_MODEL"
STUDIO = "studio.ai.gloo.com/api-keys"


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

    @property
    def rejection(self) -> str:
        """What a rejected pair says of itself, for a key."""
        beside = "".join(f" {source} was found too, and not used." for source in self.unused)
        return (
            f"The API key came from {self.credentials.source}. Compare it with those in Gloo AI "
            f"Studio ({STUDIO}): it may have been revoked, or not copied whole."
            f"{self.credentials.remarks}{beside}"
        )


def resolve(
    *,
    client_id: object = None,
    client_secret: object = None,
    api_key: object = None,
    credentials: object = None,
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
    given = given_credentials(client_id, client_secret, api_key, credentials)
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


def _settled(
    found: list[Credentials], place: Place, file: EnvFileReader, arguments: Arguments
) -> Settings:
    """Settings with the first of these credentials, and with the URLs that go with them."""
    credentials, *others = found
    check(credentials)
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
        unused=tuple(each.source for each in others if not is_same(each, credentials)),
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


def _text(url: object) -> str:
    return str(url).strip() if url else ""


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
