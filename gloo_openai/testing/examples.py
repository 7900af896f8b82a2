"""An example value for a JSON schema: what a model that keeps to the schema might answer."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

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


def example(schema: object, root: Json | None = None, name: str = "text", depth: int = 0) -> Any:
    """A value that fits `schema`; strings are called after the property they fill."""
    if not isinstance(schema, dict):
        return name
    root = schema if root is None else root
    schema = _resolved(schema, root, depth)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind == "object" or "properties" in schema:
        return _object(schema, root, depth)
    if kind == "array":
        count = schema.get("minItems", 0 if depth > _DEEP else 1)
        return [example(schema.get("items"), root, name, depth + 1) for _ in range(count)]
    if kind in {"integer", "number"}:
        return _number(schema, whole=kind == "integer")
    return {"boolean": True, "null": None}.get(str(kind), _string(schema, name))


def _resolved(schema: Json, root: Json, depth: int) -> Json:
    """The schema behind `$ref`, `allOf` and the first fitting branch of a union."""
    while True:
        if "$ref" in schema:
            target: Any = root
            for step in str(schema["$ref"]).lstrip("#/").split("/"):
                target = target.get(step, {}) if isinstance(target, dict) and step else target
            schema = {key: value for key, value in schema.items() if key != "$ref"} | target
        elif "allOf" in schema:
            parts = [_resolved(part, root, depth) for part in schema["allOf"]]
            schema = {key: value for key, value in schema.items() if key != "allOf"}
            for part in parts:
                properties = {**schema.get("properties", {}), **part.get("properties", {})}
                required = [*schema.get("required", []), *part.get("required", [])]
                schema |= part
                if properties:
                    schema |= {"properties": properties, "required": required}
        elif union := schema.get("anyOf") or schema.get("oneOf"):
            null = [branch for branch in union if branch.get("type") == "null"]
            others = [branch for branch in union if branch not in null]
            # A recursive schema ends where its union lets it.
            schema = (null or others)[0] if depth > _DEEP else (others or null)[0]
        else:
            return schema


def _object(schema: Json, root: Json, depth: int) -> Json:
    properties: Json = schema.get("properties", {})
    required = schema.get("required", list(properties))
    return {
        name: example(value, root, name, depth + 1)
        for name, value in properties.items()
        if name in required
    }


def _number(schema: Json, *, whole: bool) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + 1
    if high is None and "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - 1
    value = low if low is not None else 1
    if high is not None and value > high:
        value = high
    return int(value) if whole else float(value)


def _string(schema: Json, name: str) -> str:
    value = _FORMATS.get(str(schema.get("format")), name)
    return value.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
