"""What a 404 or 405 means: what was called, and what Gloo has."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..endpoints import ENDPOINTS, call_of, is_known_path

WHAT_GLOO_HAS = (
    "Gloo has no such API. It has client.chat.completions (create, parse, stream), "
    "client.responses (create, parse, stream; nothing is stored), client.embeddings and "
    "client.models."
)
WHERE_GLOO_IS = (
    "Gloo's base URL is https://platform.ai.gloo.com/ai/v2, or that with an endpoint at its end "
    f"({', '.join(ENDPOINTS)}): check base_url= and endpoint=."
)


def of_nowhere(status: int, method: str, url: str) -> str | None:
    """What was called, if it is not there, and what to call instead; without a query."""
    if status not in (404, 405):
        return None
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    called = f"{method} {parts.scheme}://{host}{parts.path} was called."
    if method == "POST" and is_known_path(parts.path):
        return called
    known = method == "POST" and call_of(parts.path)
    return f"{called} {WHERE_GLOO_IS if known else WHAT_GLOO_HAS}"
