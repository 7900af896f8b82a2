"""What Gloo adds to the SDK's types.

Gloo's fields are properties over what arrived (`model_extra`), not declared fields: each is
optional, none is validated or dropped, and a chunk costs no more to build than the SDK's own.
Declared fields say `Optional[X]`: openai 2 cannot build one that says `X | None`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, Optional, cast

from openai import APIResponseValidationError, BaseModel
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from typing_extensions import TypeVar

from ..shapes import as_list, as_object
from .building import built
from .error_bodies import error_within
from .errors import OF_200, answered_error
from .fields import assignable, extra, importable
from .routed import RoutingMetadata
from .usage import GlooUsage

__all__ = [
    "Answer",
    "Citation",
    "GlooChatCompletion",
    "GlooChatCompletionChunk",
    "GlooParsedChatCompletion",
]

T = TypeVar("T", default=None)


class Citation(BaseModel):
    """A source of a grounded answer (protocol §4). Gloo leaves out what it does not know."""

    item_title: Optional[str] = None
    item_url: Optional[str] = None
    author: Optional[list[str]] = None
    publisher: Optional[str] = None
    publication_date: Optional[str] = None
    snippets: Optional[list[str]] = None


@assignable
class Answer(BaseModel):
    """What completions and chunks have in common (protocol §4, §5)."""

    @property
    def provider(self) -> str | None:
        """`Gloo AI`, or the vendor's name."""
        return cast("str | None", extra(self, "provider"))

    @property
    def model_family(self) -> str | None:
        """`OpenAI`, `Anthropic`, `Google`, `Open Source`, or a newer one."""
        return cast("str | None", extra(self, "model_family"))

    @property
    def auto_routing(self) -> bool | None:
        """Whether Gloo chose the model."""
        return cast("bool | None", extra(self, "auto_routing"))

    @property
    def routing_mechanism(self) -> str | None:
        """How the model was chosen: `auto_routing`, `model_family`, `direct_model_selection` …"""
        return cast("str | None", extra(self, "routing_mechanism"))

    @property
    def routing_tier(self) -> str | None:
        """`tier_1` to `tier_4`, or `standard`; absent with a model of the caller's choice."""
        return cast("str | None", extra(self, "routing_tier"))

    @property
    def routing_confidence(self) -> float | None:
        """0 to 1; absent with a model of the caller's choice."""
        return cast("float | None", extra(self, "routing_confidence"))

    @property
    def tradition(self) -> str | None:
        """The tradition that was asked for."""
        return cast("str | None", extra(self, "tradition"))

    @property
    def trace_id(self) -> str | None:
        """Gloo's id of this answer, for support."""
        return cast("str | None", extra(self, "trace_id"))

    @property
    def sources_returned(self) -> bool | None:
        """Whether a grounded answer rests on anything that was retrieved."""
        return cast("bool | None", extra(self, "sources_returned"))

    @property
    def citations(self) -> list[Citation]:
        """The sources of a grounded answer, when they were asked for; else empty."""
        return [
            row if isinstance(row, Citation) else Citation.construct(**as_object(row))
            for row in as_list(extra(self, "citations"))
            if isinstance(row, Citation) or as_object(row)
        ]

    @property
    def ttft_ms(self) -> float | None:
        """Milliseconds to the first token; of a stream on the first chunk with text."""
        return cast("float | None", extra(self, "ttft_ms"))

    @property
    def routing(self) -> RoutingMetadata:
        """Which model answered, why, and what it cost, in one small object."""
        fields = {**(self.model_extra or {})}
        for name in ("model", "choices", "usage"):
            if name in self.model_fields_set:
                fields[name] = getattr(self, name, None)
        return RoutingMetadata.read(fields)


class _Completion(Answer):
    @property
    def guardrail_refusal(self) -> bool:
        """Whether Gloo's guardrails answered in place of a model.

        The evidence (protocol §5): a `finish_reason` of `content_filter`; or a `model` that is
        there but empty, with no `routing_mechanism`, `routing_tier`, `routing_confidence` or
        `model_family` beside it. Asking again gives the same answer.
        """
        return self.routing.refused


class GlooChatCompletion(_Completion, ChatCompletion):
    """The SDK's `ChatCompletion`, with what Gloo adds. Every field may be missing."""

    id: str = ""
    choices: list[Choice] = []
    created: int = 0
    model: str = ""
    object: Literal["chat.completion"] = "chat.completion"
    usage: Optional[GlooUsage] = None  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower than the SDK says

    @classmethod
    def build(cls, *, response: Any, data: Any) -> GlooChatCompletion:
        """Read a decoded body, as the SDK asks its types to.

        Raises:
            openai.APIResponseValidationError: it is no JSON object.
            openai.APIStatusError: it is an error, though its status was 200.
        """
        body = as_object(data)
        if body is not data:
            message = f"Gloo's answer is no JSON object: {str(data)[:120]}"
            raise APIResponseValidationError(response, data, message=message)
        failure = error_within(body)
        if failure is not None:
            raise answered_error(failure, response, OF_200)
        return cast("GlooChatCompletion", built(cls, body))


class GlooParsedChatCompletion(_Completion, ParsedChatCompletion[T], Generic[T]):
    """The SDK's `ParsedChatCompletion`, with what Gloo adds."""

    id: str = ""
    created: int = 0
    model: str = ""
    object: Literal["chat.completion"] = "chat.completion"
    usage: Optional[GlooUsage] = None  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower than the SDK says

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        choices = [importable(choice, message=importable) for choice in as_list(self.choices)]
        return {**state, "__dict__": {**state["__dict__"], "choices": choices}}


class GlooChunkChoice(ChunkChoice):
    """One choice of a chunk; Gloo may leave out its index and its delta."""

    index: int = 0
    delta: ChoiceDelta = ChoiceDelta.construct()


class GlooChatCompletionChunk(Answer, ChatCompletionChunk):
    """The SDK's `ChatCompletionChunk`, with what Gloo adds. Every field may be missing."""

    id: str = ""
    # Narrower than the SDK's mutable field, which nobody is expected to assign to.
    choices: list[GlooChunkChoice] = []  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    created: int = 0
    model: str = ""
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    usage: Optional[GlooUsage] = None  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower than the SDK says

    @classmethod
    def build(cls, *, response: Any, data: Any) -> GlooChatCompletionChunk:
        """Read a decoded event, as the SDK asks its types to; one that is no object is kept."""
        return cast("GlooChatCompletionChunk", built(cls, _whole_chunk(data)))


def _whole_chunk(data: object) -> Mapping[str, Any]:
    """An event with `choices`, and in each of them an index and a delta."""
    chunk = as_object(data)
    if chunk is not data:
        return {"choices": [], "data": data}
    if chunk.get("choices") is None:
        return {**chunk, "choices": []}
    choices = as_list(chunk["choices"])
    for choice in choices:
        row = as_object(choice)
        if row and ("index" not in row or row.get("delta") is None):
            return {**chunk, "choices": [_whole_choice(*row) for row in enumerate(choices)]}
    return chunk


def _whole_choice(index: int, choice: object) -> object:
    fields = as_object(choice)
    return {"index": index, **fields, "delta": fields.get("delta") or {}} if fields else choice
