"""From the SDK's answer to Gloo's: which types a response is read into, and who is told of it.

The clients call this where the SDK processes a response (`_process_response`), so `create`,
`parse`, raw and streaming responses, `client.post` and every framework get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openai import APIResponseValidationError, AsyncStream, NotGiven, OpenAIError, Stream
from openai._legacy_response import LegacyAPIResponse
from openai._response import APIResponse, AsyncAPIResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

from ..endpoints import call_of
from ..errors import GuardrailRefusalError
from ..shapes import as_object
from .assembly import SHAPE_ERRORS, assembled
from .catalogue import AsyncGlooModelPage, GlooModelPage
from .error_bodies import error_within
from .errors import OF_200, answered_error
from .events import looks_like_events
from .metadata import routing_metadata
from .on_routing import OnRouting, Report
from .streams import AsyncGlooStream, GlooStream
from .types import Answer, GlooChatCompletion, GlooChatCompletionChunk, GlooParsedChatCompletion
from .ways import Way, arrived

__all__ = ["UNREADABLE", "checked", "expect", "reread", "stream_class"]

PAGES = (GlooModelPage, AsyncGlooModelPage)
OBJECTS = (Answer, *PAGES)
RAW: Any = (LegacyAPIResponse, APIResponse, AsyncAPIResponse)
UNREADABLE = (ValueError, RecursionError)
"""What is raised by an answer that the SDK cannot read as JSON; so is what cannot be parsed."""


SILENT = Report(None)
"""For answers that nobody asked to be told of."""


def stream_class(url: str, stream_cls: Any) -> Any:
    """Ours for the class of a stream that is called for at this URL, if it is the SDK's."""
    way = way_of(url)
    return way.type_for(stream_cls) if way else stream_cls


def expect(answer: dict[str, Any], on_routing: OnRouting | None) -> Report:
    """Have the SDK read an answer into Gloo's types; gives who is told of it.

    `answer` has the keywords of the SDK's `_process_response`. Its `options`, the SDK's own copy
    for this one attempt, get a parser that reports the answer's routing metadata, and gives a
    parsed completion Gloo's fields.
    """
    options = answer["options"]
    way = way_of(options.url)
    report = Report(on_routing) if way and on_routing else SILENT
    types = way or COMPLETIONS
    if not answer["stream"]:  # a raw response keeps its stream by the type that was asked for
        answer["cast_to"] = types.type_for(answer["cast_to"])
    if way or not isinstance(options.post_parser, NotGiven):
        options.post_parser = Parser(options.post_parser, report, answer, types)
    if answer["stream"]:
        answer["stream_cls"] = types.type_for(answer["stream_cls"])
    return report


def checked(result: Any, answer: Mapping[str, Any], report: Report) -> Any:
    """The SDK's result, if it is of the type that was asked for.

    Raises:
        openai.APIResponseValidationError: Gloo answered with something else, such as HTML.
        openai.APIStatusError: Gloo answered with an error, though the status was 200.
    """
    if answer["stream"] or isinstance(result, OBJECTS):
        return result
    raw = isinstance(result, RAW)
    if raw:
        result = _with_checked_parse(result, answer)
    else:
        _check_type(result, answer)
    if way_of(answer["options"].url) and (report.is_due or not raw):
        _look_into(answer["response"], report, raise_error=not raw)
    return result


def way_of(url: str) -> Way | None:
    """How the answer to a call is read; None: it is none of those that Gloo adds to."""
    call = call_of(url)
    if call == "response":
        # The SDK's types of them are many: only who calls for one pays for them.
        from .response_reading import RESPONSES

        return _beta_responses() if "beta=true" in url else RESPONSES
    return COMPLETIONS if call == "completion" else None


def _beta_responses() -> Way | None:
    try:
        from .beta_responses import BETA_RESPONSES
    except ImportError:  # this SDK has none
        return None
    return BETA_RESPONSES


def _look_into(response: Any, report: Report, *, raise_error: bool) -> None:
    """Tell of an answer that nobody has parsed, or not into a completion."""
    try:
        body = as_object(response.json())
    except Exception:  # noqa: BLE001 - not JSON; or not read yet: each library has its own
        return
    failure = error_within(body)
    if failure is not None and raise_error:
        raise answered_error(failure, response, OF_200)
    if body and failure is None and report.is_due:
        report(routing_metadata(body))


def _check_type(result: Any, answer: Mapping[str, Any]) -> None:
    kind = answer["cast_to"]
    asked = isinstance(kind, type) and issubclass(kind, OBJECTS)
    if asked and isinstance(result, (str, type(None))):
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
        except UNREADABLE as error:
            failure = error
        return reread(failure, answer)

    async def checked_async_parse(*, to: Any = None) -> Any:
        try:
            return result_of(await parse(to=to), to)
        except UNREADABLE as error:
            failure = error
        return reread(failure, answer)

    awaits = isinstance(cast("object", raw), AsyncAPIResponse)
    raw.parse = checked_async_parse if awaits else checked_parse
    return raw


def reread(error: Exception, answer: Mapping[str, Any]) -> Any:
    """An answer that the SDK could not read, if it is an event stream that calls itself JSON.

    Raises:
        openai.APIResponseValidationError: it is cut, or not UTF-8, or nested too deeply.
        Exception: `error`, if the answer is JSON.
    """
    response, parser = answer["response"], answer["options"].post_parser
    try:
        response.json()
    except UNREADABLE:
        text = response.content.decode("utf-8", "replace")
    else:
        raise error
    if isinstance(parser, Parser) and parser.is_of_gloo:
        whole = parser(text)
        if whole is not text:
            return whole
    message = f"Gloo's answer is not valid JSON: {text.strip()[:120]!r}"
    raise APIResponseValidationError(response, text, message=message)


class Parser:
    """What the SDK calls with a value it has read: reports it, and parses it further."""

    def __init__(self, inner: Any, report: Report, answer: Mapping[str, Any], way: Way) -> None:
        self._report = report
        self._inner = inner
        self._response = answer["response"]
        self._way = way
        self.is_of_gloo = answer["cast_to"] is way.whole

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str) and self._came_as_events():
            value = self._way.assembled(self._response)
        if value is None or isinstance(value, (str, Stream, AsyncStream)):
            return cast("Any", value)
        if self._report.is_due and not error_within(as_object(value)):
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
        except (ValueError, OpenAIError) as error:
            better = self._way.unparsed(error, value) if self.is_of_gloo else None
            if better is None:
                raise
            raise better from error
        return self._way.parsed(parsed, value)

    def _came_as_events(self) -> bool:
        return self.is_of_gloo and looks_like_events(self._response.content)


def _parsed(parsed: Any, completion: Any) -> Any:
    """A parsed completion with Gloo's fields; anything else as it is."""
    if not isinstance(parsed, ParsedChatCompletion):
        return parsed
    fields = {**arrived(parsed), "usage": completion.usage}
    return GlooParsedChatCompletion.construct(_fields_set=set(parsed.model_fields_set), **fields)


def _unparsed(_: Exception, completion: Any) -> Exception | None:
    """What is wrong with a completion that could not be parsed: a guardrail has answered."""
    if not completion.guardrail_refusal:
        return None
    return GuardrailRefusalError(text=_text(completion), completion=completion)


def _text(completion: GlooChatCompletion) -> str:
    """What an answer says in words."""
    said = (choice.message.content or choice.message.refusal for choice in completion.choices)
    return next((text for text in said if text), "")


def _body(value: Any) -> object:
    return value.to_dict(warnings=False) if isinstance(value, Answer) else None


COMPLETIONS = Way(
    whole=GlooChatCompletion,
    types={
        ChatCompletion: GlooChatCompletion,
        ChatCompletionChunk: GlooChatCompletionChunk,
        Stream[ChatCompletionChunk]: GlooStream,
        Stream[GlooChatCompletionChunk]: GlooStream,
        AsyncStream[ChatCompletionChunk]: AsyncGlooStream,
        AsyncStream[GlooChatCompletionChunk]: AsyncGlooStream,
    },
    assembled=assembled,
    parsed=_parsed,
    unparsed=_unparsed,
)
