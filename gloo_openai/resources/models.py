"""Gloo's model catalogue behind `client.models` (protocol §7).

`GET /platform/v2/models` on the origin is public: no token is sent there. Gloo has nothing at
the SDK's own path below the base URL.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import openai
from openai import BaseModel, Omit
from openai._base_client import AsyncPaginator, make_request_options
from openai.resources.models import AsyncModels, Models
from typing_extensions import Unpack

from ..answers import (
    AsyncGlooModelPage,
    GlooModel,
    GlooModelPage,
    Prices,
    annotated,
    charged,
    countable,
)
from ..auth import origin
from ..errors import ErrorDetails
from ..http_libraries import SDK_LIBRARY
from ..shapes import as_list, as_object

if TYPE_CHECKING:
    from .parameters import RequestParameters

__all__ = ["CATALOGUE_PATH", "AsyncGlooModels", "GlooModels"]

CATALOGUE_PATH = "/platform/v2/models"


class GlooModels(Models):
    """`client.models`: Gloo's catalogue, typed, and what an answer cost."""

    _prices: Prices | None = None

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

    def price(self, answer: object) -> Decimal | None:
        """Dollars that an answer cost, exactly; None if neither Gloo nor its catalogue says.

        What Gloo says it charged (`usage.cost`) counts where it is there: nothing is sent then.
        Else the tokens count at the catalogue's rates, those from a cache at the cache's rate where
        there is one. The catalogue is read once an hour.

        Args:
            answer: whatever has a `usage` and a `model`: a completion, parsed or of a stream, a
                chunk with the usage, `RoutingMetadata`, an answer of Responses, a dict of these.
        """
        cost = charged(answer)
        if cost is not None or not countable(answer):
            return cost
        if self._prices is None or self._prices.is_old:
            self._prices = Prices(self.list())
        return self._prices.price(answer)


class AsyncGlooModels(AsyncModels):
    """`GlooModels`, awaited."""

    _prices: Prices | None = None

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

    async def price(self, answer: object) -> Decimal | None:
        """Dollars that an answer cost, exactly; None if neither Gloo nor its catalogue says.

        What Gloo says it charged (`usage.cost`) counts where it is there: nothing is sent then.
        Else the tokens count at the catalogue's rates, those from a cache at the cache's rate where
        there is one. The catalogue is read once an hour.

        Args:
            answer: whatever has a `usage` and a `model`: a completion, parsed or of a stream, a
                chunk with the usage, `RoutingMetadata`, an answer of Responses, a dict of these.
        """
        cost = charged(answer)
        if cost is not None or not countable(answer):
            return cost
        if self._prices is None or self._prices.is_old:
            self._prices = Prices(await self.list())
        return self._prices.price(answer)


def _url(client: Any) -> str:
    return origin(str(client.base_url)) + CATALOGUE_PATH


def _options(parameters: RequestParameters, **internal: Any) -> Any:
    """The SDK's request options; the catalogue is public, so no bearer is sent."""
    headers = {"Authorization": Omit(), **(parameters.get("extra_headers") or {})}
    return cast("Any", make_request_options)(**{**parameters, "extra_headers": headers}, **internal)


def _picker(model_id: str, url: str) -> Callable[[Any], Any]:
    """What picks one model of the catalogue, in whatever it was read into (`parse(to=…)`)."""
    if not model_id:
        raise ValueError(f"Expected a non-empty value for `model` but received {model_id!r}")

    def pick(found: Any) -> Any:
        if isinstance(found, (GlooModelPage, AsyncGlooModelPage)):
            return one_of({model.id: model for model in found.data})
        if not isinstance(found, (dict, BaseModel)):  # as text, or as the HTTP response: all of it
            return cast("object", found)
        rows = map(as_object, as_list(dict(cast("Any", found)).get("data")))
        row = one_of({str(row.get("id")): row for row in rows})
        return found.construct(**row) if isinstance(found, BaseModel) else row

    def one_of(models: Mapping[str, Any]) -> Any:
        if model_id not in models:
            raise _not_listed(model_id, url, models)
        return models[model_id]

    return pick


def _not_listed(model_id: str, url: str, ids: Iterable[str]) -> openai.NotFoundError:
    close = closest(model_id, ids)
    meant = f" The closest are {', '.join(close)}." if close else ""
    message = f"Gloo's catalogue has no model {model_id!r}.{meant}"
    response = SDK_LIBRARY.Response(404, request=SDK_LIBRARY.Request("GET", url))
    return annotated(openai.NotFoundError(message, response=response, body=None), ErrorDetails())


def closest(model_id: str, ids: Iterable[str]) -> list[str]:
    """At most three of these ids: those that contain what was asked for, else similar ones."""
    asked = model_id.lower()
    names = {each.lower(): each for each in ids}
    containing = [name for name in names if asked in name]
    near = difflib.get_close_matches(asked, containing or names, cutoff=0 if containing else 0.4)
    return [names[name] for name in near]
