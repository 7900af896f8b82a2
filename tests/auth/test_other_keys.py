"""`GlooAuth` on the HTTP client of the SDK's own client, with a key that is not the placeholder."""

from __future__ import annotations

import asyncio
import logging

import openai
import pytest

from gloo_openai import PLACEHOLDER, GlooAuth
from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES

MODEL = "gloo-anthropic-claude-sonnet-4.5"


def ask(auth: GlooAuth, key: str) -> openai.types.chat.ChatCompletion:
    """One completion by the SDK's own client."""
    with SDK_LIBRARY.Client(auth=auth) as http_client:
        client = openai.OpenAI(api_key=key, base_url=auth.base_url, http_client=http_client)
        return client.chat.completions.create(model=MODEL, messages=MESSAGES)


async def aask(auth: GlooAuth, key: str) -> openai.types.chat.ChatCompletion:
    """`ask`, awaited."""
    async with SDK_LIBRARY.AsyncClient(auth=auth) as http_client:
        client = openai.AsyncOpenAI(api_key=key, base_url=auth.base_url, http_client=http_client)
        return await client.chat.completions.create(model=MODEL, messages=MESSAGES)


@pytest.mark.parametrize("awaited", [False, True])
def test_another_key_is_named_in_the_log(
    awaited: bool, gloo: LocalGloo, caplog: pytest.LogCaptureFixture
) -> None:
    """A bare 401 to a key that the hook left alone is explained, without the key."""
    auth = GlooAuth()
    with caplog.at_level(logging.WARNING), pytest.raises(openai.AuthenticationError):
        asyncio.run(aask(auth, "anything")) if awaited else ask(auth, "anything")
    assert "PLACEHOLDER" in caplog.text
    assert "anything" not in caplog.text


def test_the_placeholder_is_replaced(gloo: LocalGloo, caplog: pytest.LogCaptureFixture) -> None:
    """With the placeholder the same client works, and nothing is said."""
    assert ask(GlooAuth(), PLACEHOLDER).choices
    assert "PLACEHOLDER" not in caplog.text
