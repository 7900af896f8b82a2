"""A response of the Responses API, with what Gloo adds to the SDK's types (protocol §5, Responses).

Every field may be missing. Gloo's own are properties, as in `types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Optional, cast

from openai import APIResponseValidationError, BaseModel
from openai.types.responses import ParsedResponse, Response, ResponseOutputItem, ResponseUsage
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails
from typing_extensions import Self, TypeVar

from ..shapes import as_list, as_object
from .building import built
from .error_bodies import error_within
from .errors import OF_200, answered_error
from .fields import assignable, extra, importable
from .response_items import whole_item
from .routed import RoutingMetadata
from .types import Answer
from .ways import arrived

__all__ = [
    "GlooParsedResponse",
    "GlooResponse",
    "GlooResponseUsage",
    "WholeResponse",
    "failure_of",
    "whole_response",
]

T = TypeVar("T", default=None)


def _none_of(kind: type[BaseModel]) -> Any:
    """Details whose every count is 0."""
    fields = kind.model_fields.items()
    counts: dict[str, Any] = {name: 0 for name, field in fields if field.annotation is int}
    return kind.construct(**counts)


@assignable
class GlooResponseUsage(ResponseUsage):
    """Tokens counted, and what was charged."""

    input_tokens: int = 0
    input_tokens_details: InputTokensDetails = _none_of(InputTokensDetails)
    output_tokens: int = 0
    output_tokens_details: OutputTokensDetails = _none_of(OutputTokensDetails)
    total_tokens: int = 0

    @property
    def cost(self) -> float | None:
        """Dollars that were charged for this answer, as they arrived."""
        return cast("float | None", extra(self, "cost"))

    @property
    def cost_details(self) -> Mapping[str, Any] | None:
        """What the cost is made of, as it arrived."""
        return cast("Mapping[str, Any] | None", extra(self, "cost_details"))

    @property
    def cache_read_input_tokens(self) -> int | None:
        """Input tokens that were read from the cache; they are among `input_tokens`."""
        return cast("int | None", extra(self, "cache_read_input_tokens"))


class _Response(Answer):
    """What responses have in common, parsed or not."""

    @property
    def output_text(self) -> str:
        """The text of all messages, one after the other; empty if there is none."""
        messages = [item for item in self._output if getattr(item, "type", None) == "message"]
        parts = [part for item in messages for part in getattr(item, "content", None) or ()]
        texts = [part.text for part in parts if getattr(part, "type", None) == "output_text"]
        return "".join(text for text in texts if isinstance(text, str))

    @property
    def is_incomplete(self) -> bool:
        """Whether the answer ended before it was whole; `incomplete_details.reason` says why."""
        return getattr(self, "status", None) == "incomplete"

    @property
    def guardrail_refusal(self) -> bool:
        """Whether Gloo's guardrails answered in place of a model.

        The evidence: a part that is a refusal, a response that a content filter left incomplete, or
        a `model` that is there but empty (protocol §5). Asking again gives the same answer.
        """
        return self.routing.refused

    @property
    def routing(self) -> RoutingMetadata:
        """Which model answered, with what tradition, and what it cost."""
        own = {"usage": getattr(self, "usage", None), "output": self._output}
        own["incomplete_details"] = getattr(self, "incomplete_details", None)
        if "model" in self.model_fields_set:
            own["model"] = getattr(self, "model", None)
        return RoutingMetadata.read({**(self.model_extra or {}), **own})

    @property
    def _output(self) -> list[Any]:
        return as_list(getattr(self, "output", None))


class WholeResponse(_Response):
    """How a response that was not parsed is read."""

    @classmethod
    def build(cls, *, response: Any, data: Any) -> Self:
        """Read a decoded body, as the SDK asks its types to.

        Raises:
            openai.APIResponseValidationError: it is no JSON object.
            openai.APIStatusError: it is an error, though its status was 200.
        """
        body = as_object(data)
        if body is not data:
            message = f"Gloo's answer is no JSON object: {str(data)[:120]}"
            raise APIResponseValidationError(response, data, message=message)
        failure = failure_of(body)
        if failure is not None:
            raise answered_error(failure, response, OF_200)
        return cls.of(body)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """A response's JSON, each item of its output with all that the SDK's types have."""
        return cast("Self", built(cls, whole_response(body)))


class GlooResponse(WholeResponse, Response):
    """The SDK's `Response`, with what Gloo adds. Every field may be missing."""

    id: str = ""
    created_at: float = 0
    model: str = ""
    object: Literal["response"] = "response"
    output: list[ResponseOutputItem] = []
    usage: Optional[GlooResponseUsage] = None  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower than the SDK says


if TYPE_CHECKING:

    class Parsed(ParsedResponse[T], Generic[T]): ...
else:

    class Parsed(ParsedResponse):
        # As the SDK makes its own: of no type in particular, else pydantic warns of each item.
        @classmethod
        def __class_getitem__(cls, _of: object) -> object:
            return cls


class GlooParsedResponse(_Response, Parsed[T]):
    """The SDK's `ParsedResponse`, with what Gloo adds."""

    id: str = ""
    created_at: float = 0
    model: str = ""
    object: Literal["response"] = "response"
    usage: Optional[GlooResponseUsage] = None  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower than the SDK says

    @classmethod
    def of(cls, parsed: Any, response: Any) -> GlooParsedResponse[Any]:
        """What the SDK made of a response, with Gloo's fields."""
        fields = {**arrived(parsed), "usage": getattr(response, "usage", None)}
        output = fields.pop("output", [])
        made = cast("Any", cls).construct(_fields_set=set(parsed.model_fields_set), **fields)
        made.output = output  # of the SDK's parsed types already
        return cast("GlooParsedResponse[Any]", made)

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        output = [importable(item, content=_importable_parts) for item in self._output]
        return {**state, "__dict__": {**state["__dict__"], "output": output}}


def _importable_parts(content: object) -> list[object]:
    return [importable(part) for part in as_list(content)]


def whole_response(body: Mapping[str, Any]) -> dict[str, Any]:
    """A response's JSON, each item of its output with all that the SDK's types have."""
    output = [whole_item(row, at) for at, row in enumerate(as_list(body.get("output")))]
    return {**body, "output": output}


def failure_of(body: Mapping[str, Any]) -> object:
    """The error that a response's JSON is, or None: its own `error`, a failure, a shape of §6."""
    failure = error_within(body)
    if failure is None and body.get("status") == "failed":
        return {"error": {"message": "the response failed", "code": "server_error"}}
    return failure
