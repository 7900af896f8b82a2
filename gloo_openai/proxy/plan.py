"""What a client's request becomes on its way to Gloo: pure functions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .. import AUTO, RoutingError, auto_model
from ..endpoints import embeddings_path, path_of, responses_path, url_of
from ..responses_body import responses_body
from ..routing import Defaults, is_pseudo_model, route
from .errors import RefusedError
from .items import Items

MECHANISMS = ("model", "auto_routing", "model_family")
NO_OBJECT = "The body must be a JSON object."
NOT_GROUNDED = (
    "The proxy was started with --publisher, and Gloo's Responses are not grounded: POST "
    "/v1/chat/completions is. Start another proxy without --publisher for Responses."
)
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
    asked: Mapping[str, Any]
    """The body as the client wrote it."""

    @property
    def is_stream(self) -> bool:
        """Whether the client wants its answer as events."""
        return self.asked.get("stream") is True

    def content(self) -> bytes:
        """The body as it is sent.

        Raises:
            RefusedError: it is nested too deeply.
        """
        try:
            return json.dumps(self.body).encode()
        except RecursionError:
            raise RefusedError(400, NO_OBJECT, "invalid_json") from None


class NoModelError(Exception):
    """A Responses call names no model that could answer it."""


def completion(body: bytes, base_url: str, defaults: Defaults, *, force_model: bool) -> Plan:
    """A chat completion, routed; with `force_model` the default model answers whatever was asked.

    Raises:
        RefusedError: the body is not what Gloo could answer.
    """
    asked = _json_object(body)
    fields = _without(asked, MECHANISMS) if force_model else asked
    try:
        routed, path = route(fields, path_of("chat/completions", base_url), defaults)
    except RoutingError as error:
        raise RefusedError(400, str(error), "routing") from None
    return Plan(url_of(path, base_url), routed, _model(routed), asked)


def response(
    body: bytes, base_url: str, defaults: Defaults, items: Items, *, force_model: bool
) -> Plan:
    """A Responses call; there Gloo chooses no model, so `defaults` has a real one or none.

    Raises:
        NoModelError: neither the call nor `defaults` names one.
        RefusedError: the body is not what Gloo could answer.
    """
    asked = _json_object(body)
    fields = items.resolved(asked)
    if force_model:
        fields = _without(fields, MECHANISMS)
    if is_pseudo_model(fields.get("model")):
        fields = _without(fields, ("model",))
    if not (fields.get("model") or defaults.default_model):
        raise NoModelError
    if defaults.rag_publisher is not None and "rag_publisher" not in fields:
        raise RefusedError(400, NOT_GROUNDED, "routing")
    path = responses_path(path_of("responses", base_url))
    try:
        sent = responses_body(fields, path, defaults)
    except RoutingError as error:
        raise RefusedError(400, str(error), "routing") from None
    return Plan(url_of(path, base_url), sent, str(sent["model"]), asked)


def embeddings(body: bytes, base_url: str) -> Plan:
    """Embeddings pass as they are, to the one path that has them (protocol §1)."""
    fields = _json_object(body)
    path = embeddings_path(path_of("embeddings", base_url))
    return Plan(url_of(path, base_url), fields, str(fields.get("model", "-")), fields)


def request_headers(headers: Mapping[str, str], *, plain: bool) -> list[tuple[bytes, bytes]]:
    """The client's headers as Gloo gets them, byte by byte.

    The answer is compressed only for a client that asks for it, and not where it has to be `plain`.
    """
    passed = {name: headers[name] for name in PASSED_UP if name in headers}
    if plain or "accept-encoding" not in passed:
        passed["accept-encoding"] = "identity"
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
        raise RefusedError(400, NO_OBJECT, "invalid_json")
    return cast("dict[str, Any]", fields)


def _without(fields: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def _model(routed: Mapping[str, Any]) -> str:
    if "model" in routed:
        return str(routed["model"])
    family = routed.get("model_family")
    try:
        return auto_model(family) if family else AUTO
    except RoutingError:  # a family that no model name can say
        return f"{AUTO} ({family})"
