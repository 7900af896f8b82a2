"""An example value for a JSON schema: what a model that keeps to the schema might answer."""

from __future__ import annotations

import math
from typing import Any

from .shapes import Json, as_list, as_object

_FORMATS = {
    "date": "2025-12-25",
    "date-time": "2025-12-25T08:00:00Z",
    "time": "08:00:00Z",
    "duration": "P1D",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_DEEP = 8
_LONG = 50


def example(schema: Json, name: str = "text") -> Any:
    """A value that fits `schema`; a string says the name of the property it fills.

    It knows types, `enum`, `const`, `format`, lengths, bounds, `$ref`, `allOf` and unions, and
    nothing of `pattern` or `multipleOf`. What is no schema is a ValueError.
    """
    try:
        return _Example(schema).of(schema, name)
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error


class _Example:
    def __init__(self, root: Json) -> None:
        self._root = root

    def of(self, schema: Json, name: str, depth: int = 0) -> Any:
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        match _kind(schema):
            case "object":
                value: Any = self._object(schema, depth)
            case "array":
                value = self._array(schema, name, depth)
            case "integer" | "number" as kind:
                value = _number(schema, whole=kind == "integer")
            case "boolean":
                value = True
            case "null":
                value = None
            case _:
                value = _string(schema, name)
        return value

    def _object(self, schema: Json, depth: int) -> Json:
        properties = as_object(schema.get("properties"))
        required = schema.get("required", list(properties))
        return {
            name: self.of(as_object(value), name, depth + 1)
            for name, value in properties.items()
            if name in required
        }

    def _array(self, schema: Json, name: str, depth: int) -> list[Any]:
        count = schema.get("minItems", 0 if depth > _DEEP else 1)
        return [self.of(as_object(schema.get("items")), name, depth + 1) for _ in range(count)]

    def _resolved(self, schema: Json, depth: int) -> Json:
        """The schema behind references, conjunctions and unions."""
        for _ in range(_LONG):
            rest = dict(schema)
            if "$ref" in schema:
                schema = self._referred(rest.pop("$ref")) | rest
            elif "allOf" in schema:
                parts = [self._resolved(part, depth) for part in rest.pop("allOf")]
                schema = _merged([rest, *parts])
            elif union := schema.get("anyOf") or schema.get("oneOf"):
                # A recursive schema ends where its union lets it.
                null_first = depth > _DEEP
                schema = min(union, key=lambda branch: (branch.get("type") == "null") != null_first)
            else:
                return schema
        raise ValueError("references that go round in circles")

    def _referred(self, reference: str) -> Json:
        target = self._root
        for step in reference.lstrip("#/").split("/"):
            target = as_object(target.get(step)) if step else target
        return target


def _kind(schema: Json) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kinds = as_list(kind) or [kind]
    return next((str(each) for each in kinds if each != "null"), "null")


def _merged(parts: list[Json]) -> Json:
    whole: Json = {}
    for part in parts:
        properties = {**as_object(whole.get("properties")), **as_object(part.get("properties"))}
        required = [*as_list(whole.get("required")), *as_list(part.get("required"))]
        whole |= part
        if properties:
            whole |= {"properties": properties, "required": required}
    return whole


def _number(schema: Json, *, whole: bool) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        value: float = (low + high) / 2
    elif low is not None:
        value = max(1, low + 1)
    else:
        value = 1 if high is None else min(1, high - 1)
    if not whole:
        return float(value)
    return math.ceil(value) if "exclusiveMinimum" in schema else math.floor(value)


def _string(schema: Json, name: str) -> str:
    value = _FORMATS.get(str(schema.get("format")), name)
    return value.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
