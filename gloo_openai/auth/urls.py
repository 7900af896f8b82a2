"""The URLs of Gloo: which may have credentials sent to them, and how they are written."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import openai

from ..endpoints import base_of

DEFAULT_ORIGIN = "https://platform.ai.gloo.com"
DEFAULT_PATH = "/ai/v2"
TOKEN_PATH = "/oauth2/token"


def api_url(url: object, allow_insecure_http: bool, source: str = "the base_url argument") -> str:
    """A base URL as clients use it: checked, and with `/ai/v2` if it is a bare origin.

    Raises:
        openai.OpenAIError: nothing may be sent there, or it is more than the base of all calls.
    """
    checked = checked_url(str(url), source, allow_insecure_http)
    if checked.rstrip("/") != (meant := base_of(checked)):
        raise openai.OpenAIError(f"The URL from {source} {_too_much(checked)} Write {meant}.")
    bare = urlsplit(checked).path in ("", "/")
    return checked.rstrip("/") + DEFAULT_PATH if bare else checked


def _too_much(url: str) -> str:
    if "#" in url:
        return "has a fragment, which is never sent."
    if "?" in url:
        return "has a query: what every call should carry in one goes into default_query=."
    return "is that of one call, and a base URL is what stands before all of them."


def origin(url: str) -> str:
    """Scheme, host and port of a URL: `https://platform.ai.gloo.com/ai/v2` → without `/ai/v2`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def checked_url(url: str, source: str, allow_insecure_http: bool) -> str:
    """A URL as it was given, if credentials may be sent there; `source` is where it was found.

    Raises:
        openai.OpenAIError: it is no URL, holds credentials itself, or is plain http to a host
            that is not loopback.
    """
    url = url.strip()
    shown = url.partition("?")[0]  # a key may stand in a query
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise openai.OpenAIError(
            f"The URL from {source} has a user name or password in it: leave them out, "
            "credentials are sent in a header."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise openai.OpenAIError(f"{shown!r}, from {source}, is not a URL: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise openai.OpenAIError(
            f"{shown!r}, from {source}, is not a URL: write it as {DEFAULT_ORIGIN}."
        )
    if parts.scheme == "http" and not (allow_insecure_http or is_loopback(host)):
        raise openai.OpenAIError(
            f"{shown!r}, from {source}, is plain http: credentials would cross the network "
            "readable. Use https://, or pass allow_insecure_http=True if you know the network."
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine (RFC 6761 §6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
