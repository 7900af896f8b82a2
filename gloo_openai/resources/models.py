"""Gloo's model catalogue behind `client.models` (protocol §7).

`GET /platform/v2/models` on the origin is public: no token is sent there. Gloo has nothing at
the SDK's own path below the base URL.
"""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import openai
from openai import APIResponseValidationError, Omit
from openai._base_client import AsyncPaginator, make_request_options
from openai.pagination import AsyncPage, SyncPage
from openai.resources.models import AsyncModels, Models
from openai.types.chat import ChatCompletion
from typing_extensions import Unpack

from .error_bodies import ErrorDetails
from .http_libraries import SDK_LIBRARY
from .model_types import GlooModel
from .shapes import as_list, as_object
from .status_errors import annotated

if TYPE_CHECKING:
    from .parameters import RequestParameters

__all__ = ["AsyncGlooModelPage", "AsyncGlooModels", "GlooModelPage", "GlooModels"]

log = logging.getLogger("gloo_openai")

PATH = "/platform/v2/models"
KEPT = 3600.0
"""Seconds for which `price` goes on using the catalogue that it has read."""


class GlooModelPage(SyncPage[GlooModel]):
    """The catalogue; like every page of the SDK it can be iterated over."""

    data: list[GlooModel] = []  # noqa: RUF012 - pydantic copies it
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> GlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))


class AsyncGlooModelPage(AsyncPage[GlooModel]):
    """`GlooModelPage`, for asynchronous clients."""

    data: list[GlooModel] = []  # noqa: RUF012 - pydantic copies it
    object: str = "list"

    @classmethod
    def build(cls, *, response: Any, data: Any) -> AsyncGlooModelPage:
        """Read an answer, as the SDK asks its types to; a malformed row is skipped and logged."""
        return cls.construct(**_without_malformed_rows(data, response))


class GlooModels(Models):
    """`client.models`: Gloo's catalogue, typed, and what an answer cost."""

    _prices: _Catalogue | None = None

    # Narrower in what it returns only: the SDK's pages are invariant in their rows.
    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, **parameters: Unpack[RequestParameters]
    ) -> GlooModelPage:
        """Every model of the catalogue. Being listed does not mean being allowed.

        Raises:
            openai.APIResponseValidationError: the catalogue is no JSON object.
        """
        return self._get_api_list(
            _url(self._client), page=GlooModelPage, model=GlooModel, options=_options(parameters)
        )

    def retrieve(self, model: str, **parameters: Unpack[RequestParameters]) -> GlooModel:
        """One model of the catalogue, by its exact id.

        Raises:
            openai.NotFoundError: there is none; the message names the closest ids.
        """
        page = cast("Any", GlooModelPage)
        options = _options(parameters, post_parser=_picker(model, _url(self._client)))
        return cast("GlooModel", self._get(_url(self._client), cast_to=page, options=options))

    def price(self, completion: ChatCompletion) -> Decimal | None:
        """Dollars that an answer cost by the catalogue; None if it has no price for its model.

        The catalogue is read once an hour. Tokens from Gloo's cache count as any other.
        """
        if self._prices is None or self._prices.is_old:
            self._prices = _Catalogue(self.list())
        return self._prices.price(completion)


class AsyncGlooModels(AsyncModels):
    """`GlooModels`, awaited."""

    _prices: _Catalogue | None = None

    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, **parameters: Unpack[RequestParameters]
    ) -> AsyncPaginator[GlooModel, AsyncGlooModelPage]:
        """Every model of the catalogue. Being listed does not mean being allowed.

        Raises:
            openai.APIResponseValidationError: the catalogue is no JSON object.
        """
        return self._get_api_list(
            _url(self._client),
            page=AsyncGlooModelPage,
            model=GlooModel,
            options=_options(parameters),
        )

    async def retrieve(self, model: str, **parameters: Unpack[RequestParameters]) -> GlooModel:
        """One model of the catalogue, by its exact id.

        Raises:
            openai.NotFoundError: there is none; the message names the closest ids.
        """
        page = cast("Any", AsyncGlooModelPage)
        options = _options(parameters, post_parser=_picker(model, _url(self._client)))
        return cast("GlooModel", await self._get(_url(self._client), cast_to=page, options=options))

    async def price(self, completion: ChatCompletion) -> Decimal | None:
        """Dollars that an answer cost by the catalogue; None if it has no price for its model.

        The catalogue is read once an hour. Tokens from Gloo's cache count as any other.
        """
        if self._prices is None or self._prices.is_old:
            self._prices = _Catalogue(await self.list())
        return self._prices.price(completion)


class _Catalogue:
    """The catalogue as it was read, for prices."""

    def __init__(self, page: GlooModelPage | AsyncGlooModelPage) -> None:
        self._models = {model.id: model for model in page.data}
        self._read_at = time.monotonic()

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self._read_at > KEPT

    def price(self, completion: ChatCompletion) -> Decimal | None:
        # Nothing of an answer is certain to have the type that it is declared with.
        name = cast("object", completion.model)
        model = self._models.get(name) if isinstance(name, str) else None
        if model is None:
            return None
        counted = (
            (model.pricing.input, _count(completion.usage, "prompt_tokens")),
            (model.pricing.output, _count(completion.usage, "completion_tokens")),
        )
        total = Decimal(0)
        for rate, tokens in counted:
            if rate is None or tokens is None:
                return None
            total += rate * tokens / 1_000_000
        return total


def _count(usage: object, name: str) -> int | None:
    tokens = getattr(usage, name, None)
    is_count = isinstance(tokens, int) and not isinstance(tokens, bool) and tokens >= 0
    return tokens if is_count else None


def _url(client: Any) -> str:
    parts = urlsplit(str(client.base_url))
    return f"{parts.scheme}://{parts.netloc}{PATH}"


def _options(parameters: RequestParameters, **internal: Any) -> Any:
    """The SDK's request options; the catalogue is public, so no bearer is sent."""
    headers = {"Authorization": Omit(), **(parameters.get("extra_headers") or {})}
    return cast("Any", make_request_options)(**{**parameters, "extra_headers": headers}, **internal)


def _without_malformed_rows(data: Any, response: Any) -> dict[str, Any]:
    """A catalogue's body without the rows whose id or family is no text (protocol §7)."""
    if not isinstance(data, dict):
        message = "Gloo's model catalogue is no JSON object."
        raise APIResponseValidationError(response, data, message=message)
    body = as_object(cast("object", data))
    kept: list[Mapping[str, Any]] = []
    for row in as_list(body.get("data")):
        model_id, family = (as_object(row).get(name) for name in ("id", "family"))
        if isinstance(model_id, str) and model_id and isinstance(family, (str, type(None))):
            kept.append(row)
        else:
            log.warning("skipped a malformed row of the model catalogue: %.200r", row)
    return {**body, "data": kept}


def _picker(model_id: str, url: str) -> Callable[[GlooModelPage | AsyncGlooModelPage], GlooModel]:
    if not model_id:
        raise ValueError(f"Expected a non-empty value for `model` but received {model_id!r}")

    def pick(page: GlooModelPage | AsyncGlooModelPage) -> GlooModel:
        models = {model.id: model for model in page.data}
        if model_id in models:
            return models[model_id]
        close = closest(model_id, models)
        meant = f" The closest are {', '.join(close)}." if close else ""
        message = f"Gloo's catalogue has no model {model_id!r}.{meant}"
        response = SDK_LIBRARY.Response(404, request=SDK_LIBRARY.Request("GET", url))
        error = openai.NotFoundError(message, response=response, body=None)
        raise annotated(error, ErrorDetails())

    return pick


def closest(model_id: str, ids: Iterable[str]) -> list[str]:
    """At most three of these ids: those that contain what was asked for, else similar ones."""
    asked = model_id.lower()
    names = {each.lower(): each for each in ids}
    containing = [name for name in names if asked in name]
    near = difflib.get_close_matches(asked, containing or names, cutoff=0 if containing else 0.4)
    return [names[name] for name in near]
