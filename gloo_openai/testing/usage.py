"""What an answer used, and what it cost."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from .shapes import Json, as_object

# How much longer a tradition makes a prompt.
TRADITION_TOKENS = 10_500
_UNITS = {"rate_per_1k_tokens": 1000, "rate_per_1m_tokens": 1_000_000}


def tokens_in(value: object) -> int:
    """About four characters of JSON a token, as a rule of thumb."""
    return 1 + len(json.dumps(value)) // 4


def completion_usage(request: Json, choices: list[Json]) -> Json:
    """The `usage` of a chat completion, without what Gloo adds to it."""
    prompt = tokens_in(request["messages"])
    completion = sum(tokens_in(choice["message"]) for choice in choices)
    return {
        "completion_tokens": completion,
        "prompt_tokens": prompt,
        "total_tokens": prompt + completion,
    }


def charged_usage(
    request: Json, choices: list[Json], row: Json, *, tradition: bool, cached: bool
) -> Json:
    """The `usage` of a chat completion and its cost; all but the last message may be `cached`."""
    usage = completion_usage(request, choices)
    extra = TRADITION_TOKENS if tradition else 0
    given, made = usage["prompt_tokens"] + extra, usage["completion_tokens"]
    read = given - tokens_in(request["messages"][-1]) if cached else 0
    return {
        "completion_tokens": made,
        "prompt_tokens": given,
        "total_tokens": given + made,
        "cache_read_input_tokens": read,
        **_charge(row, given, made, read),
    }


def response_usage(request: Json, output: list[Json], row: Json, *, tradition: bool) -> Json:
    """The `usage` of a Responses answer, its cost included."""
    asked = [request.get(field) for field in ("instructions", "input", "tools")]
    given = tokens_in(asked) + (TRADITION_TOKENS if tradition else 0)
    made = sum(tokens_in(item) for item in output)
    usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
    return usage | _charge(row, given, made, 0)


def _charge(row: Json, given: int, made: int, read: int) -> Json:
    """What these tokens cost with this model, in dollars; nothing for a model without a price."""
    pricing = as_object(row.get("pricing"))
    in_rate, out_rate = _rate(pricing.get("input")), _rate(pricing.get("output"))
    if in_rate is None or out_rate is None:
        return {}
    read_rate = _rate(pricing.get("cache_read"))
    if read_rate is None:
        read_rate = in_rate
    costs = {
        "input_cost": in_rate * (given - read) + read_rate * read,
        "output_cost": out_rate * made,
    }
    details = {name: float(cost) for name, cost in costs.items()}
    return {"cost": float(sum(costs.values())), "cost_details": details}


def _rate(price: object) -> Decimal | None:
    """Dollars a token."""
    for field, tokens in _UNITS.items():
        try:
            return Decimal(str(as_object(price)[field])) / tokens
        except (KeyError, InvalidOperation):
            continue
    return None
