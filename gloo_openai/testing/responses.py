"""The Responses API: from a request and the answer that a test chose to the `response` object."""

from __future__ import annotations

import secrets
from typing import Any

from .answers import Answer
from .catalogue import outputs
from .checks import has_tradition
from .shapes import Json, as_list, as_object
from .usage import response_usage, tokens_in
from .words import text_of

# One transparent pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response(
    body: Json, answer: Answer, row: Json, *, bare: bool, floor: int | None, now: float
) -> Json:
    """The answer to this request from the model of this row of the catalogue.

    A `bare` passthrough knows neither a tradition nor a `text.format`; else the format is kept to,
    but within a fence. Fewer `max_output_tokens` than `floor` are all spent on reasoning.
    """
    if answer.body is not None:
        return dict(answer.body)
    message = _message(body, answer, structured=not bare)
    tradition = has_tradition(body) and not bare
    limit = body.get("max_output_tokens")
    spent = floor is not None and limit is not None and limit < floor
    cut = _cut(message, limit)
    reason = _INCOMPLETE.get(answer.finish_reason or ("length" if cut or spent else ""))
    status = "incomplete" if reason else "completed"
    output = _reasoning(message, row)
    if not spent:
        output += _images(row, answer) + _texts(message, row, answer, status) + _calls(message)
    whole: Json = {
        "id": f"resp_{secrets.token_hex(16)}",
        "object": "response",
        "created_at": int(now),
        "status": status,
        "model": body["model"],
        "output": output,
        "usage": response_usage(body, output, row, tradition=tradition),
    }
    if reason:
        whole["incomplete_details"] = {"reason": reason}
    return whole | dict(answer.fields)


def chat_of(body: Json) -> Json:
    """This request as one for a chat completion, for who answers in the same words."""
    given = body["input"]
    items = as_list(given) or [{"role": "user", "content": given}]
    messages = [message for item in items if (message := _as_message(item))]
    if body.get("instructions"):
        messages = [{"role": "system", "content": body["instructions"]}, *messages]
    nested = [_nested(tool) for tool in as_list(body.get("tools"))]
    choice = body.get("tool_choice")
    return {
        "messages": messages or [{"role": "user", "content": ""}],
        "tools": [tool for tool in nested if tool.get("type") == "function"],
        "tool_choice": _nested(choice) if isinstance(choice, dict) else choice,
    }


def _message(body: Json, answer: Answer, *, structured: bool) -> Json:
    """The assistant's message, as chat completions have it."""
    chat = chat_of(body)
    shape = as_object(as_object(body.get("text")).get("format"))
    if structured and shape.get("type") in {"json_schema", "json_object"}:
        chat["response_format"] = {"type": shape["type"], "json_schema": shape}
    message = answer.assistant_message(chat)
    if "response_format" in chat and not answer.is_chosen and message.get("content"):
        message["content"] = f"```json\n{message['content']}\n```"
    return message


def _cut(message: Json, limit: int | None) -> bool:
    """Cut the text to so many tokens; whether there was more."""
    text = message.get("content") or ""
    if limit is None or tokens_in(text) <= limit:
        return False
    message["content"] = text[: 4 * limit]
    return True


def _reasoning(message: Json, row: Json) -> list[Json]:
    thought = message.get("reasoning_content")
    if not thought and not row.get("supports_reasoning"):
        return []
    summary = [{"type": "summary_text", "text": thought}] if thought else []
    return [{"type": "reasoning", "id": f"rs_{secrets.token_hex(16)}", "summary": summary}]


def _images(row: Json, answer: Answer) -> list[Json]:
    if answer.is_chosen or "image" not in outputs(row):
        return []
    return [
        {
            "type": "image_generation_call",
            "id": f"ig_{secrets.token_hex(16)}",
            "status": "completed",
            "result": PNG,
        }
    ]


def _texts(message: Json, row: Json, answer: Answer, status: str) -> list[Json]:
    speaks = "text" in outputs(row)
    if not isinstance(message.get("content"), str) or not (speaks or answer.is_chosen):
        return []
    return [
        {
            "type": "message",
            "id": f"msg_{secrets.token_hex(16)}",
            "role": "assistant",
            "status": status,
            "content": [{"type": "output_text", "text": message["content"], "annotations": []}],
        }
    ]


def _calls(message: Json) -> list[Json]:
    return [
        {
            "type": "function_call",
            "id": f"fc_{secrets.token_hex(16)}",
            "call_id": call["id"],
            "name": call["function"]["name"],
            "arguments": call["function"]["arguments"],
            "status": "completed",
        }
        for call in as_list(message.get("tool_calls"))
    ]


def _as_message(item: Json) -> Json | None:
    match item.get("type", "message"):
        case "message":
            return {"role": item["role"], "content": text_of(item["content"])}
        case "function_call":
            call = {"id": item["call_id"], "type": "function", "function": item}
            return {"role": "assistant", "content": None, "tool_calls": [call]}
        case "function_call_output":
            output = text_of(item["output"])
            return {"role": "tool", "tool_call_id": item["call_id"], "content": output}
        case _:
            return None


def _nested(tool: Any) -> Json:
    """A tool, or the choice of one, in the form of chat completions."""
    given = as_object(tool)
    if given.get("type") != "function" or as_object(given.get("function")):
        return given
    function = {key: value for key, value in given.items() if key != "type"}
    return {"type": "function", "function": function}
