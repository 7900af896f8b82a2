"""A completion that came as a stream of events, though none was asked for."""

from __future__ import annotations

from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState

from .chunks import ChunkReader
from .stream_record import StreamRecord
from .types import GlooChatCompletion, GlooParsedChatCompletion

__all__ = ["SHAPE_ERRORS", "assembled", "completed", "shapeless"]

# What the SDK's own parsing raises when an answer has not the shape it relies on.
SHAPE_ERRORS = (AttributeError, TypeError, KeyError, IndexError, AssertionError, RuntimeError)


def assembled(response: Any) -> GlooChatCompletion:
    """The completion that the events of a body make up.

    Raises:
        openai.APIError: as the stream of these events would.
    """
    record = StreamRecord(response, None)
    reader, state = ChunkReader(record), ChatCompletionStreamState[None]()
    try:
        for chunk in (*reader.feed(response.content), *reader.end()):
            state.handle_chunk(chunk)
        whole = completed(record, state.current_completion_snapshot)
    except SHAPE_ERRORS as error:
        failure: Exception = shapeless(record, error)
    except Exception as error:  # noqa: BLE001 - translated and raised below
        failure = record.translated(error)
    else:
        return GlooChatCompletion.construct(**whole.to_dict(warnings=False))
    raise failure


def completed(record: StreamRecord, parsed: Any) -> Any:
    """The final completion with what all chunks carried: the SDK keeps only the first one's."""
    missing = set(GlooParsedChatCompletion.model_fields) - parsed.model_fields_set
    arrived = {name: value for name, value in dict(parsed).items() if name not in missing}
    return GlooParsedChatCompletion.construct(**{**arrived, **record.fields})


def shapeless(record: StreamRecord, error: Exception) -> Exception:
    """The exception for chunks that do not make up an answer."""
    message = f"the stream's chunks do not make up an answer: {error or 'there are none'}"
    return record.invalid(message)
