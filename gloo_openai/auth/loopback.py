"""A loopback host is reached directly: what goes there readable must not leave the machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import openai

from .urls import is_loopback

LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "[::1]")


def direct_mounts(url: str) -> dict[str, None]:
    """`mounts=` of an HTTP client that the environment's proxies are kept from, where a URL names
    a loopback host; empty for any other."""
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        return {}
    named = f"[{host}]" if ":" in host else host
    return {f"all://{each}": None for each in dict.fromkeys((*LOOPBACK, named))}


def is_detour(url: str) -> bool:
    """Whether a URL is plain http to loopback, and the environment has a proxy for it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or not is_loopback(host):
        return False
    proxies = getproxies()
    spared = [name.strip().strip("[]") for name in proxies.get("no", "").split(",")]
    proxied = bool(proxies.get("http") or proxies.get("all"))
    return proxied and host not in spared and not proxy_bypass(host)


def check_direct(url: Any, client: Any = None) -> None:
    """Refuse to send credentials to loopback over a proxy of the environment.

    The client is asked first: to look through the environment takes a tenth of a call.

    Args:
        url: a text, or a URL of the client's library.
        client: the HTTP client; None if it is not known.

    Raises:
        openai.OpenAIError: the HTTP client takes that detour, or it is not known not to.
    """
    if not _goes_directly(client, url) and is_detour(str(url)):
        parts = urlsplit(str(url))
        raise openai.OpenAIError(
            f"Refused to send Gloo credentials to {parts.scheme}://{parts.netloc} in plain text "
            "through a proxy: HTTP_PROXY or ALL_PROXY is set, and the HTTP client follows it. "
            f"Add {parts.hostname} to NO_PROXY, or give a client that has trust_env=False."
        )


def _goes_directly(client: Any, url: Any) -> bool:
    if client is None:
        return False
    # The libraries have no public way to ask; without this one the client's word is taken.
    transport_for = getattr(client, "_transport_for_url", None)
    if not client.trust_env or transport_for is None:
        return not client.trust_env
    return transport_for(type(client.base_url)(url)) is getattr(client, "_transport", None)
