"""What frameworks do to a client and its answers that users don't."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI
from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from .traps import ASK


def test_a_deep_copy_works_and_shares_the_token(gloo: LocalGloo) -> None:
    """DSPy copies what it is given, clients included."""
    client = GlooOpenAI(tradition="catholic")
    client.chat.completions.create(**ASK)
    copy.deepcopy({"client": client})["client"].chat.completions.create(**ASK)
    assert len(gloo.exchanges) == 1
    assert gloo.completions[-1].json["tradition"] == "catholic"


def test_the_api_key_is_no_bearer(gloo: LocalGloo) -> None:
    """Frameworks read it, log it and make clients of their own with it."""
    client = GlooOpenAI()
    client.chat.completions.create(**ASK)
    assert client.api_key not in gloo.tokens
    assert client.with_options(api_key=client.api_key).chat.completions.create(**ASK).choices
    assert len(gloo.exchanges) == 1


def test_max_retries_can_be_assigned(gloo: LocalGloo) -> None:
    """Some frameworks retry by themselves and switch the SDK's retries off."""
    client = GlooOpenAI()
    client.max_retries = 0
    outage = gloo.fault("/chat/completions", status=503, body={"detail": "down"}, times=None)
    with pytest.raises(Exception, match="down"):
        client.chat.completions.create(**ASK)
    assert outage.hits == 1


def test_fields_of_an_answer_can_be_assigned(gloo: LocalGloo) -> None:
    """Instructor adds up the usage of its tries in place, whatever fields it has."""
    completion = GlooOpenAI().chat.completions.create(**ASK)
    usage = completion.usage
    assert usage is not None
    for name, value in usage.model_dump().items():
        setattr(usage, name, value)
    usage.cache_tokens = 7  # type: ignore[misc]  # its setter is made at run time
    assert usage.cache_tokens == usage.model_dump()["cache_tokens"] == 7
    completion.provider = "elsewhere"  # type: ignore[misc]  # its setter is made at run time
    assert completion.provider == completion.to_dict()["provider"] == "elsewhere"
    with pytest.raises(AttributeError):
        completion.guardrail_refusal = True  # type: ignore[misc]  # the test is that it raises


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # loops that end with connections open
def test_one_auth_serves_several_event_loops(gloo: LocalGloo) -> None:
    """`asyncio.run` for each call, with a client each, as synchronous wrappers do it."""
    auth = AsyncGlooOpenAI().auth

    async def ask(**options: Any) -> Any:
        async with AsyncGlooOpenAI(auth=auth) as client:
            return await client.chat.completions.create(**ASK)

    for _ in range(3):
        asyncio.run(ask())
        gloo.expire_tokens()
    assert len(gloo.exchanges) == 3


def test_one_client_serves_several_event_loops_once_its_connections_are_closed(
    gloo: LocalGloo,
) -> None:
    """Where the SDK's own client works in several loops, one after the other, so does this."""
    limits = SDK_LIBRARY.Limits(max_keepalive_connections=0)
    client = AsyncGlooOpenAI(http_client=SDK_LIBRARY.AsyncClient(limits=limits))

    async def ask() -> Any:
        return await client.chat.completions.create(**ASK)

    for _ in range(3):
        assert asyncio.run(ask()).choices
        gloo.expire_tokens()
    assert len(gloo.exchanges) == 3
