"""What the local Gloo says when nobody chose the answer: deterministic, and fit to the question."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from .examples import example
from .refusals import invalid_request
from .shapes import Json, as_list, as_object

# The health checks of Gloo's quickstart, and others put in the same words.
_ECHOES = (
    re.compile(r"exactly this string and nothing else:\s*(?P<words>.+)", re.IGNORECASE | re.DOTALL),
    re.compile(r"reply with (?:only|exactly):\s*(?P<words>.+)", re.IGNORECASE | re.DOTALL),
    re.compile(r"one word that is exactly (?P<words>\w+)", re.IGNORECASE),
)


def text_of(content: object) -> str:
    """The text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = [as_object(part) for part in as_list(content)]
    return " ".join(str(part["text"]) for part in parts if "text" in part)


def question_in(body: Json) -> str:
    """The text of the last message from the user, or an empty string."""
    asked = [message for message in body["messages"] if message["role"] == "user"]
    return text_of(asked[-1].get("content")) if asked else ""


def reply_to(body: Json) -> Json:
    """The assistant's message: a tool call, a tool's result, JSON, an echo or a sentence.

    A tool is called if tools are offered and the last message is the user's, after a tool's result
    only if `tool_choice` asks for it: the tool that it names, else the first. Not with `none`.
    """
    last = body["messages"][-1]
    if body.get("tools") and _wants_a_call(body.get("tool_choice"), last):
        return {"role": "assistant", "content": None, "tool_calls": [_call(body)]}
    shape = as_object(body.get("response_format"))
    if shape.get("type") == "json_schema":
        text = json.dumps(_fit(as_object(as_object(shape.get("json_schema")).get("schema"))))
    elif shape.get("type") == "json_object":
        text = json.dumps({"answer": sentence(question_in(body))})
    elif last["role"] == "tool":
        text = f"The tool answered: {text_of(last.get('content'))}"
    else:
        text = sentence(question_in(body))
    return {"role": "assistant", "content": text}


def sentence(question: str) -> str:
    """What was asked to be said, or a sentence that repeats the question."""
    for echo in _ECHOES:
        if found := echo.search(question):
            return found["words"].strip()
    return f"This is the local Gloo, so the answer is made up. You asked: {question}"


def tool_call(name: str, arguments: Mapping[str, Any] | str) -> Json:
    """A call of a function tool, as it stands in a message."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}


def _wants_a_call(choice: object, last: Json) -> bool:
    asked = choice == "required" or isinstance(choice, dict)
    return asked or (last["role"] == "user" and choice != "none")


def _call(body: Json) -> Json:
    functions = [as_object(as_object(tool).get("function")) for tool in body["tools"]]
    named = as_object(as_object(body.get("tool_choice")).get("function")).get("name")
    chosen = next((each for each in functions if each.get("name") == named), functions[0])
    parameters = as_object(chosen.get("parameters"))
    return tool_call(str(chosen.get("name")), _fit(parameters) if parameters else {})


def _fit(schema: Json) -> Any:
    try:
        return example(schema)
    except ValueError as error:
        raise invalid_request(f"not a JSON schema: {error}") from error
