"""From the SDK's answer to Gloo's: which types a response is read into, and who is told of it.

The clients call this where the SDK processes a response (`_process_response`), so `create`,
`parse`, raw and streaming responses, `client.post` and every framework get the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from openai import APIResponseValidationError, AsyncStream, NotGiven, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

from .metadata import routing_metadata
from .models import AsyncGlooModelPage, GlooModelPage
from .routing import COMPLETIONS
from .shapes import as_list, as_object
from .streams import AsyncGlooStream, GlooStream
from .types import (
    GlooChatCompletion,
    GlooChatCompletionChunk,
    GlooParsedChatCompletion,
    RoutingMetadata,
)

__all__ = ["OnRouting", "checked", "expected", "readable"]

log = logging.getLogger("gloo_openai")

OnRouting = Callable[[RoutingMetadata], object]

TYPES: dict[object, Any] = {
    ChatCompletion: GlooChatCompletion,
    ChatCompletionChunk: GlooChatCompletionChunk,
    Stream[ChatCompletionChunk]: GlooStream,
    AsyncStream[ChatCompletionChunk]: AsyncGlooStream,
}
OBJECTS = (GlooChatCompletion, GlooModelPage, AsyncGlooModelPage)
# What the SDK's own parsing raises when an answer has not the shape it relies on.
SHAPE_ERRORS = (AttributeError, TypeError, KeyError, IndexError, AssertionError)


class Report:
    """Tells a callback about one answer, once; what it raises is logged and goes no further."""

    def __init__(self, callback: OnRouting | None) -> None:
        self._callback = callback

    def __call__(self, answer: object) -> None:
        callback, self._callback = self._callback, None
        if callback is None:
            return
        try:
            callback(routing_metadata(answer))
        except Exception:
            log.exception("on_routing raised; the answer is not affected")


def expected(answer: Mapping[str, Any], on_routing: OnRouting | None) -> dict[str, Any]:
    """The keywords of the SDK's `_process_response`, asking for Gloo's types.

    `answer["options"]`, the SDK's own copy for this one attempt, get a parser that reports the
    answer's routing metadata, and gives a parsed completion Gloo's fields.
    """
    options = answer["options"]
    completion = COMPLETIONS.search(options.url.partition("?")[0])
    report = Report(on_routing if completion else None)
    options.post_parser = _parser(options.post_parser, report, answer["response"])
    return {
        **answer,
        "cast_to": TYPES.get(answer["cast_to"], answer["cast_to"]),
        "stream_cls": TYPES.get(answer["stream_cls"], answer["stream_cls"]),
    }


def checked(result: Any, answer: Mapping[str, Any]) -> Any:
    """The SDK's result, if it is of the type that was asked for.

    Raises:
        openai.APIResponseValidationError: Gloo answered with something else, such as HTML.
    """
    if isinstance(result, str) and answer["cast_to"] in OBJECTS:
        kind = answer["response"].headers.get("content-type", "no content type")
        raise APIResponseValidationError(
            answer["response"],
            result,
            message=f"Gloo's answer is no JSON object but {kind}: {result.strip()[:120]!r}",
        )
    return result


def unreadable(error: Exception, response: Any) -> Exception:
    """A JSON answer that is cut or not UTF-8, as the SDK's exception; else the error itself."""
    try:
        response.json()
    except ValueError:
        text = response.content.decode("utf-8", "replace")
        message = f"Gloo's answer is not valid JSON: {text.strip()[:120]!r}"
        return APIResponseValidationError(response, text, message=message)
    return error


def readable(data: object, cast_to: object, response: Any) -> object:
    """A decoded body in the shape that the SDK can build its types from.

    Raises:
        openai.APIResponseValidationError: the body of a completion is no JSON object.
    """
    if cast("Any", cast_to) in OBJECTS and not isinstance(data, dict):
        message = f"Gloo's answer is no JSON object: {json.dumps(data)[:120]}"
        raise APIResponseValidationError(response, data, message=message)
    return data  # pyright: ignore[reportUnknownVariableType]


def whole_chunk(data: Any) -> dict[str, Any]:
    """An event as a chunk: an event that is no object is kept, a missing index is counted."""
    if not isinstance(data, dict):
        return {"choices": [], "data": data}
    chunk = cast("dict[str, Any]", data)
    choices: object = chunk.get("choices")
    if choices is None:
        return {**chunk, "choices": []}
    for choice in as_list(choices):
        if isinstance(choice, dict) and not ("index" in choice and choice.get("delta")):
            whole = [_whole_choice(*row) for row in enumerate(as_list(choices))]
            return {**chunk, "choices": whole}
    return chunk


def _whole_choice(index: int, choice: object) -> object:
    fields = as_object(choice)
    return {"index": index, **fields, "delta": fields.get("delta") or {}} if fields else choice


def _parser(inner: Any, report: Report, response: Any) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if isinstance(value, (str, Stream, AsyncStream)):
            return cast("Any", value)
        report(value)
        if isinstance(inner, NotGiven):
            return value
        try:
            parsed = inner(value)
        except SHAPE_ERRORS as error:
            message = f"Gloo's answer has not the shape of a completion: {error}"
            raise APIResponseValidationError(response, _body(value), message=message) from error
        return gloo_parsed(parsed)

    return parse


def gloo_parsed(parsed: Any) -> Any:
    """A parsed completion with Gloo's fields; anything else as it is."""
    if not isinstance(parsed, ParsedChatCompletion):
        return parsed
    return GlooParsedChatCompletion.construct(
        _fields_set=set(parsed.model_fields_set), **dict(cast("Any", parsed))
    )


def _body(value: Any) -> object:
    return value.to_dict(warnings=False) if isinstance(value, GlooChatCompletion) else None
