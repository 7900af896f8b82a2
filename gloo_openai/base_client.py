"""What the two clients share: settings, the auth hook, routing, errors and retries.

What only a call or a failure needs is imported there, as the SDK does it: building a client stays
cheap.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import openai
from openai import NotGiven, not_given
from openai._base_client import BaseClient
from pydantic import BaseModel

from .auth import (
    PLACEHOLDER,
    BoundAuth,
    EnvFile,
    GlooAuth,
    SecretOrText,
    Vault,
    api_url,
    check_other_credentials,
    credentials_of_copy,
    default_model_of,
    direct_mounts,
    hidden,
    is_detour,
    refuse_openais,
    take_credentials,
)
from .calls import rewrite
from .endpoints import Endpoint, endpoint_of, is_v1, with_endpoint
from .http_libraries import is_client
from .routing import Defaults, Tradition, gloo_body, is_pseudo_model, is_settled, named_model

if TYPE_CHECKING:
    from .answers import OnRouting

__all__ = ["GlooBase"]

COMPLETIONS_URL = "/chat/completions"
"""As the SDK's own `create`, `parse` and `stream` write it."""
NO_WEBSOCKET = "wss://gloo-has-no-websocket.invalid"
"""Stands in for a websocket URL while a client is copied; the client never uses it."""


class NoWebsocketError(openai.OpenAIError, AttributeError):
    """What looks through a client's attributes, as `inspect` and `mock` do, finds none here."""


class GlooBase(BaseClient[Any, Any]):
    """The half of a client that does no I/O, so that there is one of it.

    It comes before the SDK's class in the bases and meets the SDK at hooks that mean the same in
    every supported version (docs/internals.md).
    """

    _http_kind: ClassVar[type[Any]]
    """The HTTP client that the SDK makes for itself."""

    def _take_options(
        self,
        *,
        api_key: Any = None,
        client_id: SecretOrText | None = None,
        client_secret: SecretOrText | None = None,
        credentials: Vault | None = None,
        auth: GlooAuth | None = None,
        base_url: Any = None,
        token_url: str | None = None,
        endpoint: Endpoint | None = None,
        env_file: EnvFile | NotGiven = not_given,
        allow_insecure_http: bool = False,
        default_model: str | None = None,
        tradition: Tradition | None = None,
        rag_publisher: str | None = None,
        sources_limit: int | None = None,
        include_citations: bool | None = None,
        grounded: bool | None = None,
        on_routing: OnRouting | None = None,
        websocket_base_url: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Keep what is Gloo's of a constructor's keywords; gives what the SDK's is called with."""
        if inspect.iscoroutinefunction(on_routing):
            raise openai.OpenAIError(
                "on_routing= is called and not awaited: give a plain function."
            )
        refuse_openais(options)
        self.on_routing = on_routing
        gloo_body(
            tradition=tradition,
            rag_publisher=rag_publisher,
            sources_limit=sources_limit,
            include_citations=include_citations,
        )
        api_key = None if api_key == PLACEHOLDER else api_key
        given = (client_id, client_secret, credentials, api_key, token_url)
        if auth is not None and any(given):
            raise openai.OpenAIError(
                "auth= brings its own credentials: leave out client_id=, client_secret=, "
                "credentials=, api_key= and token_url=, or auth=."
            )
        self._allow_insecure_http = allow_insecure_http
        self._gloo_auth = auth or GlooAuth(
            client_id,
            client_secret,
            base_url=base_url,
            token_url=token_url,
            env_file=env_file,
            api_key=api_key,
            credentials=credentials,
            allow_insecure_http=allow_insecure_http,
            http_client=self._given_client(options.get("http_client")),
        )
        if default_model is None:
            found = default_model_of(env_file) if auth else None
            default_model = found or self.auth.default_model
        self._defaults = Defaults(
            default_model=default_model or None,
            tradition=tradition,
            rag_publisher=rag_publisher or None,
            sources_limit=sources_limit,
            include_citations=include_citations,
            grounded=grounded,
        )
        insecure = allow_insecure_http or self.auth.allow_insecure_http
        base_url = str(base_url or "").strip()
        url = api_url(base_url, insecure) if base_url else self.auth.base_url
        if endpoint:
            url = with_endpoint(url, endpoint, base_url)
        if grounded is False and endpoint_of(url) == "grounded":
            raise openai.OpenAIError(
                "grounded=False, and the endpoint is that of grounded answers: leave one of them "
                "out."
            )
        if not options.get("admin_api_key"):
            options.pop("admin_api_key", None)
        if not options.get("http_client") and is_detour(url):
            options["http_client"] = self._http_kind(mounts=direct_mounts(url))
        return {**options, "api_key": PLACEHOLDER, "base_url": url}

    def _given_client(self, http_client: Any) -> Any:
        """The user's own HTTP client, for the exchanges of `auth.token()`; the SDK's own may be
        closed by then, and has nothing that another would not have."""
        own = is_client(http_client) and not isinstance(http_client, self._http_kind)
        return http_client if own else None

    def _settle(self, options: Mapping[str, Any]) -> None:
        """After the SDK's constructor: forget what it took from OPENAI_*, which is not Gloo's."""
        for name in ("organization", "project", "webhook_secret", "admin_api_key"):
            setattr(self, name, options.get(name))
        self._custom_headers = dict(options.get("default_headers") or {})
        self._bound_auth = BoundAuth(self._gloo_auth, self._client)

    def __repr__(self) -> str:
        if "_client" not in vars(self):  # shown by a reporter while the constructor fails
            return f"{type(self).__name__}(unfinished)"
        return f"{type(self).__name__}(base_url={str(self.base_url)!r}, auth={self._gloo_auth!r})"

    @property
    def auth(self) -> GlooAuth:
        """Where this client's bearers come from; give it to another client to share one token."""
        return self._gloo_auth

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none: a real one, or a pseudo model."""
        return self._defaults.default_model

    @property
    def api_key(self) -> str:
        """A placeholder: the bearer is put on each request as it leaves.

        A key that is assigned takes its place as a static bearer, as in code that renews its
        token by hand.
        """
        return PLACEHOLDER

    @api_key.setter
    def api_key(self, value: str) -> None:
        value = hidden(value)
        if value and value != PLACEHOLDER:
            check_other_credentials(self._gloo_auth)
            self._gloo_auth = GlooAuth(
                api_key=value,
                base_url=self.base_url,
                env_file=None,
                allow_insecure_http=self._allow_insecure_http,
            )
            self._bound_auth = BoundAuth(self._gloo_auth, self._client)

    @property
    def websocket_base_url(self) -> Any:
        """Gloo serves no websockets, and the auth hook could not authorize one."""
        raise NoWebsocketError(
            "Gloo has no websocket endpoints (realtime, responses.connect): use "
            "chat.completions.create(stream=True)."
        )

    @websocket_base_url.setter
    def websocket_base_url(self, value: Any) -> None:
        """The SDK's constructor sets it; there is nothing to keep."""

    @cached_property
    def _answers(self) -> ModuleType:
        """Loaded by the first call, and looked up by the others at no cost."""
        from . import answers

        return answers

    def _copy_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the SDK's `copy` is called with, for a copy with these keywords."""
        refuse_openais(options)
        if options.get("api_key") == PLACEHOLDER:  # read from a client like this one
            del options["api_key"]
        names = set(asdict(self._defaults)) & set(options)
        defaults = replace(self._defaults, **{name: options.pop(name) for name in names})
        extra = {
            # The settings were read once: what is derived looks at no file again.
            "env_file": None,
            "allow_insecure_http": self._allow_insecure_http,
            **asdict(defaults),
            "default_model": defaults.default_model or "",
            "on_routing": options.pop("on_routing", self.on_routing),
            **take_credentials(options),
            **options.pop("_extra_kwargs", {}),
        }
        extra |= credentials_of_copy(extra, options, self._gloo_auth)
        endpoint = options.pop("endpoint", None)
        if endpoint:
            given = options.get("base_url")
            options["base_url"] = with_endpoint(str(given or self.base_url), endpoint, given)
        return {**options, "websocket_base_url": NO_WEBSOCKET, "_extra_kwargs": extra}

    def named_model(self, asked: Mapping[str, Any]) -> str | None:
        """What a call without a model says to who reads calls, such as a tracer (`routing`)."""
        name = named_model(asked, self._defaults.default_model)
        return None if is_pseudo_model(name) and is_v1(str(self.base_url)) else name

    @property
    def custom_auth(self) -> Any:
        """The hook for the async client of every version, and the sync one before 2.34."""
        return self._bound_auth

    def _custom_auth(self, security: Any) -> Any:
        """The hook for the sync client since 2.34."""
        return self._bound_auth

    def _make_status_error(self, err_msg: str, *, body: Any, response: Any) -> Any:
        answers = self._answers
        message, sdk_body, details = answers.status_error_parts(body, response)
        error = answers.block(message, sdk_body, response, details)
        if error is None:
            error = super()._make_status_error(message, body=sdk_body, response=response)
        return answers.annotated(error, details)

    def _should_retry(self, response: Any) -> bool:
        answers = self._answers
        details = answers.details_of(answers.parse_body(response.content), response.headers)
        status: int = response.status_code
        verdict: bool | None = answers.may_retry(status, details)
        # Where the SDK retries too, its own bounds hold: it refuses to wait for too long.
        if verdict is None or (verdict and (status in (408, 409, 429) or status >= 500)):
            return super()._should_retry(response)
        return verdict

    def _pause_before_another_try(self, error: Exception, options: Any) -> float | None:
        """Seconds until a call whose answer was none is sent once more; None: it is not.

        The SDK tries again what has a bad status, and knows no answer of 200 that is none.
        """
        retries = options.get_max_retries(self.max_retries)
        sent_twice = options.files is None and options.content is None
        if self._strict_response_validation or retries < 1 or not sent_twice:
            return None
        if not self._answers.worth_another_try(error):
            return None
        return self._calculate_retry_timeout(retries, options)

    def _parse_retry_after_header(self, response_headers: Any = None) -> float | None:
        seconds = super()._parse_retry_after_header(response_headers)
        if seconds is None:
            seconds = self._answers.rate_limit_reset(response_headers or {})
        return seconds

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> Any:
        body: dict[str, Any] | BaseModel | None = options.json_data
        # Most calls of code that was written for OpenAI are settled, so that is looked at first.
        if (
            options.url != COMPLETIONS_URL
            or options.extra_json
            or not isinstance(body, dict)
            or not is_settled(body, self._defaults)
        ):
            rewrite(options, self.base_url, self._defaults)
        return super()._build_request(options, retries_taken=retries_taken)
