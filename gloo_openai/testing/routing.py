"""How the local Gloo picks a model, and how it says so in the response."""

from __future__ import annotations

import uuid
import zlib

from .catalogue import find, outputs, text_models
from .checks import has_tradition
from .refusals import field_error, invalid, invalid_request
from .shapes import Json
from .words import question_in

FAMILIES = ("OpenAI", "Anthropic", "Google", "Open Source")
WORDS_PER_TIER = 25
_INSTEAD = "for images use the Responses API, POST /ai/v2/guarded/responses"


def route(body: Json, models: list[Json]) -> Json:
    """The routing metadata of the response, the model first; refuses all but one mechanism."""
    active = [name for name in ("auto_routing", "model_family", "model") if body.get(name)]
    if len(active) != 1:
        given = " and ".join(active) or "none"
        rule = "exactly one of auto_routing, model_family and model is required"
        raise invalid_request(f"{rule}; got {given}")
    metadata = _direct(body, models) if active == ["model"] else _routed(body, models)
    if has_tradition(body):
        metadata["tradition"] = body["tradition"]
    return metadata | {"trace_id": uuid.uuid4().hex}


def row_of(model: str, models: list[Json], *, unknown: int) -> Json:
    """The row of the catalogue for this model; `unknown` is the status if there can be none.

    The catalogue is never complete, so an id of the right form is good; a pseudo model is not.
    """
    row = find(model, models)
    if row is None and (not model.startswith(("gloo-", "us.")) or model.startswith("gloo-auto")):
        raise invalid_request(f"unknown model: {model}", status=unknown)
    return row or {"id": model}


def check_tools(row: Json, body: Json) -> None:
    """Refuse tools for a model that has none."""
    if row.get("supports_tools") is False and body.get("tools"):
        raise invalid_request(f"{row['id']} does not support tools")


def _direct(body: Json, models: list[Json]) -> Json:
    row = row_of(body["model"], models, unknown=404)
    check_tools(row, body)
    if "text" not in outputs(row):
        raise invalid_request(f"{row['id']} does not answer in text: {_INSTEAD}")
    return _metadata(row, auto=False) | {"routing_mechanism": "direct_model_selection"}


def _routed(body: Json, models: list[Json]) -> Json:
    auto = body.get("auto_routing") is True
    rows = text_models(models, tools=bool(body.get("tools")))
    if not auto:
        family = _canonical_family(body["model_family"], models)
        rows = [row for row in rows if row.get("family") == family]
    if not rows:
        raise invalid_request("no model fits this request")
    question = question_in(body)
    tier = min(4, 1 + len(question.split()) // WORDS_PER_TIER)
    return _metadata(rows[(tier - 1) % len(rows)], auto=auto) | {
        "routing_mechanism": "auto_routing" if auto else "model_family",
        "routing_tier": f"tier_{tier}",
        "routing_confidence": round(
            0.5 + zlib.crc32(question.encode(errors="replace")) % 450 / 1000, 3
        ),
    }


def _metadata(row: Json, *, auto: bool) -> Json:
    return {
        "model": row["id"],
        "provider": "Gloo AI",
        "model_family": row.get("family") or _family_of(row["id"]),
        "auto_routing": auto,
    }


def _canonical_family(asked: str, models: list[Json]) -> str:
    listed = [str(row["family"]) for row in models if row.get("family")]
    families = {name.lower(): name for name in (*FAMILIES, *listed)}
    if asked.lower() not in families:
        msg = "Input should be " + " or ".join(repr(name) for name in families)
        raise invalid(field_error("model_family", "literal_error", msg, asked))
    return families[asked.lower()]


def _family_of(model: str) -> str:
    return next((name for name in FAMILIES if name.lower() in model.lower()), "Open Source")
