"""From the SDK's answer to Gloo's: which types a response is read into, and who is told of it.

The clients call this where the SDK processes a response (`_process_response`), so `create`,
`parse`, raw and streaming responses, `client.post` and every framework get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openai import APIResponseValidationError, AsyncStream, NotGiven, Stream
from openai._legacy_response import LegacyAPIResponse
from openai._response import APIResponse, AsyncAPIResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

from ..endpoints import COMPLETIONS
from .catalogue import AsyncGlooModelPage, GlooModelPage
from .metadata import routing_metadata
from .on_routing import OnRouting, Report
from .streams import AsyncGlooStream, GlooStream
from .types import GlooChatCompletion, GlooChatCompletionChunk, GlooParsedChatCompletion

__all__ = ["SHAPE_ERRORS", "checked", "expect", "unreadable"]

TYPES: dict[object, Any] = {
    ChatCompletion: GlooChatCompletion,
    ChatCompletionChunk: GlooChatCompletionChunk,
    Stream[ChatCompletionChunk]: GlooStream,
    Stream[GlooChatCompletionChunk]: GlooStream,
    AsyncStream[ChatCompletionChunk]: AsyncGlooStream,
    AsyncStream[GlooChatCompletionChunk]: AsyncGlooStream,
}
OBJECTS = (GlooChatCompletion, GlooModelPage, AsyncGlooModelPage)
RAW: Any = (LegacyAPIResponse, APIResponse, AsyncAPIResponse)
# What the SDK's own parsing raises when an answer has not the shape it relies on.
SHAPE_ERRORS = (AttributeError, TypeError, KeyError, IndexError, AssertionError)


SILENT = Report(None)
"""For answers that nobody asked to be told of."""


def expect(answer: dict[str, Any], on_routing: OnRouting | None) -> Report:
    """Have the SDK read an answer into Gloo's types; gives who is told of it.

    `answer` has the keywords of the SDK's `_process_response`. Its `options`, the SDK's own copy
    for this one attempt, get a parser that reports the answer's routing metadata, and gives a
    parsed completion Gloo's fields.
    """
    options = answer["options"]
    completion = on_routing and COMPLETIONS.search(options.url.partition("?")[0])
    report = Report(on_routing) if completion else SILENT
    if completion or not isinstance(options.post_parser, NotGiven):
        options.post_parser = Parser(options.post_parser, report, answer["response"])
    answer["cast_to"] = TYPES.get(answer["cast_to"], answer["cast_to"])
    if answer["stream"]:
        answer["stream_cls"] = TYPES.get(answer["stream_cls"], answer["stream_cls"])
    return report


def checked(result: Any, answer: Mapping[str, Any], report: Report) -> Any:
    """The SDK's result, if it is of the type that was asked for.

    Raises:
        openai.APIResponseValidationError: Gloo answered with something else, such as HTML.
    """
    if answer["stream"] or isinstance(result, OBJECTS):
        return result
    if isinstance(result, RAW):
        result = _with_checked_parse(result, answer)
    else:
        _check_type(result, answer)
    if report.is_due:
        _report_body(answer["response"], report)
    return result


def _report_body(response: Any, report: Report) -> None:
    """Tell of an answer that nobody has parsed, or not into a completion."""
    try:
        body = response.json()
    except Exception:  # noqa: BLE001 - not JSON; or not read yet: each library has its own
        return
    if isinstance(body, dict):
        report(routing_metadata(cast("object", body)))


def _check_type(result: Any, answer: Mapping[str, Any]) -> None:
    if answer["cast_to"] in OBJECTS and isinstance(result, (str, type(None))):
        kind = answer["response"].headers.get("content-type", "no content type")
        message = f"Gloo's answer is no JSON object but {kind}: {str(result).strip()[:120]!r}"
        raise APIResponseValidationError(answer["response"], result, message=message)


def _with_checked_parse(raw: Any, answer: Mapping[str, Any]) -> Any:
    """A raw response whose `parse` raises what a call that is not raw does."""
    parse = raw.parse

    def result_of(parsed: Any, to: object) -> Any:
        if to is None:
            _check_type(parsed, answer)
        return parsed

    def checked_parse(*, to: Any = None) -> Any:
        try:
            return result_of(parse(to=to), to)
        except ValueError as error:
            failure = unreadable(error, answer["response"])
        raise failure

    async def checked_async_parse(*, to: Any = None) -> Any:
        try:
            return result_of(await parse(to=to), to)
        except ValueError as error:
            failure = unreadable(error, answer["response"])
        raise failure

    awaits = isinstance(cast("object", raw), AsyncAPIResponse)
    raw.parse = checked_async_parse if awaits else checked_parse
    return raw


def unreadable(error: Exception, response: Any) -> Exception:
    """A JSON answer that is cut or not UTF-8, as the SDK's exception; else the error itself."""
    try:
        response.json()
    except ValueError:
        text = response.content.decode("utf-8", "replace")
        message = f"Gloo's answer is not valid JSON: {text.strip()[:120]!r}"
        return APIResponseValidationError(response, text, message=message)
    return error


class Parser:
    """What the SDK calls with a value it has read: reports it, and parses it further."""

    def __init__(self, inner: Any, report: Report, response: Any) -> None:
        self._report = report
        self._inner = inner
        self._response = response

    def __call__(self, value: Any) -> Any:
        if value is None or isinstance(value, (str, Stream, AsyncStream)):
            return cast("Any", value)
        if self._report.is_due:
            self._report(routing_metadata(value))
        if isinstance(self._inner, NotGiven):
            return value
        try:
            parsed = self._inner(value)
        except SHAPE_ERRORS as error:
            message = f"Gloo's answer has not the shape of a completion: {error}"
            raise APIResponseValidationError(
                self._response, _body(value), message=message
            ) from error
        return gloo_parsed(parsed, value)


def gloo_parsed(parsed: Any, completion: Any) -> Any:
    """A parsed completion with Gloo's fields; anything else as it is."""
    if not isinstance(parsed, ParsedChatCompletion):
        return parsed
    fields = {**dict(cast("Any", parsed)), "usage": completion.usage}
    return GlooParsedChatCompletion.construct(_fields_set=set(parsed.model_fields_set), **fields)


def _body(value: Any) -> object:
    return value.to_dict(warnings=False) if isinstance(value, GlooChatCompletion) else None
