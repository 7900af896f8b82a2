"""What a client's request becomes on its way to Gloo: pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .. import AUTO, RoutingError, auto_model
from ..endpoints import embeddings_path, path_of, url_of
from ..routing import Defaults, route
from .errors import RefusedError

PASSED_UP = ("accept", "accept-encoding", "user-agent", "x-request-id", "traceparent", "tracestate")
"""The client's headers that Gloo gets to see; its Authorization, the proxy's key, is not one."""
CONNECTION = (
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)
"""What is for one connection only (RFC 9110 §7.6.1)."""
HOST = (
    "alt-svc",
    "date",
    "location",
    "server",
    "set-cookie",
    "strict-transport-security",
    "www-authenticate",
)
"""What speaks of the host that answered, which the client does not talk to."""


@dataclass(frozen=True)
class Plan:
    """One request to Gloo."""

    url: str
    body: Mapping[str, Any]
    model: str
    """How the model is chosen, as a model name."""


def completion(body: bytes, base_url: str, defaults: Defaults, *, force_model: bool) -> Plan:
    """A chat completion, routed; with `force_model` the default model answers whatever was asked.

    Raises:
        RefusedError: the body is not what Gloo could answer.
    """
    fields = _json_object(body)
    if force_model:
        for name in ("model", "auto_routing", "model_family"):
            fields.pop(name, None)
    try:
        routed, path = route(fields, path_of("chat/completions", base_url), defaults)
    except RoutingError as error:
        raise RefusedError(400, str(error), "routing") from None
    return Plan(url_of(path, base_url), routed, _model(routed))


def embeddings(body: bytes, base_url: str) -> Plan:
    """Embeddings pass as they are, to the one path that has them (protocol §1)."""
    fields = _json_object(body)
    path = embeddings_path(path_of("embeddings", base_url))
    return Plan(url_of(path, base_url), fields, str(fields.get("model", "-")))


def request_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The client's headers as Gloo gets them, byte by byte."""
    passed = {name: headers[name] for name in PASSED_UP if name in headers}
    # Bytes are passed on as they come: compressed only for a client that asked for it.
    passed.setdefault("accept-encoding", "identity")
    passed["content-type"] = "application/json"
    return [(name.encode(), value.encode("latin-1")) for name, value in passed.items()]


def response_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Gloo's headers as the client gets them: not those that were for the proxy itself."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    dropped = {*CONNECTION, *HOST, *named}
    return {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() not in dropped
        and not name.lower().startswith("access-control-")
        and value.isascii()
    }


def error_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """`response_headers` for an answer whose body is written anew."""
    kept = response_headers(headers)
    return {name: value for name, value in kept.items() if not name.startswith("content-")}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        fields: object = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise RefusedError(400, "The body must be a JSON object.", "invalid_json")
    return cast("dict[str, Any]", fields)


def _model(routed: Mapping[str, Any]) -> str:
    if "model" in routed:
        return str(routed["model"])
    family = routed.get("model_family")
    return auto_model(family) if family else AUTO
