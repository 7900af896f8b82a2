"""`/v1/models`: Gloo's catalogue, and the pseudo models that stand for its routing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import openai
from starlette.requests import Request
from starlette.responses import Response

from .. import AUTO, AsyncGlooOpenAI, GlooModel, RoutingError, auto_model
from .errors import FORCE_MODEL, RefusedError, from_exception

FAMILIES = ("openai", "anthropic", "google", "open source")
"""The families of Gloo's V2 guide, there whatever the catalogue says (protocol §3)."""


class Catalogue:
    """The endpoints of `/v1/models`; every request asks Gloo anew, since models come and go."""

    def __init__(self, client: AsyncGlooOpenAI) -> None:
        self._client = client

    async def index(self, _request: Request) -> Response:
        """`GET /v1/models`."""
        return _json({"object": "list", "data": await self._rows()})

    async def one(self, request: Request) -> Response:
        """`GET /v1/models/{model}`."""
        wanted = request.path_params["model"]
        found = next((row for row in await self._rows() if row["id"] == wanted), None)
        if found is None:
            raise RefusedError(404, f"There is no such model. {FORCE_MODEL}", "model_not_found")
        return _json(found)

    async def no_model(self) -> RefusedError:
        """What a Responses call is refused with that names no model: it names three."""
        try:
            models = await self._models()
        except RefusedError as refused:
            found = f"GET /v1/models lists them, as soon as it can ({refused})"
        else:
            found = f"such as {', '.join(models_for_responses(models)) or 'one of GET /v1/models'}"
        return RefusedError(
            400,
            "Gloo's Responses API does not choose a model, and the request names none of Gloo's. "
            f"Name one, {found}, or start the proxy with --responses-model and its name.",
            "model_required",
        )

    async def _models(self) -> list[GlooModel]:
        try:
            return [model async for model in self._client.models.list()]
        except openai.OpenAIError as error:
            raise from_exception(error) from None

    async def _rows(self) -> list[dict[str, Any]]:
        models = await self._models()
        rows = [model.to_dict(warnings=False) for model in models]
        names = pseudo_models([model.family for model in models])
        return [_openai_row({"id": name}) for name in names] + [_openai_row(row) for row in rows]


def pseudo_models(families: list[str | None]) -> list[str]:
    """`AUTO` and one name for each family: those that are known, and those of the catalogue."""
    names = [AUTO]
    listed = sorted(family.lower() for family in families if family)
    for family in dict.fromkeys((*FAMILIES, *listed)):
        try:
            names.append(auto_model(family))
        except RoutingError:  # a family that no model name can say
            continue
    return names


def models_for_responses(models: Iterable[GlooModel]) -> list[str]:
    """Three models that answer in text and call tools, of different families if there are such."""
    fit = [
        model
        for model in models
        if "text" in model.output_modalities and model.supports_tools is not False
    ]
    fit.sort(key=lambda model: (model.is_deprecated is True, model.supports_tools is None))
    first_of_each = {model.family: model.id for model in reversed(fit)}
    first = [model.id for model in fit if first_of_each[model.family] == model.id]
    return list(dict.fromkeys([*first, *(model.id for model in fit)]))[:3]


def _json(body: object) -> Response:
    """Others' words may have half a surrogate pair, which only JSON's own escapes can say."""
    return Response(json.dumps(body), media_type="application/json")


def _openai_row(row: dict[str, Any]) -> dict[str, Any]:
    owner = str(row.get("provider_id") or row.get("family") or "gloo").partition("/")[0]
    return {"object": "model", "created": 0, "owned_by": owner, **row}
