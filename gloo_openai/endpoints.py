"""Where a call goes: pure functions from a path to the path that has it (protocol §1).

Gloo's paths are `<prefix>/ai/v2/<call>` and `<prefix>/ai/v2/<endpoint>/<call>`. What an endpoint
does not have goes to the one that has it, behind the same prefix. The path that was named wins
wherever it exists, and what is not one of Gloo's is left alone.
"""

from __future__ import annotations

import re
from typing import Final, Literal, cast
from urllib.parse import urlsplit, urlunsplit

import openai

__all__ = [
    "COMPLETIONS",
    "EMBEDDINGS",
    "ENDPOINTS",
    "RESPONSES",
    "Call",
    "Endpoint",
    "base_of",
    "call_of",
    "embeddings_path",
    "endpoint_of",
    "grounded_path",
    "is_grounded_path",
    "is_known_path",
    "is_v1",
    "path_of",
    "responses_path",
    "url_of",
    "with_endpoint",
]

Endpoint = Literal["guarded", "direct", "grounded"] | str
Call = Literal["completion", "embeddings", "response"]

ENDPOINTS: Final = ("guarded", "direct", "grounded")
"""The families of paths that Gloo is known to have; others may come."""

COMPLETIONS = re.compile(r"(^|/)chat/completions(/grounded)?/?$")
EMBEDDINGS = re.compile(r"(^|/)embeddings/?$")
RESPONSES = re.compile(r"(^|/)responses/?$")
_CALL = re.compile(
    r"(?:^|/)(?:(?P<completion>chat/completions(?:/grounded)?)"
    r"|(?P<embeddings>embeddings)|(?P<response>responses))/?$"
)
_BASE = re.compile(r"(?P<root>.*?)(?:/(?P<endpoint>guarded|direct|grounded|(?<=/ai/v2/)[^/]+))?/*")
_WHOLE = re.compile(
    r"/(?:(?:chat/)?completions(?:/grounded)?|responses|embeddings|oauth2/token"
    r"|(?:platform/v2/)?models)/*$",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(?:.*/ai/)(?:v2/(?:(?:guarded/|direct/|grounded/)?chat/completions|chat/completions/grounded"
    r"|(?:guarded/)?responses|direct/embeddings)|v1/(?:chat/completions|(?:grounded/)?responses))"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_V1 = re.compile(r"/ai/v1(/|$)")
_GROUNDED = re.compile(r"/(grounded/chat/completions|chat/completions/grounded)/?$")
# Behind a gateway that hides `/ai/v2` an endpoint is known by its name only.
_COMPLETIONS_OF_AN_ENDPOINT = re.compile(
    r"(?P<root>.*)/(?:guarded|direct|grounded|(?<=/ai/v2/)[^/]+)/chat/completions(/grounded)?/?"
)
_EMBEDDINGS_OF_GLOO = re.compile(r"(?P<root>.*/ai)/v[12](/[^/]+)?/embeddings/?")
_RESPONSES_ELSEWHERE = re.compile(r"(?P<root>.*/ai/v2)/(direct|grounded)/responses/?")


def base_of(url: str) -> str:
    """The base URL that was meant: without a query, a fragment, or the path of one call at its end.

    `https://a.example/ai/v2/chat/completions?x=1` is `https://a.example/ai/v2`.
    """
    return _WHOLE.sub("", _without_query(url)).rstrip("/")


def endpoint_of(base_url: str) -> str | None:
    """The endpoint that a base URL names, if it names one: `guarded` of `…/ai/v2/guarded`."""
    found = _BASE.fullmatch(urlsplit(base_url).path)
    return found["endpoint"] if found else None


def with_endpoint(url: str, endpoint: object, base_url: object = None) -> str:
    """The base URL that ends in this endpoint, in place of another that `url` may name.

    A URL that was found in the environment gives way; with `base_url`, the caller's own argument,
    the endpoint has to agree.

    Raises:
        openai.OpenAIError: the endpoint is no name, or contradicts the base URL.
    """
    if not isinstance(endpoint, str) or not _NAME.fullmatch(endpoint):
        raise openai.OpenAIError(
            f"endpoint={endpoint!r} is not the name of an endpoint: write one such as "
            f'"{ENDPOINTS[0]}" or "{ENDPOINTS[1]}", or a base_url=.'
        )
    named = endpoint_of(str(base_url)) if base_url else None
    if named not in (None, endpoint):
        raise openai.OpenAIError(
            f"endpoint={endpoint!r}, and base_url= ends in {named!r}: leave out one of them."
        )
    parts = urlsplit(url)
    if is_v1(parts.path):
        raise openai.OpenAIError(
            f"endpoint={endpoint!r} is one of V2's, and the base URL is that of V1: use a base URL "
            "that ends in /ai/v2, or leave out endpoint=."
        )
    path = parts.path.rstrip("/").removesuffix(f"/{endpoint}")
    found = _BASE.fullmatch(path)
    root = found["root"] if found else path
    return urlunsplit((parts.scheme, parts.netloc, f"{root}/{endpoint}", "", ""))


def call_of(url: str) -> Call | None:
    """Which of Gloo's calls a URL or path is for, whatever stands before it; None: none of them."""
    found = _CALL.search(_without_query(str(url)))
    return cast("Call", found.lastgroup) if found else None


def path_of(url: str, base_url: str) -> str:
    """The whole path of a call: `embeddings` on `https://a.example/ai/v2` is `/ai/v2/embeddings`.

    `url` is relative to the base URL, or absolute.
    """
    parts = urlsplit(url)
    if parts.netloc:
        return parts.path
    return f"{urlsplit(base_url).path.rstrip('/')}/{parts.path.lstrip('/')}"


def url_of(path: str, base_url: str, url: str = "") -> str:
    """The URL of a call that goes to `path`: `url` as it is where it leads there, else a whole one.

    `url`, relative to the base URL or absolute, is how the call was written; its query is kept.
    """
    if url and path == path_of(url, base_url):
        return url
    asked = urlsplit(url)
    host = asked if asked.netloc else urlsplit(base_url)
    return urlunsplit((host.scheme, host.netloc, path, asked.query, ""))


def is_known_path(path: str) -> bool:
    """Whether Gloo is known to answer a POST there, behind any prefix."""
    return _KNOWN.fullmatch(path) is not None


def is_v1(path: str) -> bool:
    """Whether a path is one of Gloo's V1, which knows nothing of V2's fields."""
    return _V1.search(path) is not None


def is_grounded_path(path: str) -> bool:
    """Whether the completions of a path are grounded: Gloo has two such paths."""
    return _GROUNDED.search(path) is not None


def grounded_path(path: str) -> str:
    """Where a grounded completion goes: to `/ai/v2/chat/completions/grounded`, and from an endpoint
    to `/ai/v2/grounded/chat/completions`."""
    found = _COMPLETIONS_OF_AN_ENDPOINT.fullmatch(path)
    if found:
        return f"{found['root']}/grounded/chat/completions"
    return f"{path.rstrip('/').removesuffix('/grounded')}/grounded"


def embeddings_path(path: str) -> str:
    """Where embeddings go: Gloo has them on `/ai/v2/direct/embeddings` only."""
    found = _EMBEDDINGS_OF_GLOO.fullmatch(path)
    return f"{found['root']}/v2/direct/embeddings" if found else path


def responses_path(path: str) -> str:
    """Where Responses go: from `direct` and `grounded`, which have none, to `guarded`.

    `/ai/v2/responses` and V1's two, `/ai/v1/responses` and `/ai/v1/grounded/responses`, are there.
    """
    found = _RESPONSES_ELSEWHERE.fullmatch(path)
    return f"{found['root']}/guarded/responses" if found else path


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
