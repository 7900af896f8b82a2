"""A Responses answer as the events of a stream, in the two forms that there are.

The documented form nests the response under `response`, as OpenAI does. The live one is flattened:
the event is itself the response, without its `output`, and most of the events around a message are
missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from .shapes import Json
from .streams import pieces_of

_NEVER_FLAT = ("output", "object", "created_at")


def response_events(
    answer: Json, *, nested: bool, leave_out: Collection[str] | None
) -> Iterator[Json]:
    """The events of this answer; those whose types are in `leave_out` are missing.

    None leaves out what each form is known to leave out: of the nested one nothing.
    """
    number = 0
    for event in _every_event(answer):
        if event["type"] in leave_out if leave_out is not None else _rare(event) and not nested:
            continue
        yield event | {"sequence_number": number} if nested else _flat(event)
        number += 1


def _every_event(answer: Json) -> Iterator[Json]:
    begun = {key: value for key, value in answer.items() if key != "incomplete_details"}
    begun |= {"status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(answer.get("output", [])):
        begun = item | _NOTHING_YET.get(item.get("type"), {})
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        for event in _within(item):
            yield event | {"item_id": item.get("id"), "output_index": index}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{answer.get('status', 'completed')}", "response": answer}


_NOTHING_YET: dict[str, Json] = {
    "message": {"status": "in_progress", "content": []},
    "function_call": {"status": "in_progress", "arguments": ""},
    "image_generation_call": {"status": "in_progress", "result": None},
    "reasoning": {"summary": []},
}


def _within(item: Json) -> Iterable[Json]:
    match item.get("type"):
        case "message":
            return _text_events(item.get("content", []))
        case "function_call":
            return _argument_events(item)
        case "image_generation_call":
            stages = ("in_progress", "generating", "completed")
            return [{"type": f"response.image_generation_call.{stage}"} for stage in stages]
        case _:
            return []


def _text_events(content: list[Json]) -> Iterator[Json]:
    for index, part in enumerate(content):
        at = {"content_index": index}
        text = part.get("text", "")
        yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}
        for piece in pieces_of(text):
            yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **at, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **at, "part": part}


def _argument_events(call: Json) -> Iterator[Json]:
    arguments = call.get("arguments", "")
    size = -(-len(arguments) // 3) or 1
    for start in range(0, len(arguments), size):
        piece = arguments[start : start + size]
        yield {"type": "response.function_call_arguments.delta", "delta": piece}
    done = {"name": call.get("name"), "arguments": arguments}
    yield {"type": "response.function_call_arguments.done", **done}


def _rare(event: Json) -> bool:
    """Whether the live API was not seen to send it; without the item of a call there is no call."""
    if "item" in event:
        return bool(event["item"].get("type") == "message")
    return event["type"].removeprefix("response.") in {
        "in_progress",
        "content_part.added",
        "content_part.done",
        "function_call_arguments.done",
    }


def _flat(event: Json) -> Json:
    within = event.get("response", {})
    apart = ("response", "logprobs")
    return {key: value for key, value in event.items() if key not in apart} | {
        key: value for key, value in within.items() if key not in _NEVER_FLAT and value is not None
    }
