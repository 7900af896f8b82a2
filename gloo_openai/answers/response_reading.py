"""How a response is read: into which types, and what parsing it is told of what it finds."""

from __future__ import annotations

from typing import Any

from openai import AsyncStream, Stream
from openai.types.responses import ParsedResponse, Response, ResponseStreamEvent
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import GuardrailRefusalError, IncompleteAnswerError
from .response_streams import (
    AsyncGlooResponseEventStream,
    GlooResponseEventStream,
    assembled_response,
)
from .response_types import GlooParsedResponse, GlooResponse
from .ways import Way

__all__ = ["RESPONSES", "unparsed", "unparsed_text"]

ADVICE = (
    "Gloo's Responses API does not keep to a text format: client.chat.completions.parse does, with "
    "the models that can."
)


def unparsed(error: Exception, response: Any) -> Exception | None:
    """What is wrong with a response that could not be parsed, better than `error`; None: it is.

    A guardrail has answered, the answer is not whole, or it is in words.
    """
    return unparsed_text(error, response.output_text, response)


def unparsed_text(error: Exception, text: str, response: Any) -> Exception | None:
    """`unparsed`, of a response that may be missing, since its stream has broken off."""
    if getattr(response, "guardrail_refusal", False):
        return GuardrailRefusalError(text=text, completion=response)
    if getattr(response, "is_incomplete", False):
        return IncompleteAnswerError(text=text, completion=response)
    if not isinstance(error, ValidationError):
        return None
    problem = error.errors(include_url=False)[0]["msg"]
    told = PydanticCustomError(
        "answer_text",
        "{problem}. Gloo answered: {text}\n{advice}",
        {"problem": problem, "text": text, "advice": ADVICE},
    )
    details = [InitErrorDetails(type=told, input=text)]
    return ValidationError.from_exception_data(error.title, details)


def _parsed(parsed: Any, response: Any) -> Any:
    """A parsed response with Gloo's fields; anything else as it is."""
    if not isinstance(parsed, ParsedResponse):
        return parsed
    if isinstance(response, GlooResponse) and response.is_incomplete:
        raise unparsed_text(ValueError(), response.output_text, response) or ValueError
    return GlooParsedResponse.of(parsed, response)


RESPONSES = Way(
    whole=GlooResponse,
    types={
        Response: GlooResponse,
        Stream[ResponseStreamEvent]: GlooResponseEventStream,
        AsyncStream[ResponseStreamEvent]: AsyncGlooResponseEventStream,
    },
    assembled=assembled_response,
    parsed=_parsed,
    unparsed=unparsed,
)
