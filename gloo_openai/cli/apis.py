"""The two APIs that a question can go to: chat completions and Responses.

Each asks in two ways, for the whole answer at once or for a stream of it, and says what the answer
has for a person to read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import GlooOpenAI
from .answer import Answer

Turn = Mapping[str, str]
"""A message: its `role` and its `content`."""
Write = Callable[[str], object]


class Api(ABC):
    """Where questions go, with what stays the same from one to the next."""

    def __init__(
        self, client: GlooOpenAI, parameters: Mapping[str, Any], system: str | None
    ) -> None:
        self.client = client
        self._parameters: dict[str, Any] = dict(parameters)
        self._system = system

    @abstractmethod
    def whole(self, turns: Sequence[Turn]) -> Any:
        """The API's own object, asked for at once."""

    @abstractmethod
    def streamed(self, turns: Sequence[Turn], write: Write) -> Any:
        """The same, put together of a stream whose text is given to `write` as it comes."""

    @abstractmethod
    def read(self, whole: Any) -> Answer:
        """What a person wants to know of it."""


class Completions(Api):
    """Chat completions: Gloo can choose the model, and ground the answer."""

    def whole(self, turns: Sequence[Turn]) -> Any:
        """A `GlooChatCompletion`."""
        create: Any = self.client.chat.completions.create  # which overload, the options say
        return create(messages=self._messages(turns), **self._parameters)

    def streamed(self, turns: Sequence[Turn], write: Write) -> Any:
        """A `GlooParsedChatCompletion`."""
        with self.client.chat.completions.stream(
            messages=self._messages(turns),
            stream_options={"include_usage": True},
            **self._parameters,
        ) as stream:
            for event in stream:
                if event.type == "content.delta":
                    write(event.delta)
            return stream.get_final_completion()

    def read(self, whole: Any) -> Answer:
        """The first choice; `chat` asks for one."""
        choice = whole.choices[0] if whole.choices else None
        usage = whole.usage
        return Answer(
            whole=whole,
            text=(choice.message.content if choice else None) or "",
            tokens=(usage.prompt_tokens, usage.completion_tokens) if usage else None,
            is_cut_off=choice is not None and choice.finish_reason == "length",
        )

    def _messages(self, turns: Sequence[Turn]) -> Any:
        return [*([{"role": "system", "content": self._system}] if self._system else []), *turns]


class Responses(Api):
    """Responses: a real model, which may also paint."""

    def whole(self, turns: Sequence[Turn]) -> Any:
        """A `GlooResponse`."""
        create: Any = self.client.responses.create  # which overload, the options say
        return create(**self._asked(turns))

    def streamed(self, turns: Sequence[Turn], write: Write) -> Any:
        """A `GlooParsedResponse`."""
        with self.client.responses.stream(**self._asked(turns)) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    write(event.delta)
            return stream.get_final_response()

    def read(self, whole: Any) -> Answer:
        """The text of all messages."""
        usage, details = whole.usage, whole.incomplete_details
        return Answer(
            whole=whole,
            text=whole.output_text,
            tokens=(usage.input_tokens, usage.output_tokens) if usage else None,
            is_cut_off=whole.is_incomplete and getattr(details, "reason", "") != "content_filter",
        )

    def _asked(self, turns: Sequence[Turn]) -> dict[str, Any]:
        asked = {**self._parameters, "input": list(turns)}
        if "max_tokens" in asked:
            asked["max_output_tokens"] = asked.pop("max_tokens")
        return asked | ({"instructions": self._system} if self._system else {})
