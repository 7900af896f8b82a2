"""One question to Gloo and its answer, with what Gloo says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import openai

from .. import Citation, GlooOpenAI, RoutingMetadata

PRICE_TIMEOUT = 2.0
"""Seconds."""
APART = frozenset({"cost", "usage", "refused"})
"""What `--json` has beside the routing, not in it."""


@dataclass(frozen=True)
class Answer:
    """An answer that has ended, and what is known about it."""

    text: str
    finish_reason: str | None
    routing: RoutingMetadata
    citations: list[Citation]
    usage: Any
    cost: Decimal | None
    """Dollars."""
    spent: Decimal | None
    """Dollars for the conversation so far, if this is not its first answer."""
    refused: bool


class Talk:
    """A conversation: the API is stateless, so the history is kept here and sent each time."""

    def __init__(
        self, client: GlooOpenAI, parameters: Mapping[str, Any], system: str | None
    ) -> None:
        self._client = client
        self._quick = client.with_options(timeout=PRICE_TIMEOUT, max_retries=0)
        self._parameters = parameters
        self._history: list[Any] = [{"role": "system", "content": system}] if system else []
        self._costs: list[Decimal] = []

    @property
    def has_begun(self) -> bool:
        """Whether there was an answer."""
        return any(message["role"] == "assistant" for message in self._history)

    def ask(self, question: str, write: Callable[[str], object]) -> Answer:
        """Stream the answer to `write`; question and answer become history once it is whole."""
        asked: Any = {"role": "user", "content": question}
        with self._client.chat.completions.stream(
            messages=[*self._history, asked],
            stream_options={"include_usage": True},
            **self._parameters,
        ) as stream:
            for event in stream:
                if event.type == "content.delta":
                    write(event.delta)
            completion: Any = stream.get_final_completion()
        choice = completion.choices[0] if completion.choices else None
        text = (choice.message.content if choice else None) or ""
        self._history += [asked, {"role": "assistant", "content": text}]
        cost = self._cost(completion)
        self._costs += [] if cost is None else [cost]
        return Answer(
            text=text,
            finish_reason=choice.finish_reason if choice else None,
            routing=completion.routing,
            citations=list(completion.citations),
            usage=completion.usage,
            cost=cost,
            spent=sum(self._costs, Decimal(0)) if len(self._costs) > 1 else None,
            refused=bool(completion.guardrail_refusal),
        )

    def _cost(self, completion: Any) -> Decimal | None:
        # The answer is there; its price is an extra, and not worth a long wait.
        with suppress(openai.OpenAIError):
            return self._quick.models.price(completion)
        return None


def summary(answer: Answer) -> str:
    """The line below an answer: model, mechanism, tier, confidence, tokens, cost, cost so far."""
    routing, usage = answer.routing, answer.usage
    confidence, tradition = routing.routing_confidence, routing.tradition
    parts = [
        "refused by a guardrail" if answer.refused else routing.model,
        routing.routing_mechanism,
        routing.routing_tier,
        None if confidence is None else f"confidence {confidence}",
        tradition,
        f"{usage.prompt_tokens} + {usage.completion_tokens} tokens" if usage else None,
        None if answer.cost is None else f"${answer.cost.normalize():f}",
        None if answer.spent is None else f"${answer.spent.normalize():f} in all",
        "cut off by --max-tokens" if answer.finish_reason == "length" else None,
    ]
    return " · ".join(str(part) for part in parts if part)


def citation_line(citation: Citation) -> str:
    """A source in one line; Gloo leaves out what it does not know."""
    author = citation.author
    names = author if isinstance(author, list) else [author]
    authors = ", ".join(str(name) for name in cast("list[object]", names) if name)
    parts = (citation.item_title, authors, citation.publisher, citation.publication_date)
    return ". ".join(str(part) for part in (*parts, citation.item_url) if part) or "(no title)"


def as_json_object(answer: Answer) -> dict[str, Any]:
    """An answer for programs."""
    return {
        "text": answer.text,
        "finish_reason": answer.finish_reason,
        "guardrail_refusal": answer.refused,
        "routing": {n: v for n, v in vars(answer.routing).items() if n not in APART},
        "citations": [citation.to_dict(mode="json") for citation in answer.citations],
        "usage": answer.usage.to_dict(mode="json") if answer.usage else None,
        "cost": None if answer.cost is None else f"{answer.cost:f}",
    }
