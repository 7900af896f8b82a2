"""What a Responses request may say: refused is what Gloo is known to refuse."""

from __future__ import annotations

from collections.abc import Iterator

from .checks import range_errors, type_errors
from .refusals import field_error, invalid, invalid_request
from .shapes import Json, as_list, as_object

_FIELDS = {
    "model": "string",
    "instructions": "string",
    "max_output_tokens": "int",
    "parallel_tool_calls": "bool",
    "stream": "bool",
    "temperature": "float",
    "tools": "list",
    "tradition": "string",
}
# What an earlier answer has and a request must not send back.
_OF_AN_ANSWER = ("id", "status")


def check_response(body: Json, *, flat_tools: bool) -> None:
    """Refuse a request for a response if Gloo would.

    A 422 lists the fields that are wrong. A 400 is for what each provider alone would take: no
    model, function tools in OpenAI's flat form (unless `flat_tools`), and in the input the items
    and fields of earlier answers that Gloo does not take back.
    """
    errors = [*_input_errors(body), *type_errors(body, _FIELDS)]
    if not errors:
        errors += range_errors(body, "max_output_tokens", 1)
        errors += range_errors(body, "temperature", 0, 2)
    if errors:
        raise invalid(*errors)
    if not body.get("model"):
        raise invalid_request("model is required")
    if not flat_tools:
        _check_tools(body)
    for index, item in enumerate(as_list(body["input"])):
        _check_item(f"input[{index}]", item)


def _input_errors(body: Json) -> Iterator[Json]:
    given = body.get("input")
    items = as_list(given)
    if given is None:
        yield field_error("input", "missing", "Field required", body)
    elif given in ("", []):
        yield field_error("input", "too_short", "Input should not be empty", given)
    elif not isinstance(given, str) and not items:
        yield field_error("input", "list_type", "Input should be a string or a list", given)
    elif not all(isinstance(item, dict) for item in items):
        yield field_error("input", "value_error", "Value error, every item is an object", given)


def _check_tools(body: Json) -> None:
    for index, tool in enumerate(as_list(body.get("tools"))):
        flat = as_object(tool).get("type") == "function" and not as_object(tool.get("function"))
        if flat:
            raise invalid_request(f"tools[{index}].function is required")
    choice = as_object(body.get("tool_choice"))
    if choice.get("type") == "function" and not as_object(choice.get("function")):
        raise invalid_request("tool_choice.function is required")


def _check_item(where: str, item: Json) -> None:
    kind = item.get("type", "message")
    if kind == "reasoning":
        raise invalid_request(f"{where}: items of type 'reasoning' are not accepted")
    for field in _OF_AN_ANSWER:
        if field in item:
            raise invalid_request(f"{where}.{field}: unknown parameter")
    required = {
        "message": ("role", "content"),
        "function_call": ("call_id", "name", "arguments"),
        "function_call_output": ("call_id", "output"),
    }
    for field in required.get(kind, ()):
        if item.get(field) is None:
            raise invalid_request(f"{where}.{field} is required")
