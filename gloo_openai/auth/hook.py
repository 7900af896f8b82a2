"""`GlooAuth`: an httpx auth hook that keeps the bearer of each request fresh."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import openai
from openai import NotGiven, not_given

from ..http_libraries import SDK_LIBRARY, STATUS_ERRORS, AnyAuth, is_client
from . import settings
from .credentials import ApiKey
from .env_files import EnvFile
from .given_key import Key
from .loopback import check_direct
from .placeholder import has_own, is_marked
from .replay import aread_error, is_replayable, note, read_error, remember
from .rotation import Rotation, bearers_for
from .tokens import AccessToken
from .values import SecretOrText, Vault, hidden

log = logging.getLogger("gloo_openai")


class GlooAuth(AnyAuth):
    """Puts a fresh access token on every request to Gloo, for httpx and httpx2, sync and async.

    One object can be shared by any number of clients, threads and event loops, which then share
    one token:

    - A fresh token costs one comparison. Callers that arrive together without one cause one
      exchange; if it fails, all of them get that failure.
    - From five minutes before expiry one caller has the next token fetched, on a thread or task
      of its own, while all go on with the old one; if that fails, the old one goes on being used.
      Past expiry callers wait. Both windows shrink with the lifetime.
    - A request refused with 401 is sent once more with a new token. A second 401 is the answer.
      It is remembered for a pause that grows; so is an exchange that fails.
    - A token goes to the origin of `base_url` only. A request that has an `Authorization` header
      of its own is left alone.

    Args:
        client_id, client_secret: without these and what takes their place, credentials are found
            in the environment or a .env file.
        base_url: the API's URL; its origin is where tokens may go.
        token_url: where tokens are exchanged; `/oauth2/token` on the same origin if left out.
        env_file: a .env file to read; None for none; searched upwards if left out.
        api_key: a bearer that needs no exchange, or a callable that gives one for each request.
        credentials: a callable that gives client id and secret for each exchange; for asynchronous
            clients it may be asynchronous.
        allow_insecure_http: send credentials over plain http to a host that is not loopback.
        http_client: a client of httpx or httpx2 for exchanges, with its proxy and certificates,
            where there is none of a caller's: for `token`, `atoken` and other HTTP clients.
        clock: a monotonic clock, in seconds.
        wall_clock: a clock that goes on while the machine sleeps, in seconds.

    Raises:
        MissingCredentialsError: nothing to authenticate with was found.
        openai.OpenAIError: `http_client` is none.
    """

    def __init__(
        self,
        client_id: SecretOrText | None = None,
        client_secret: SecretOrText | None = None,
        *,
        base_url: object = None,
        token_url: str | None = None,
        env_file: EnvFile | NotGiven = not_given,
        api_key: ApiKey | None = None,
        credentials: Vault | None = None,
        allow_insecure_http: bool = False,
        http_client: Any = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] | None = None,
    ) -> None:
        # From here on no frame that an exception passes through has a secret in it.
        client_id, client_secret, api_key = map(hidden, (client_id, client_secret, api_key))
        credentials = hidden(credentials)
        if http_client is not None and not is_client(http_client):
            kind = type(http_client).__name__
            raise openai.OpenAIError(f"http_client= takes a client of httpx or httpx2, not {kind}.")
        found = settings.resolve(
            client_id=client_id,
            client_secret=client_secret,
            api_key=api_key,
            credentials=credentials,
            base_url=base_url,
            token_url=token_url,
            env_file=env_file,
            allow_insecure_http=allow_insecure_http,
        )
        self.base_url = found.base_url
        self.token_url = found.token_url
        self.urls_of_file = found.of_file
        self.allow_insecure_http = allow_insecure_http
        url = SDK_LIBRARY.URL(found.base_url)
        self._origin = (url.scheme, url.host, url.port)
        self._bearers = Rotation(found, partial(bearers_for, clock, wall_clock, http_client))

    @property
    def sources(self) -> Mapping[str, str]:
        """Which place each setting came from: `credentials`, `base_url`, `token_url`."""
        return self._bearers.settings.sources

    @property
    def unused(self) -> tuple[str, ...]:
        """The sources of other credentials, which stand in the same place and are not used."""
        return self._bearers.settings.unused

    @property
    def default_model(self) -> str | None:
        """`GLOO_MODEL`, from the environment or the .env file that the credentials are from."""
        return self._bearers.settings.default_model

    def token(self) -> str:
        """A bearer that is good now, for what takes a callable key: `api_key=auth.token`.

        Raises:
            InvalidCredentialsError, TokenExchangeError: no token could be had.
        """
        return self._bearers.get(None).value

    async def atoken(self) -> str:
        """`token`, awaited: `AsyncOpenAI(api_key=auth.atoken)`."""
        return (await self._bearers.aget(None)).value

    @property
    def expires_in(self) -> float | None:
        """Seconds until the current token is no longer used; None if there is none."""
        return self._bearers.expires_in

    def invalidate(self) -> None:
        """Forget the current token: the next request fetches another.

        The credentials are looked for again, where they were found, such as after a rotation.
        """
        self._bearers.clear()

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """The hook of synchronous clients."""
        if has_own(request):
            return _pass(request)
        _check_way(request.url, None)
        return self.flow(request, None)

    def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """The hook of asynchronous clients."""
        if has_own(request):
            return _apass(request)
        _check_way(request.url, None)
        return self.aflow(request, None)

    def flow(self, request: Any, client: Any) -> Generator[Any, Any, None]:
        """Authorize one request; exchange on `client`, or on a client of its own if None."""
        self._check_destination(request.url)
        for again in (True, False):
            bearer = self._bearers.get(client)
            request.headers["Authorization"] = f"Bearer {bearer.value}"
            response = None
            with suppress(GeneratorExit):
                response = yield request
            if response is None:
                return self._left(bearer)
            if response.status_code >= 400:
                read_error(response)
            if not (self._refused(response, bearer) and again and is_replayable(request)):
                return
            log.debug("the access token was refused with 401, sending once more with a new one")

    async def aflow(self, request: Any, client: Any) -> AsyncGenerator[Any, Any]:
        """`flow` for asynchronous clients."""
        self._check_destination(request.url)
        for again in (True, False):
            bearer = await self._bearers.aget(client)
            request.headers["Authorization"] = f"Bearer {bearer.value}"
            response = None
            with suppress(GeneratorExit):
                response = yield request
            if response is None:
                self._left(bearer)
                return
            if response.status_code >= 400:
                await aread_error(response)
            if not (self._refused(response, bearer) and again and is_replayable(request)):
                return
            log.debug("the access token was refused with 401, sending once more with a new one")

    def _check_destination(self, url: Any) -> None:
        origin = (url.scheme, url.host, url.port)
        if origin != self._origin:
            raise openai.OpenAIError(
                f"Refused to send Gloo credentials to {_shown(*origin)}: they are for "
                f"{_shown(*self._origin)}. For another origin, give its credentials with it: "
                "with_options(base_url=..., client_id=..., client_secret=...), or auth=."
            )

    def _left(self, bearer: AccessToken | Key) -> None:
        """A response hook of the user's may raise for a 401, as httpx's documentation shows; then
        the flow is closed without the response, while that exception is on its way."""
        error = sys.exc_info()[1]
        if isinstance(error, STATUS_ERRORS):
            self._refused(getattr(error, "response", None), bearer)

    def _refused(self, response: Any, bearer: AccessToken | Key) -> bool:
        """Whether our bearer came back with a 401 and another one is worth a try."""
        status: int = response.status_code
        if status != 401 and not self._bearers.on_trial:
            return False
        # After a redirect elsewhere the token was not sent, so what is said there says nothing.
        request = response.request
        if request.headers.get("authorization") != f"Bearer {bearer.value}":
            return False
        if status != 401:
            if status < 500 and status not in (408, 429):
                self._bearers.accepted(bearer, request.url.path)
            return False
        if isinstance(bearer, Key):
            note(response, self._bearers.settings.rejection)
        wait = self._bearers.refused(bearer, request.url.path)
        if 0 < wait < math.inf:
            remember(response, wait)
        return wait <= 0

    def __repr__(self) -> str:
        if "_bearers" not in vars(self):  # shown by a reporter while the constructor fails
            return f"{type(self).__name__}(unfinished)"
        return f"{type(self).__name__}(base_url={self.base_url!r}, {self.sources['credentials']})"

    def __copy__(self) -> GlooAuth:
        return self

    def __deepcopy__(self, memo: object) -> GlooAuth:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("GlooAuth holds credentials and is not pickled: create one per process.")


class BoundAuth(AnyAuth):
    """A `GlooAuth` as one SDK client uses it: it exchanges on that client's own HTTP client.

    It acts only where the SDK left the placeholder: a caller's own `Authorization` header, or an
    omitted one, stays as it is.
    """

    def __init__(self, auth: GlooAuth, http_client: Any) -> None:
        self.auth = auth
        self._client = http_client

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        if not is_marked(request):
            return _pass(request)
        _check_way(request.url, self._client)
        return self.auth.flow(request, self._client)

    def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        if not is_marked(request):
            return _apass(request)
        _check_way(request.url, self._client)
        return self.auth.aflow(request, self._client)


def _check_way(url: Any, client: Any) -> None:
    if url.scheme == "http":
        check_direct(url, client)


def _pass(request: Any) -> Generator[Any, Any, None]:
    response = yield request
    if response.status_code >= 400:
        _note_other_bearer(response)
        read_error(response)


async def _apass(request: Any) -> AsyncGenerator[Any, Any]:
    response = yield request
    if response.status_code >= 400:
        _note_other_bearer(response)
        await aread_error(response)


def _note_other_bearer(response: Any) -> None:
    """Say why a 401 is none of ours: the SDK's own client cannot, and sends any key as it is."""
    if response.status_code == 401:
        log.warning(
            "Gloo answered 401 to an Authorization header that the request brought with it. For "
            "GlooAuth to set it, make openai's client with api_key=gloo_openai.PLACEHOLDER."
        )


def _shown(scheme: str, host: str, port: int | None) -> str:
    return f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}"
