"""Whole Responses streams as OpenAI sends them, and the same as Gloo may: drawn for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

TEXTS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4)
PARTS = st.lists(
    st.tuples(st.sampled_from(["output_text", "refusal"]), TEXTS), min_size=1, max_size=2
)
ITEMS = st.lists(
    st.one_of(
        st.tuples(st.just("message"), PARTS),
        st.tuples(st.just("function_call"), TEXTS),
        st.tuples(st.just("reasoning"), st.lists(TEXTS, max_size=2)),
        st.tuples(st.just("image_generation_call"), st.just([])),
    ),
    max_size=4,
)
MISSING = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.done",
    "response.refusal.done",
    "response.function_call_arguments.done",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_part.done",
    "response.reasoning_summary_text.done",
    "response.image_generation_call.in_progress",
    "response.image_generation_call.completed",
]
"""What Gloo has been seen, or may be feared, to leave out."""


def whole_stream(items: list[tuple[str, Any]], status: str = "completed") -> list[Json]:
    """Every event of a response with these items, nested and numbered."""
    response: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1760000000,
        "status": "in_progress",
        "model": "gloo-anthropic-claude-sonnet-4.6",
        "output": [],
    }
    events: list[Json] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
    ]
    output: list[Json] = []
    for index, (kind, drawn) in enumerate(items):
        last = index == len(items) - 1
        item, inner = _item(kind, drawn, index, status if last else "completed")
        events += [event | {"output_index": index} for event in inner]
        output.append(item)
    final = {**response, "status": status, "output": output, "usage": USAGE}
    if status == "incomplete":
        final["incomplete_details"] = {"reason": "max_output_tokens"}
    events.append({"type": f"response.{status}", "response": final})
    return [event | {"sequence_number": number} for number, event in enumerate(events)]


USAGE = {"input_tokens": 870, "output_tokens": 5, "total_tokens": 875, "cost": 0.002}


def as_gloo(events: list[Json], missing: set[str], *, flat: bool) -> list[Json]:
    """The same stream without these events, and with the response flattened into its events.

    Of a flattened stream some of it cannot be made up again: what a call is named, and an image.
    """
    kept = [event for event in events if event["type"] not in missing or (flat and _needed(event))]
    return [_flat(event) if flat else event for event in kept]


def _needed(event: Json) -> bool:
    kind = event.get("item", {}).get("type")
    return event["type"] == "response.output_item.done" and kind in (
        "function_call",
        "image_generation_call",
        "reasoning",
    )


def _flat(event: Json) -> Json:
    response = {n: v for n, v in event.get("response", {}).items() if n not in ("output", "object")}
    return {n: v for n, v in event.items() if n not in ("response", "sequence_number")} | response


def _item(kind: str, drawn: Any, index: int, status: str) -> tuple[Json, list[Json]]:
    name = {"item_id": f"{kind}_{index}"}
    base: Json = {"id": name["item_id"], "type": kind}
    inner: list[Json] = []
    if kind == "message":
        begun = {**base, "role": "assistant", "status": "in_progress", "content": []}
        content = []
        for at, (part, texts) in enumerate(drawn):
            whole, grown = _part(part, texts, "content_part", {**name, "content_index": at})
            content.append(whole)
            inner += grown
        item = {**begun, "status": status, "content": content}
    elif kind == "function_call":
        call = {"call_id": f"call_{index}", "name": "next_service"}
        begun = {**base, **call, "status": "in_progress", "arguments": ""}
        item = {**begun, "status": status, "arguments": "".join(drawn)}
        inner = list(_text("function_call_arguments", "arguments", drawn, name))
    elif kind == "reasoning":
        begun, summary = {**base, "summary": []}, []
        for at, texts in enumerate(drawn):
            place = {**name, "summary_index": at}
            whole, grown = _part("summary_text", texts, "reasoning_summary_part", place)
            summary.append(whole)
            inner += grown
        item = {**begun, "summary": summary}
    else:
        begun = {**base, "status": "in_progress", "result": None}
        item = {**begun, "status": status, "result": "aGk="}
        stages = ("in_progress", "completed")
        inner = [{"type": f"response.image_generation_call.{each}", **name} for each in stages]
    added = {"type": "response.output_item.added", "item": begun}
    return item, [added, *inner, {"type": "response.output_item.done", "item": item}]


def _part(kind: str, texts: list[str], event: str, place: Json) -> tuple[Json, list[Json]]:
    field = "refusal" if kind == "refusal" else "text"
    empty: Json = {"type": kind, field: ""} | ({"annotations": []} if kind == "output_text" else {})
    whole = {**empty, field: "".join(texts)}
    name = "reasoning_summary_text" if kind == "summary_text" else kind
    return whole, [
        {"type": f"response.{event}.added", **place, "part": empty},
        *_text(name, field, texts, place),
        {"type": f"response.{event}.done", **place, "part": whole},
    ]


def _text(name: str, field: str, texts: list[str], place: Json) -> Iterator[Json]:
    logprobs: Json = {"logprobs": []} if name == "output_text" else {}
    for text in texts:
        yield {"type": f"response.{name}.delta", **place, "delta": text, **logprobs}
    yield {"type": f"response.{name}.done", **place, field: "".join(texts), **logprobs}
