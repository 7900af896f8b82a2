"""What one stream has carried so far, and what it ends with if it breaks off (protocol §5)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import openai
from openai import APIResponseValidationError

from ..errors import ErrorDetails, StreamCutOffError
from ..http_libraries import DECODING_ERRORS, TIMEOUTS, TRANSPORT_ERRORS
from ..shapes import as_list, as_object
from .error_bodies import details_of
from .errors import annotated, answered_error, request_body
from .on_routing import OnRouting, Report
from .routed import RoutingMetadata
from .types import GlooChatCompletionChunk

__all__ = ["StreamRecord"]

OF_A_STREAM = "the middle of a stream"


class StreamRecord:
    """What the chunks of one stream have carried so far."""

    def __init__(self, response: Any, on_routing: OnRouting | None) -> None:
        self.fields: dict[str, Any] = {}
        """Everything beside the choices, the latest that said something."""
        self.text_parts: list[str] = []
        self.finished = False
        self._begun = False
        self._reasons: set[object] = set()
        self._cited: set[str] = set()
        self._response = response
        self._report = Report(on_routing)
        self._usage_asked = self._report.is_due and _asks_for_usage(response.request)
        self._unsaid = {"id", "model", "created"}
        self._last_extra: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The text of the first choice so far."""
        return "".join(self.text_parts)

    @property
    def routing(self) -> RoutingMetadata:
        """What the stream has said so far of the model, the cost, and a refusal."""
        reasons = [{"finish_reason": reason} for reason in self._reasons]
        return RoutingMetadata.read({**self.fields, "choices": reasons})

    def take(self, chunk: GlooChatCompletionChunk) -> None:
        """Note what a chunk carried."""
        self._begun = True
        extra = chunk.model_extra
        if extra and extra != self._last_extra:  # most chunks of a stream repeat the same
            self._note(extra)
        for name in self._unsaid & chunk.model_fields_set if self._unsaid else ():
            self.fields[name] = value = getattr(chunk, name)
            if value:
                self._unsaid.remove(name)
        if chunk.usage is not None:
            self.fields["usage"] = chunk.usage
        with suppress(AttributeError, TypeError):  # choices that are none: nothing to note
            self._read_choices(chunk)
        if self.finished and self._report.is_due and self._is_told:
            self.report()

    @property
    def _is_told(self) -> bool:
        """Whether all has been said that `on_routing` waits for; else it is told at the end."""
        usage = "usage" in self.fields or not self._usage_asked
        return usage and self.fields.get("routing_mechanism") is not None

    def _note(self, extra: dict[str, Any]) -> None:
        cited: list[Any] = self.fields.setdefault("citations", [])
        for row in as_list(extra.get("citations")):  # several events may bring some
            key = json.dumps(row, sort_keys=True, default=str)
            if key not in self._cited:
                self._cited.add(key)
                cited.append(row)
        known = {k: v for k, v in extra.items() if v is not None and v != []}
        self.fields.update({**known, "citations": cited})
        if not cited:
            del self.fields["citations"]
        self._last_extra = extra

    def _read_choices(self, chunk: GlooChatCompletionChunk) -> None:
        for choice in chunk.choices:
            text: object = choice.delta.content
            if isinstance(text, str) and choice.index == 0:
                self.text_parts.append(text)
            if choice.finish_reason:
                self.finished = True
                self._reasons.add(choice.finish_reason)

    def failed(self, body: object) -> openai.APIStatusError:
        """The SDK's exception for an error that came in the middle of the stream."""
        details = self._details(body)
        error = answered_error(body, self._response, OF_A_STREAM, details)
        return cast("openai.APIStatusError", self._with_text(error, details))

    def translated(self, error: Exception) -> Exception:
        """What breaks off a stream, as an exception of the SDK's that has the text so far."""
        if isinstance(error, (*TIMEOUTS, openai.APITimeoutError)):
            timeout = openai.APITimeoutError(self._response.request)
            return cast("Exception", self._with_text(timeout))
        if isinstance(error, TRANSPORT_ERRORS) or type(error) is openai.APIConnectionError:
            return self.cut_off("the connection broke")
        if isinstance(error, DECODING_ERRORS):
            return self.cut_off(f"what arrived could not be decoded ({error})")
        if isinstance(error, RecursionError):
            return self.invalid("an event of the stream is nested too deeply")
        if isinstance(error, ValueError):
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
            self._report(self.routing)

    def _details(self, body: object) -> ErrorDetails:
        """What an error says of itself; the trace id may have come with an earlier chunk."""
        details = details_of(body, self._response.headers)
        return replace(details, trace_id=details.trace_id or self.fields.get("trace_id"))

    def _with_text(self, error: Any, details: ErrorDetails | None = None) -> Any:
        error.text = self.text
        return annotated(error, details or self._details(None))


def _asks_for_usage(request: Any) -> bool:
    options = as_object(request_body(request).get("stream_options"))
    return options.get("include_usage") is True
