"""The answers: the ones a test chose, and how a completion is made of them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .shapes import Json
from .usage import charged_usage, completion_usage
from .words import reply_to, tool_call

REFUSAL_TEXT = "I'm sorry, but I can't help with that. Is there something else on your mind?"


@dataclass(frozen=True)
class Answer:
    """The next answer, as `LocalGloo.answer` describes it; what is None is made up to fit."""

    text: str | None = None
    tool_calls: Sequence[Mapping[str, Any]] | None = None
    citations: Sequence[Mapping[str, Any]] | None = None
    finish_reason: str | None = None
    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    chunks: Iterable[Mapping[str, Any] | str | bytes] | None = None
    done: bool | None = None
    nested: bool | None = None
    leave_out: Collection[str] | None = None
    status: int = 200
    routed: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_chosen(self) -> bool:
        """Whether a test said what the message is."""
        return self.text is not None or self.tool_calls is not None

    def assistant_message(self, request: Json) -> Json:
        """The message this answer puts into every choice."""
        if self.tool_calls is not None:
            calls = [_tool_call(call) for call in self.tool_calls]
            message: Json = {"role": "assistant", "content": self.text, "tool_calls": calls}
        elif self.text is not None:
            message = {"role": "assistant", "content": self.text}
        else:
            message = reply_to(request)
        return message | dict(self.message)


def refusal(status: int = 200) -> Answer:
    """A guardrail refusal: canned text and an empty model, which no routing metadata goes with."""
    return Answer(text=REFUSAL_TEXT, fields={"model": ""}, routed=False, status=status)


def completion_v1(request: Json, answer: Answer, now: float) -> Json:
    """A `chat.completion` as `/ai/v1` answers it: OpenAI's fields, many of them null."""
    if answer.body is not None:
        return dict(answer.body)
    nulls = dict.fromkeys(("refusal", "annotations", "audio", "function_call", "tool_calls"))
    choices = _choices(request, answer)
    for choice in choices:
        choice |= {"logprobs": None, "message": nulls | choice["message"]}
    details = dict.fromkeys(("completion_tokens_details", "prompt_tokens_details"))
    return {
        "id": f"chatcmpl-{secrets.token_hex(4)}",
        "choices": choices,
        "created": int(now),
        "model": request.get("model") or "us.meta.llama3-3-70b-instruct-v1:0",
        "object": "chat.completion",
        "service_tier": None,
        "system_fingerprint": "fp",
        "usage": completion_usage(request, choices) | details,
    } | dict(answer.fields)


def completion_v2(
    request: Json, answer: Answer, metadata: Json, row: Json, *, cached: bool, now: float
) -> Json:
    """A `chat.completion` as `/ai/v2` answers it, with Gloo's metadata."""
    if answer.body is not None:
        return dict(answer.body)
    alphabet = string.ascii_letters + string.digits
    random = "".join(secrets.choice(alphabet) for _ in range(20))
    choices = _choices(request, answer)
    head = {"id": f"gen-{int(now)}-{random}", "object": "chat.completion", "created": int(now)}
    tradition = "tradition" in metadata
    usage = charged_usage(request, choices, row, tradition=tradition, cached=cached)
    rest = {"choices": choices, "usage": usage}
    if not answer.routed:
        metadata = {}
    elif answer.citations is not None:
        citations = [dict(each) for each in answer.citations]
        metadata = metadata | {"sources_returned": bool(citations), "citations": citations}
    return head | metadata | rest | dict(answer.fields)


def _choices(request: Json, answer: Answer) -> list[Json]:
    message = answer.assistant_message(request)
    reason = answer.finish_reason or ("tool_calls" if message.get("tool_calls") else "stop")
    count = request.get("n") or 1
    return [
        {"finish_reason": reason, "index": index, "message": dict(message)}
        for index in range(count)
    ]


def _tool_call(call: Mapping[str, Any]) -> Json:
    if "function" in call:
        return dict(call)
    made = tool_call(call["name"], call.get("arguments", {}))
    return made | {key: value for key, value in call.items() if key == "id"}
