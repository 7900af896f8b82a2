"""The fields of a request, checked as Gloo checks them: a 422 lists all that are wrong."""

from __future__ import annotations

from collections.abc import Iterator

from .refusals import field_error, invalid, invalid_request
from .shapes import Json, as_list, as_object
from .wire import SeenRequest

TRADITIONS = ("evangelical", "catholic", "mainline", "not_faith_specific")
CACHE_TTLS = ("5m", "1h")

# What each JSON type is called in a 422, and what it is in Python.
_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "string": (str,),
    "list": (list,),
}
_FIELDS = {
    "stream": "bool",
    "temperature": "float",
    "max_tokens": "int",
    "max_completion_tokens": "int",
    "n": "int",
    "tools": "list",
}
_V2_FIELDS = {
    "model": "string",
    "model_family": "string",
    "auto_routing": "bool",
    "tradition": "string",
}
_GROUNDED_FIELDS = {
    "rag_publisher": "string",
    "sources_limit": "int",
    "include_citations": "bool",
}


def json_object(request: SeenRequest) -> Json:
    """The body, which has to be a JSON object and to be called one."""
    given = request.json
    body = as_object(given)
    is_object = body is given
    if request.content_type == "application/json" and is_object:
        return body
    msg = "Input should be a valid dictionary or object to extract fields from"
    text = request.body.decode(errors="replace")
    raise invalid({"type": "model_attributes_type", "loc": ["body"], "msg": msg, "input": text})


def check_completion(body: Json, *, v2: bool, grounded: bool) -> None:
    """Refuse a request for a completion if its fields are wrong.

    Fields that an endpoint does not know are ignored: Gloo's own ones by V1, those of grounding by
    everything that is not grounded. What Gloo does with them there is not documented.
    """
    fields = _FIELDS | (_V2_FIELDS if v2 else {}) | (_GROUNDED_FIELDS if grounded else {})
    errors = [*_message_errors(body), *type_errors(body, fields)]
    if not errors:
        errors = [*range_errors(body, "temperature", 0, 2)]
        for field in ("max_tokens", "max_completion_tokens", "n"):
            errors += range_errors(body, field, 1)
        if v2:
            errors += _tradition_errors(body)
        if grounded:
            errors += range_errors(body, "sources_limit", 1, 10)
    if errors:
        raise invalid(*errors)


def has_tradition(body: Json) -> bool:
    """Whether the answer comes from a tradition: Gloo drops one that it does not know."""
    return str(body.get("tradition")).lower() in TRADITIONS


def check_cache(request: SeenRequest) -> None:
    """Refuse an `X-Cache-TTL` that Gloo does not have."""
    ttl = request.headers.get("x-cache-ttl")
    if ttl is not None and ttl not in CACHE_TTLS:
        raise invalid_request(f"X-Cache-TTL must be one of {', '.join(CACHE_TTLS)}")


def _message_errors(body: Json) -> Iterator[Json]:
    given = body.get("messages")
    messages = as_list(given)
    roles = [as_object(message).get("role") for message in messages]
    if "messages" not in body:
        yield field_error("messages", "missing", "Field required", body)
    elif not isinstance(given, list):
        yield field_error("messages", "list_type", "Input should be a valid list", given)
    elif not messages:
        msg = "List should have at least 1 item after validation, not 0"
        yield field_error("messages", "too_short", msg, messages)
    elif not all(isinstance(role, str) for role in roles):
        msg = "Value error, every message is an object with a role"
        yield field_error("messages", "value_error", msg, messages)
    elif roles[-1] not in {"user", "tool"}:
        msg = "Value error, the last message must be from the user or a tool"
        yield field_error("messages", "value_error", msg, messages)


def type_errors(body: Json, fields: dict[str, str]) -> Iterator[Json]:
    """An entry for each of these fields that is there and not of its kind."""
    for field, kind in fields.items():
        value = body.get(field)
        # bool is an int to Python, but not to JSON.
        right = isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))
        if value is not None and not right:
            yield field_error(field, f"{kind}_type", f"Input should be a valid {kind}", value)


def _tradition_errors(body: Json) -> Iterator[Json]:
    tradition = body.get("tradition") or ""
    if tradition.lower() == "not_faith_specific" and not body.get("model"):
        msg = "Value error, not_faith_specific needs a model"
        yield field_error("tradition", "value_error", msg, tradition)


def range_errors(body: Json, field: str, low: int, high: int | None = None) -> Iterator[Json]:
    """An entry if this field is there and out of its range."""
    value = body.get(field)
    if value is not None and value < low:
        msg = f"Input should be greater than or equal to {low}"
        yield field_error(field, "greater_than_equal", msg, value)
    elif value is not None and high is not None and value > high:
        msg = f"Input should be less than or equal to {high}"
        yield field_error(field, "less_than_equal", msg, value)
