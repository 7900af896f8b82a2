"""What one stream has carried so far, and what it ends with if it breaks off (protocol §5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import openai
from openai import APIResponseValidationError

from ..errors import ErrorDetails, StreamCutOffError
from ..http_libraries import DECODING_ERRORS, TIMEOUTS, TRANSPORT_ERRORS
from ..shapes import as_list, as_object
from .error_bodies import (
    describe,
    details_of,
    hint,
    parse_body,
    status_of,
    stream_error,
)
from .errors import annotated, request_body, status_error
from .on_routing import OnRouting, Report
from .types import GlooChatCompletionChunk, RoutingMetadata


class StreamRecord:
    """What the chunks of one stream have carried so far."""

    def __init__(self, response: Any, on_routing: OnRouting | None) -> None:
        self.fields: dict[str, Any] = {}
        """Everything beside the choices, the latest that said something."""
        self.text_parts: list[str] = []
        self.finished = False
        self._begun = False
        self._event: Any = None
        self._response = response
        self._report = Report(on_routing)
        self._last_extra: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The text of the first choice so far."""
        return "".join(self.text_parts)

    def is_data(self, event: Any) -> bool:
        """Note an event before the SDK reads it; whether it has data, and is no id or pause."""
        if event.data.startswith("[DONE]"):
            self.finished = True
        self._event = event
        return bool(event.data.strip())

    def take(self, chunk: GlooChatCompletionChunk | None) -> GlooChatCompletionChunk:
        """Note what a chunk carried, and hand it on; the SDK makes None of an event of `null`.

        Raises:
            openai.APIStatusError: the chunk is an error.
        """
        self._begun = True
        if chunk is None:
            return GlooChatCompletionChunk.construct(choices=[], data=None)
        extra = chunk.model_extra
        if extra and extra != self._last_extra:  # most chunks of a stream repeat the same
            self._note(extra)
        for name in ("id", "model", "created"):
            if name not in self.fields and (value := getattr(chunk, name)):
                self.fields[name] = value
        if chunk.usage is not None:
            self.fields["usage"] = chunk.usage
        try:
            failed = self._read_choices(chunk)
        except (AttributeError, TypeError):  # choices that are none: nothing to note
            failed = False
        if failed or (extra and not chunk.choices):
            body = stream_error(self._event.json(), named=self._event_is_error)
            if body is not None:
                raise self.failed(body)
        return chunk

    @property
    def _event_is_error(self) -> bool:
        return self._event is not None and self._event.event == "error"

    def _note(self, extra: dict[str, Any]) -> None:
        cited = as_list(self.fields.get("citations"))
        self.fields.update({k: v for k, v in extra.items() if v is not None and v != []})
        if cited:  # several events may bring some
            new = as_list(extra.get("citations"))
            self.fields["citations"] = cited + [row for row in new if row not in cited]
        self._last_extra = extra

    def _read_choices(self, chunk: GlooChatCompletionChunk) -> bool:
        failed = False
        for choice in chunk.choices:
            text: object = choice.delta.content
            if isinstance(text, str) and choice.index == 0:
                self.text_parts.append(text)
            if choice.finish_reason:
                self.finished = True
                failed = failed or cast("str", choice.finish_reason) == "error"
        return failed

    def failed(self, body: object) -> openai.APIStatusError:
        """The SDK's exception for an error that came in the middle of the stream."""
        details = self._details(body)
        status = status_of(details)
        request = self._response.request
        response = type(self._response)(status, request=request)
        message = f"{describe(status, body, details)}, in the middle of a stream"
        advice = hint(status, details, request_body(request), request.url.path, refreshed=False)
        raised = status_error(
            status,
            f"{message}\n{advice}" if advice else message,
            response=response,
            body=as_object(as_object(body).get("error")) or body,
        )
        return cast("openai.APIStatusError", self._with_text(raised, details))

    def translated(self, error: Exception) -> Exception:
        """What breaks off a stream, as an exception of the SDK's that has the text so far."""
        unread = isinstance(error, ValueError)
        # The SDK found an `error` in an event, or could not read one that is named so.
        if type(error) is openai.APIError or (unread and self._event_is_error):
            return self.failed(parse_body(self._event.data.encode()))
        if isinstance(error, (*TIMEOUTS, openai.APITimeoutError)):
            timeout = openai.APITimeoutError(self._response.request)
            return cast("Exception", self._with_text(timeout))
        if isinstance(error, TRANSPORT_ERRORS) or type(error) is openai.APIConnectionError:
            return self.cut_off("the connection broke")
        if isinstance(error, DECODING_ERRORS):
            return self.cut_off(f"what arrived could not be decoded ({error})")
        if unread:
            return self.invalid(f"an event of the stream is not valid JSON: {error}")
        return error

    def invalid(self, message: str) -> APIResponseValidationError:
        """The exception for a stream that cannot be read."""
        body = {"text": self.text}
        error = APIResponseValidationError(self._response, body, message=message)
        return cast("APIResponseValidationError", self._with_text(error))

    def cut_off(self, how: str) -> StreamCutOffError:
        """The exception for an answer that is not whole."""
        length = len(self.text)
        kind = self._response.headers.get("content-type", "")
        odd = (
            f" (its content type is {kind}, not an event stream)"
            if "event-stream" not in kind
            else ""
        )
        error = StreamCutOffError(
            message=f"The answer was cut off after {length} characters: {how}{odd}. "
            "What had arrived is in the error's `text`.",
            request=self._response.request,
            text=self.text,
        )
        return cast("StreamCutOffError", self._with_text(error))

    def report(self) -> None:
        """Tell `on_routing`, once, what the stream carried."""
        if self._begun and self._report.is_due:
            self._report(RoutingMetadata.read(self.fields))

    def _details(self, body: object) -> ErrorDetails:
        """What an error says of itself; the trace id may have come with an earlier chunk."""
        details = details_of(body, self._response.headers)
        return replace(details, trace_id=details.trace_id or self.fields.get("trace_id"))

    def _with_text(self, error: Any, details: ErrorDetails | None = None) -> Any:
        error.text = self.text
        return annotated(error, details or self._details(None))
