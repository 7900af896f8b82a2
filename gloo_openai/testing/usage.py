"""What an answer used, and what it cost."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from .shapes import Json, as_object

_UNITS = {"rate_per_1k_tokens": 1000, "rate_per_1m_tokens": 1_000_000}


def tokens_in(value: object) -> int:
    """About four characters of JSON a token, as a rule of thumb."""
    return 1 + len(json.dumps(value)) // 4


def completion_usage(request: Json, choices: list[Json]) -> Json:
    """The `usage` of a chat completion, without its cost."""
    prompt = tokens_in(request["messages"])
    completion = sum(tokens_in(choice["message"]) for choice in choices)
    return {
        "completion_tokens": completion,
        "prompt_tokens": prompt,
        "total_tokens": prompt + completion,
    }


def response_usage(request: Json, output: list[Json], row: Json) -> Json:
    """The `usage` of a Responses answer, its cost included."""
    asked = [request.get(field) for field in ("instructions", "input", "tools")]
    given, made = tokens_in(asked), sum(tokens_in(item) for item in output)
    usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
    return usage | charge(row, given, made)


def charge(row: Json, given: int, made: int) -> Json:
    """What so many tokens in and out cost with this model, in dollars; nothing without a price."""
    pricing = as_object(row.get("pricing"))
    rates = [_rate(as_object(pricing.get(direction))) for direction in ("input", "output")]
    if None in rates:
        return {}
    costs = [float(rate * count) for rate, count in zip(rates, (given, made), strict=True) if rate]
    details = dict(zip(("input_cost", "output_cost"), costs, strict=True))
    return {"cost": round(sum(costs), 12), "cost_details": details}


def _rate(price: Json) -> Decimal | None:
    """Dollars a token."""
    for field, tokens in _UNITS.items():
        try:
            return Decimal(str(price[field])) / tokens
        except (KeyError, InvalidOperation):
            continue
    return None
