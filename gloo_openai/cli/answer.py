"""An answer that has ended, and what Gloo says about it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from .. import Citation


@dataclass(frozen=True)
class Answer:
    """What is shown of an answer, of whichever API."""

    whole: Any
    """The completion or the response, as the client gave it."""
    text: str
    tokens: tuple[int, int] | None
    """What was read, and what was written."""
    is_cut_off: bool
    """Whether --max-tokens ended it."""
    cost: Decimal | None = None
    """Dollars."""
    spent: Decimal | None = None
    """Dollars for the conversation so far, if this is not its first answer."""

    @property
    def citations(self) -> list[Citation]:
        """The sources that it rests on."""
        return list(self.whole.citations)


def summary(answer: Answer) -> str:
    """The line below an answer: model, mechanism, tier, confidence, tokens, cost, cost so far."""
    routing, confidence = answer.whole.routing, answer.whole.routing.routing_confidence
    parts = [
        "refused by a guardrail" if routing.refused else routing.model,
        routing.routing_mechanism,
        routing.routing_tier,
        None if confidence is None else f"confidence {confidence}",
        routing.tradition,
        f"{answer.tokens[0]} + {answer.tokens[1]} tokens" if answer.tokens else None,
        None if answer.cost is None else f"${answer.cost.normalize():f}",
        None if answer.spent is None else f"${answer.spent.normalize():f} in all",
        "cut off by --max-tokens" if answer.is_cut_off else None,
        None if answer.text else "no text: --json shows the whole answer",
    ]
    return " · ".join(str(part) for part in parts if part)


def citation_line(citation: Citation) -> str:
    """A source in one line; Gloo leaves out what it does not know."""
    author = citation.author
    names = author if isinstance(author, list) else [author]
    authors = ", ".join(str(name) for name in cast("list[object]", names) if name)
    parts = (citation.item_title, authors, citation.publisher, citation.publication_date)
    return ". ".join(str(part) for part in (*parts, citation.item_url) if part) or "(no title)"
