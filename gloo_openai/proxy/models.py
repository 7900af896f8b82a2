"""`/v1/models`: Gloo's catalogue, and the pseudo models that stand for its routing."""

from __future__ import annotations

from typing import Any

import openai
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .. import AUTO, AsyncGlooOpenAI, RoutingError, auto_model
from .errors import RefusedError, from_exception

FAMILIES = ("openai", "anthropic", "google", "open source")
"""The families of Gloo's V2 guide, there whatever the catalogue says (protocol §3)."""


class Catalogue:
    """The endpoints of `/v1/models`; every request asks Gloo anew, since models come and go."""

    def __init__(self, client: AsyncGlooOpenAI) -> None:
        self._client = client

    async def index(self, _request: Request) -> Response:
        """`GET /v1/models`."""
        return JSONResponse({"object": "list", "data": await self._rows()})

    async def one(self, request: Request) -> Response:
        """`GET /v1/models/{model}`."""
        wanted = request.path_params["model"]
        found = next((row for row in await self._rows() if row["id"] == wanted), None)
        if found is None:
            raise RefusedError(
                404, "There is no such model: /v1/models lists them.", "model_not_found"
            )
        return JSONResponse(found)

    async def _rows(self) -> list[dict[str, Any]]:
        try:
            models = [model async for model in self._client.models.list()]
        except openai.OpenAIError as error:
            raise from_exception(error) from None
        rows = [model.to_dict(mode="json", warnings=False) for model in models]
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


def _openai_row(row: dict[str, Any]) -> dict[str, Any]:
    owner = str(row.get("provider_id") or row.get("family") or "gloo").partition("/")[0]
    return {"object": "model", "created": 0, "owned_by": owner, **row}
