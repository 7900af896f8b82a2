"""Whose `Authorization` header a request carries: its caller's own, or the place of a bearer."""

from __future__ import annotations

from typing import Any

PLACEHOLDER = "gloo-access-token"
"""Stands where the SDK wants an api key; the hook puts the bearer in its place."""
MARK = f"Bearer {PLACEHOLDER}"


def has_own(request: Any) -> bool:
    """Whether a request has an `Authorization` header of its caller's own."""
    return not is_marked(request) and "authorization" in request.headers


def is_marked(request: Any) -> bool:
    """Whether the bearer is ours to give; beside a caller's own the placeholder is dropped.

    The SDK merges headers by case, so that an `authorization` comes beside its own.
    """
    if request.headers.get("authorization") == MARK:
        return True
    given = request.headers.get_list("authorization")
    own = [value for value in given if value != MARK]
    if own and own != given:
        request.headers["Authorization"] = own[-1]
    return bool(given) and not own
