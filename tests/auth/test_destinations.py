"""Where a token may go, and whose bearer a request carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import Omit

from gloo_openai import GlooAuth
from gloo_openai.testing import LocalGloo

from ..traps import ASK, COMPLETIONS
from ..worlds import World


@pytest.fixture
def elsewhere() -> Iterator[LocalGloo]:
    """Another origin."""
    with LocalGloo() as other:
        yield other


def call(world: World, client: Any, **options: Any) -> Any:
    """A plain call."""
    return world.call(client.chat.completions.create, **ASK, **options)


def test_an_absolute_url_elsewhere_is_refused(
    gloo: LocalGloo, elsewhere: LocalGloo, world: World
) -> None:
    """Before a token is fetched, once, and nothing arrives there."""
    client = world.client()
    with pytest.raises(openai.OpenAIError, match="Refused to send Gloo credentials to") as caught:
        world.call(client.post, elsewhere.base_url + "/files", cast_to=object, body={})
    assert elsewhere.origin in str(caught.value)
    assert not elsewhere.requests
    assert not gloo.requests


@pytest.mark.parametrize("how", ["with_options", "assignment"])
def test_another_base_url_never_gets_the_token(
    gloo: LocalGloo, elsewhere: LocalGloo, world: World, how: str
) -> None:
    """The error says which credentials it wants instead."""
    client = world.client()
    call(world, client)
    if how == "assignment":
        client.base_url = elsewhere.base_url
    else:
        client = client.with_options(base_url=elsewhere.base_url)
    with pytest.raises(openai.OpenAIError, match=r"with_options\(base_url=\.\.\., client_id="):
        call(world, client)
    assert not elsewhere.requests


def test_another_base_url_with_its_own_credentials_works(
    gloo: LocalGloo, elsewhere: LocalGloo, world: World
) -> None:
    """Tokens of each origin stay with it."""
    client = world.client()
    call(world, client)
    elsewhere.client_secret = "of its own"
    other = client.with_options(
        base_url=elsewhere.origin, client_id="local-client", client_secret="of its own"
    )
    assert call(world, other).choices
    assert elsewhere.completions[0].bearer == elsewhere.tokens[0]
    assert len(gloo.exchanges) == 1


def test_another_path_of_the_same_origin_gets_the_token(gloo: LocalGloo, world: World) -> None:
    """`/ai/v1` and absolute URLs of the configured origin."""
    client = world.client()
    assert call(world, client.with_options(base_url=gloo.origin + "/ai/v1")).choices
    body = {"messages": ASK["messages"], "auto_routing": True}
    url = gloo.base_url + COMPLETIONS
    assert world.call(client.post, url, cast_to=object, body=body)
    assert len(gloo.exchanges) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_elsewhere_goes_without_the_token(
    gloo: LocalGloo, elsewhere: LocalGloo, world: World, status: int
) -> None:
    """And the 401 that it ends with there says nothing about the token: no exchange for it."""
    location = elsewhere.base_url + COMPLETIONS
    gloo.fault(COMPLETIONS, status=status, headers={"Location": location}, times=None)
    with pytest.raises(openai.AuthenticationError):
        call(world, world.client(max_retries=0, http_client=world.http(follow_redirects=True)))
    assert "authorization" not in elsewhere.requests[0].headers
    assert len(elsewhere.requests) == len(gloo.exchanges) == 1


def test_a_redirect_on_the_same_origin_keeps_the_token(gloo: LocalGloo, world: World) -> None:
    """With the replay of a 401 that comes behind it."""
    client = world.client(max_retries=0, http_client=world.http(follow_redirects=True))
    call(world, client)
    gloo.expire_tokens()
    location = gloo.base_url + COMPLETIONS
    gloo.fault("/moved", status=307, headers={"Location": location}, times=None)
    body = {"messages": ASK["messages"], "auto_routing": True}
    assert world.call(client.post, "/moved", cast_to=object, body=body)
    assert len(gloo.exchanges) == 2


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_callers_own_authorization_is_left_alone(
    gloo: LocalGloo, world: World, name: str
) -> None:
    """In whatever case it is written: it arrives alone, and costs no exchange."""
    gloo.static_keys = {"own"}
    assert call(world, world.client(), extra_headers={name: "Bearer own"}).choices
    assert gloo.requests[0].headers["authorization"] == "Bearer own"
    by_default = world.client(default_headers={name: "Bearer own"})
    assert call(world, by_default).choices
    assert gloo.requests[1].headers["authorization"] == "Bearer own"
    assert not gloo.exchanges


def test_a_callers_own_authorization_is_not_replayed(gloo: LocalGloo, world: World) -> None:
    """A 401 then is the caller's affair."""
    with pytest.raises(openai.AuthenticationError):
        call(world, world.client(), extra_headers={"Authorization": "Bearer unknown"})
    assert len(gloo.requests) == 1


def test_an_omitted_authorization_stays_omitted(gloo: LocalGloo, world: World) -> None:
    """`Omit()`: no header, no exchange."""
    with pytest.raises(openai.AuthenticationError):
        call(world, world.client(), extra_headers={"Authorization": Omit()})
    assert "authorization" not in gloo.requests[0].headers
    assert len(gloo.requests) == 1


def test_a_clients_own_auth_is_not_put_in_place_of_an_omitted_one(
    gloo: LocalGloo, world: World
) -> None:
    """What the caller left out stays out, also on an HTTP client with an auth of its own."""
    http = world.http(auth=("user", "password"))
    with pytest.raises(openai.AuthenticationError):
        call(world, world.client(http_client=http), extra_headers={"Authorization": Omit()})
    assert "authorization" not in gloo.requests[0].headers


def test_a_static_key_is_sent_as_it_is(gloo: LocalGloo, world: World) -> None:
    """`with_options(api_key=...)`, the argument, and assigning `client.api_key`."""
    gloo.static_keys = {"static"}
    client = world.client()
    assigned = client.copy()
    assigned.api_key = "static"
    for keyed in (client.with_options(api_key="static"), world.client(api_key="static"), assigned):
        assert call(world, keyed).choices
        assert call(world, keyed.with_options(timeout=9)).choices
    assert {request.bearer for request in gloo.requests} == {"static"}
    assert not gloo.exchanges
    assert call(world, client).choices
    assert len(gloo.exchanges) == 1


def test_a_refused_static_key_is_not_replayed(gloo: LocalGloo, world: World) -> None:
    """There is no other key to try."""
    with pytest.raises(openai.AuthenticationError):
        call(world, world.client(api_key="unknown"))
    assert len(gloo.requests) == 1


def test_a_callable_key_is_asked_for_each_request(gloo: LocalGloo, world: World) -> None:
    """The SDK's own way to bring a token."""
    keys = iter(["one", "two"])
    gloo.static_keys = {"one", "two"}

    async def akey() -> str:
        return next(keys)

    client = world.client(api_key=akey if world.is_async else lambda: next(keys))
    call(world, client)
    call(world, client)
    assert [request.bearer for request in gloo.requests] == ["one", "two"]


@pytest.mark.parametrize("key", [None, "", 12, "two\nlines", "é"])
def test_a_callable_key_that_gives_none_is_an_error(
    gloo: LocalGloo, world: World, key: object
) -> None:
    """Once, and nothing is sent; what it gave is not shown."""

    def ask() -> object:
        return key

    with pytest.raises(openai.OpenAIError, match="api_key") as caught:
        call(world, world.client(api_key=ask))
    assert "lines" not in str(caught.value)
    assert not gloo.requests


PLAIN = ["http://gloo.example", "http://10.0.0.1:8000", "http://0.0.0.0", "http://127.0.0.1.nip.io"]


@pytest.mark.parametrize("url", PLAIN)
def test_plain_http_is_refused_at_construction(world: World, url: str) -> None:
    """As a base URL, as a token URL, and with a key."""
    pair = {"client_id": "id", "client_secret": "secret"}
    tries: list[dict[str, str]] = [
        {**pair, "base_url": url},
        {**pair, "token_url": url + "/oauth2/token"},
        {"api_key": "key", "base_url": url},
    ]
    for options in tries:
        with pytest.raises(openai.OpenAIError, match="plain http"):
            world.client(**options)
    client = world.client(**pair)
    with pytest.raises(openai.OpenAIError, match="plain http"):
        client.with_options(base_url=url)


def test_plain_http_is_allowed_on_request(gloo: LocalGloo, world: World) -> None:
    """`allow_insecure_http=True`, also for what is derived from that client."""
    http = world.http(proxy=gloo.origin)
    url = "http://gloo.example"
    client = world.client(base_url=url, allow_insecure_http=True, http_client=http)
    assert call(world, client).choices
    assert call(world, client.with_options(timeout=9)).choices
    gloo.static_keys = {"static"}
    assert call(world, client.with_options(api_key="static")).choices
    client.api_key = "static"
    assert call(world, client).choices


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.8.9.1:1", "http://[::1]:1"])
def test_plain_http_to_loopback_needs_no_permission(url: str) -> None:
    """It does not leave the machine."""
    assert GlooAuth("id", "secret", base_url=url).base_url == url + "/ai/v2"


@pytest.mark.parametrize("url", ["https://user:pass@gloo.example", "https://pass@gloo.example/v"])
def test_a_url_with_a_password_in_it_is_refused_and_not_shown(world: World, url: str) -> None:
    """It would stand in error messages, and httpx would send it in place of the credentials."""
    pair = {"client_id": "id", "client_secret": "secret"}
    for name in ("base_url", "token_url"):
        with pytest.raises(openai.OpenAIError, match=name) as caught:
            world.client(**pair, **{name: url})
        assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("key", ["two\nlines", "é", "a\r\nX-Injected: 1"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(world: World, key: str) -> None:
    """The HTTP library would print it in its error."""
    with pytest.raises(openai.OpenAIError, match="api_key") as caught:
        world.client(api_key=key)
    assert key not in str(caught.value)


def test_the_origin_is_compared_as_a_browser_does(gloo: LocalGloo, world: World) -> None:
    """Case and default ports don't make another origin (RFC 6454 §4)."""
    seen: list[str] = []

    def handle(request: Any) -> Any:
        seen.append(request.headers["authorization"])
        return world.http_library.Response(200, json={"choices": []})

    http = world.http(transport=world.http_library.MockTransport(handle))
    client = world.client(base_url="https://Gloo.Example:443/ai/v2", api_key="k", http_client=http)
    world.call(client.post, "https://gloo.example/ai/v2/files", cast_to=object, body={})
    for other in ("http://gloo.example/", "https://gloo.example:444/", "https://gloo.example.org/"):
        with pytest.raises(openai.OpenAIError, match="Refused"):
            world.call(client.post, other, cast_to=object, body={})
    assert seen == ["Bearer k"]
