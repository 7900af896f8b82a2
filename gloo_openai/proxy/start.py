"""Whether Gloo takes the credentials, which a user wants to know when the proxy starts."""

from __future__ import annotations

import anyio
import openai

from .. import GlooAuth
from ..auth import origin
from ..http_libraries import SDK_LIBRARY, TRANSPORT_ERRORS
from .entry import reason_shown
from .errors import from_transport

LEAN_MODELS = "/ai/v1/models"
"""A list that wants a bearer, and costs nothing (protocol §1)."""
REFUSED = {401, 403}
PATIENCE = 5.0
"""Seconds: a proxy starts though Gloo cannot be reached yet."""


def doubt_of(auth: GlooAuth) -> str | None:
    """Fetch a token, or try the key: what is wrong, in one line; None if nothing is.

    The token stays in `auth`, for the first request.
    """
    doubt = anyio.run(_doubt_in_time, auth)
    return doubt and reason_shown(doubt)


async def _doubt_in_time(auth: GlooAuth) -> str | None:
    with anyio.move_on_after(PATIENCE):
        return await _doubt(auth)
    return f"Gloo has not answered within {PATIENCE:.0f} s."


async def _doubt(auth: GlooAuth) -> str | None:
    try:
        await auth.atoken()
        if auth.expires_in is not None:
            return None
        async with SDK_LIBRARY.AsyncClient(auth=auth) as http:
            answer = await http.get(origin(auth.base_url) + LEAN_MODELS)
    except openai.OpenAIError as error:
        return str(error)
    except TRANSPORT_ERRORS as error:
        return str(from_transport(error))
    if answer.status_code not in REFUSED:
        return None
    return (
        f"Gloo refuses the key from {auth.sources['credentials']} (HTTP {answer.status_code}). "
        "Make another in Gloo AI Studio, under API keys (studio.ai.gloo.com/api-keys)."
    )
