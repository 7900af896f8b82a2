"""A conversation: what was said so far, and what it has cost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openai

from .answer import Answer
from .apis import Api, Turn, Write

PRICE_TIMEOUT = 2.0
"""Seconds."""


class Talk:
    """The API is stateless, so the history is kept here and sent each time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._quick = api.client.with_options(timeout=PRICE_TIMEOUT, max_retries=0)
        self._history: list[Turn] = []
        self._costs: list[Decimal] = []

    @property
    def has_begun(self) -> bool:
        """Whether there was an answer."""
        return bool(self._history)

    def ask(self, question: str, write: Write, *, stream: bool = True) -> Answer:
        """Write the answer, as it comes or at its end; both become history once it is whole."""
        asked = {"role": "user", "content": question}
        turns = [*self._history, asked]
        whole = self._api.streamed(turns, write) if stream else self._api.whole(turns)
        answer = self._api.read(whole)
        if not stream:
            write(answer.text)
        self._history += [asked, {"role": "assistant", "content": answer.text}]
        cost = self._cost(whole)
        self._costs += [] if cost is None else [cost]
        spent = sum(self._costs, Decimal(0)) if len(self._costs) > 1 else None
        return replace(answer, cost=cost, spent=spent)

    def _cost(self, whole: Any) -> Decimal | None:
        # The answer is there; its price is an extra, and not worth a long wait.
        with suppress(openai.OpenAIError):
            return self._quick.models.price(whole)
        return None
