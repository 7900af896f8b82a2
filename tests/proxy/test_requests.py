"""What goes to Gloo, and what comes back, for a client that knows nothing of Gloo."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import openai
import pytest

from gloo_openai.proxy.server import listen
from gloo_openai.testing import LocalGloo

from ..cli.processes import run
from .conftest import KEY, Proxy, asked, started

HI: Any = [{"role": "user", "content": "Hi"}]


def test_a_plain_client_gets_answers(proxy: Proxy, gloo: LocalGloo) -> None:
    """Whole ones and streamed ones, with Gloo's fields in them."""
    client = proxy.client()
    gloo.answer("Be joyful.")
    completion = client.chat.completions.create(model="gloo-auto", messages=HI)
    assert completion.choices[0].message.content == "Be joyful."
    assert completion.to_dict()["routing_mechanism"] == "auto_routing"
    gloo.answer("Be joyful.")
    chunks = list(client.chat.completions.create(model="gloo-auto", messages=HI, stream=True))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "Be joyful."


def test_the_token_is_renewed_behind_the_clients_back(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """An expired one costs one exchange and no error, for streams too."""
    client = new_proxy.client(max_retries=0)
    for expected in (1, 2, 3):
        client.chat.completions.create(model="gloo-auto", messages=HI)
        list(client.chat.completions.create(model="gloo-auto", messages=HI, stream=True))
        assert len(gloo.exchanges) == expected
        gloo.expire_tokens()


def test_a_second_401_reaches_the_client(proxy: Proxy, gloo: LocalGloo) -> None:
    """It is sent twice, not for ever."""
    refused = {"error": "Invalid Token", "code": "unauthorized_invalid_token"}
    gloo.fault("/chat/completions", status=401, body=refused, times=None)
    with pytest.raises(openai.AuthenticationError, match="Invalid Token"):
        proxy.client(max_retries=0).chat.completions.create(model="gloo-auto", messages=HI)
    assert len(gloo.completions) == 2


def test_the_proxys_key_never_goes_further(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """Nor do the client's cookies and OpenAI's headers."""
    headers = {"cookie": "a=b", "openai-organization": "org-1", "user-agent": "an editor"}
    done = new_proxy.http(**headers).post("/chat/completions", json={"messages": HI})
    assert done.status_code == 200
    sent = gloo.completions[0].headers
    assert sent["authorization"] == f"Bearer {gloo.tokens[-1]}"
    assert sent["user-agent"] == "an editor"
    assert sent["host"] == gloo.origin.removeprefix("http://")
    assert KEY not in str(dict(sent))
    assert {"cookie", "openai-organization"}.isdisjoint(sent)


@pytest.mark.parametrize(
    ("options", "asked", "sent"),
    [
        ((), {}, {"auto_routing": True}),
        ((), {"model": "gloo-auto-open-source"}, {"model_family": "open source"}),
        ((), {"model": "gloo-openai-gpt-5.2"}, {"model": "gloo-openai-gpt-5.2"}),
        ((), {"model": "gpt-4o", "auto_routing": True}, {"auto_routing": True}),
        (("--model", "gloo-auto-google"), {}, {"model_family": "google"}),
        (("--force-model",), {"model": "gpt-4o"}, {"auto_routing": True}),
        (
            ("--tradition", "catholic"),
            {"model": "gloo-auto"},
            {"auto_routing": True, "tradition": "catholic"},
        ),
    ],
)
def test_requests_are_routed(
    start: Callable[..., Proxy],
    gloo: LocalGloo,
    options: tuple[str, ...],
    asked: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    """By the same rules as everywhere, with the command line's defaults."""
    done = start(*options).http().post("/chat/completions", json={"messages": HI, **asked})
    assert done.status_code == 200
    assert gloo.completions[0].json == {"messages": HI, **sent}


def test_a_publisher_makes_answers_grounded(start: Callable[..., Proxy], gloo: LocalGloo) -> None:
    """For tools that cannot say so themselves."""
    proxy = start("--publisher", "Bezalel")
    done = proxy.http().post("/chat/completions", json={"messages": HI, "model": "gloo-auto"})
    assert done.json()["sources_returned"] is True
    assert gloo.completions[0].path.endswith("/grounded")


def test_the_body_is_otherwise_as_it_was(proxy: Proxy, gloo: LocalGloo) -> None:
    """Whatever a client sends that Gloo may know."""
    body = {
        "messages": [{"role": "user", "content": "\u2028 é 🕊"}],
        "seed": 2**63,
        "new": {"a": [1.5]},
    }
    content = json.dumps({**body, "model": "gloo-auto"})
    gloo.answer("Well.")
    assert proxy.http().post("/chat/completions", content=content).status_code == 200
    assert gloo.completions[0].json == {**body, "auto_routing": True}


def test_models_are_the_catalogue_and_the_pseudo_models(proxy: Proxy, gloo: LocalGloo) -> None:
    """As OpenAI lists models, so that an editor's menu shows them; one by one too."""
    client = proxy.client()
    found = [model.id for model in client.models.list()]
    assert found[:5] == [
        "gloo-auto",
        "gloo-auto-openai",
        "gloo-auto-anthropic",
        "gloo-auto-google",
        "gloo-auto-open-source",
    ]
    assert "gloo-openai-gpt-5-mini" in found
    assert client.models.retrieve("gloo-auto").owned_by == "gloo"
    assert client.models.retrieve("gloo-openai-gpt-5-mini").owned_by == "openai"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")
    assert gloo.exchanges == []


def test_a_malformed_row_is_skipped(
    proxy: Proxy, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are listed."""
    monkeypatch.setattr(gloo, "models", [*gloo.models, {"id": "gloo-x", "family": 7}])
    found = [model.id for model in proxy.client().models.list()]
    assert "gloo-openai-gpt-5-mini" in found
    assert "gloo-x" not in found


def test_a_header_that_is_not_ascii_passes(proxy: Proxy, gloo: LocalGloo) -> None:
    """Byte by byte."""
    name = "Café/1.0".encode()
    http = proxy.http(**{"user-agent": name})
    assert http.post("/chat/completions", json={"messages": HI}).status_code == 200
    assert gloo.completions[0].headers["user-agent"].encode("latin-1") == name


def test_a_cookie_of_one_answer_is_nobody_elses(proxy: Proxy, gloo: LocalGloo) -> None:
    """The proxy keeps none."""
    headers = {"set-cookie": "who=alice", "content-type": "application/json"}
    gloo.fault("/chat/completions", status=200, body="{}", headers=headers)
    for _ in range(2):
        proxy.http().post("/chat/completions", json={"messages": HI})
    assert "cookie" not in gloo.completions[1].headers


def test_a_catalogue_that_fails_is_an_error(proxy: Proxy, gloo: LocalGloo) -> None:
    """And no list that looks complete."""
    gloo.fault("/platform/v2/models", status=503, body="<html>down</html>", times=None)
    with pytest.raises(openai.InternalServerError):
        proxy.client(max_retries=0).models.list()


def test_embeddings_go_where_gloo_has_them(proxy: Proxy, gloo: LocalGloo) -> None:
    """The one path of the newer families."""
    found = proxy.client().embeddings.create(model="gloo-baai-bge-base-en-v1.5", input=["a", "b"])
    assert [len(row.embedding) for row in found.data] == [768, 768]
    assert gloo.requests[-1].path == "/ai/v2/direct/embeddings"


@pytest.mark.parametrize(
    ("status", "body", "message", "code"),
    [
        (403, {"error": "Forbidden", "code": "forbidden"}, "Forbidden", "forbidden"),
        (422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}, "Field", None),
        (500, {"detail": "Error generating response."}, "Error generating response.", None),
        (
            429,
            {"error": "Rate limit exceeded", "code": "too_many_requests"},
            "Rate",
            "too_many_requests",
        ),
        (400, {"error": {"code": 1001, "message": "no", "fault": "user"}}, "no", "1001"),
        (502, "<html><title>Bad gateway</title></html>", "502", None),
        (503, "", "503", None),
    ],
)
def test_errors_have_openais_shape(
    proxy: Proxy, gloo: LocalGloo, *, status: int, body: Any, message: str, code: str | None
) -> None:
    """Whatever shape Gloo's had; the status is Gloo's."""
    gloo.fault("/chat/completions", status=status, body=body, headers={"Retry-After": "7"})
    done = proxy.http().post("/chat/completions", json={"messages": HI, "stream": True})
    error = done.json()["error"]
    assert done.status_code == status
    assert done.headers["retry-after"] == "7"
    assert {"message", "type", "code", "param"} <= set(error)
    assert message in error["message"]
    assert error["code"] == code


def test_what_is_not_to_be_retried_says_so(proxy: Proxy, gloo: LocalGloo) -> None:
    """OpenAI's clients then do not: the spending limit is a 429 like no other."""
    limit = {"error": {"code": "SPENDING_LIMIT_EXCEEDED", "message": "spent", "retryable": False}}
    gloo.fault("/chat/completions", status=429, body=limit, times=None)
    with pytest.raises(openai.RateLimitError):
        proxy.client(max_retries=3).chat.completions.create(model="gloo-auto", messages=HI)
    assert len(gloo.completions) == 1


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b"\xff\xfe", b'{"messages": ' * 10000]
)
def test_a_body_that_is_none_is_refused(proxy: Proxy, gloo: LocalGloo, content: bytes) -> None:
    """By the proxy itself."""
    done = proxy.http().post("/chat/completions", content=content)
    assert (done.status_code, done.json()["error"]["code"]) == (400, "invalid_json")
    assert asked(gloo) == []


def test_contradictory_routing_is_refused(proxy: Proxy, gloo: LocalGloo) -> None:
    """With the adapter's own message."""
    body = {"messages": HI, "auto_routing": True, "model_family": "google"}
    done = proxy.http().post("/chat/completions", json=body)
    assert (done.status_code, done.json()["error"]["code"]) == (400, "routing")
    assert asked(gloo) == []


def test_wrong_credentials_are_the_proxys_fault(
    start: Callable[..., Proxy], gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 502 that is not retried: the client's own key was right."""
    monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
    with pytest.raises(
        openai.InternalServerError, match="rejected the client credentials"
    ) as caught:
        start().client().chat.completions.create(model="gloo-auto", messages=HI)
    assert caught.value.status_code == 502
    assert "not-the-secret" not in str(caught.value)
    assert len(gloo.exchanges) == 1


def test_a_gloo_that_is_down_is_a_502(proxy: Proxy, gloo: LocalGloo) -> None:
    """In OpenAI's shape; once it is back, all is well."""
    client = proxy.client(max_retries=0)
    client.chat.completions.create(model="gloo-auto", messages=HI)
    gloo.stop()
    with pytest.raises(openai.InternalServerError, match="could not be reached"):
        client.chat.completions.create(model="gloo-auto", messages=HI)
    gloo.start()
    client.chat.completions.create(model="gloo-auto", messages=HI)


def test_a_gloo_that_says_nothing_is_a_504(start: Callable[..., Proxy], gloo: LocalGloo) -> None:
    """After --timeout seconds."""
    client = start("--timeout", "1").client(max_retries=0)
    gloo.fault("/chat/completions", delay=60)
    with pytest.raises(openai.InternalServerError, match="did not answer in time") as caught:
        client.chat.completions.create(model="gloo-auto", messages=HI)
    assert caught.value.status_code == 504


def test_a_redirect_is_not_passed_on(proxy: Proxy, gloo: LocalGloo) -> None:
    """A client would carry the proxy's key there."""
    gloo.fault("/chat/completions", status=307, headers={"Location": "https://elsewhere.example"})
    done = proxy.http().post("/chat/completions", json={"messages": HI})
    assert done.status_code == 502
    assert "location" not in done.headers


def test_compression_is_the_clients_choice(proxy: Proxy, gloo: LocalGloo) -> None:
    """The proxy asks for none on its own, and passes on what the client asked for."""
    packed = gzip.compress(json.dumps({"choices": []}).encode())
    proxy.http(**{"accept-encoding": "identity"}).post("/chat/completions", json={"messages": HI})
    assert gloo.completions[0].headers["accept-encoding"] == "identity"
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    gloo.fault("/chat/completions", status=200, body=packed, headers=headers)
    done = proxy.http(**{"accept-encoding": "gzip"}).post(
        "/chat/completions", json={"messages": HI}
    )
    assert gloo.completions[1].headers["accept-encoding"] == "gzip"
    assert done.json() == {"choices": []}


def test_headers_of_the_connection_stay_there(proxy: Proxy, gloo: LocalGloo) -> None:
    """RFC 9110 §7.6.1, and nothing of Gloo's that would speak for the proxy."""
    headers = {
        "connection": "x-hop",
        "x-hop": "1",
        "keep-alive": "timeout=5",
        "set-cookie": "gateway=1",
        "access-control-allow-origin": "*",
        "x-ratelimit-remaining": "9",
        "content-type": "application/json",
    }
    gloo.fault("/chat/completions", status=200, body="{}", headers=headers)
    done = proxy.http().post("/chat/completions", json={"messages": HI})
    kept = set(headers) & set(done.headers)
    assert kept == {"x-ratelimit-remaining", "content-type"}


def test_what_the_proxy_has_not_is_a_404_with_directions(proxy: Proxy) -> None:
    """Most likely the base URL lacks /v1."""
    for path in ("/nothing", proxy.url.replace("/v1", "/chat/completions")):
        done = proxy.http().post(path, json={})
        assert done.status_code == 404
        assert "ends in /v1" in done.json()["error"]["message"]


def test_one_line_a_request_without_prompts_or_secrets(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """Method, path, status, model, time, size."""
    client = new_proxy.client()
    client.chat.completions.create(
        model="gloo-auto", messages=[{"role": "user", "content": "a private matter"}]
    )
    new_proxy.http().get("/models?key=in-the-query")
    new_proxy.http(key="wrong").get("/models")
    new_proxy.http().post(
        "/chat/completions", json={"messages": HI, "model": "evil\nPOST /fake 200"}
    )
    done = new_proxy.end()
    log = done.err.splitlines()
    assert "POST /v1/chat/completions 200 gloo-auto " in log[1]
    assert " ms " in log[1]
    assert log[1].endswith(" bytes")
    assert "GET /v1/models 200 - " in log[2]
    assert "GET /v1/models 401 - " in log[3]
    assert "evil?POST /fake 200 " in log[4]
    assert len(log) == 5
    for secret in ("a private matter", "in-the-query", KEY, gloo.client_secret, *gloo.tokens):
        assert secret not in done.out + done.err


def test_the_log_says_why_there_was_no_answer(new_proxy: Proxy, gloo: LocalGloo) -> None:
    """In words at the end of the line: Gloo's, or what became of the connection."""
    gloo.fault("/chat/completions", drop="before")
    new_proxy.http().post("/chat/completions", json={"messages": HI})
    refused = {"error": "Rate limit exceeded", "code": "too_many_requests"}
    gloo.fault("/chat/completions", status=429, body=refused)
    new_proxy.http().post("/chat/completions", json={"messages": HI})
    lines = new_proxy.end().err.splitlines()
    [line] = [line for line in lines if " 502 " in line]
    assert "broke off before the answer (Server disconnected" in line
    [line] = [line for line in lines if " 429 " in line]
    assert line.endswith("bytes Rate limit exceeded")


def test_a_key_is_made_and_printed_once(gloo: LocalGloo) -> None:
    """Without --key: on stdout, to be copied, and never in the log."""
    from ..cli.processes import Running

    with Running("proxy", "--port", "0") as process:
        printed = process.out.until("OPENAI_API_KEY=") + process.out.until("\n")
        url, key = (line.split("=", 1)[1] for line in printed.splitlines())
        assert len(key) >= 32
        with openai.OpenAI(base_url=url, api_key=key) as client:
            assert client.models.retrieve("gloo-auto")
        done = process.end()
    assert done.status == 0
    assert key not in done.out + done.err


def test_a_key_that_no_header_can_carry_is_wrong_usage(gloo: LocalGloo) -> None:
    """Before the proxy starts."""
    for key in ("two words", "schlüssel"):
        assert run("proxy", "--key", key).status == 2


def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    """Head and body leave at once: with Nagle's algorithm on, each answer takes 40 ms longer."""

    async def main() -> object:
        accepted: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen(0)
        async with await asyncio.start_server(accept, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await accepted

    assert asyncio.run(main())


def test_an_endpoint_of_its_own(gloo: LocalGloo) -> None:
    """`--endpoint` is the same as a base URL that ends so; grounding and embeddings still work."""
    with ExitStack() as stack:
        client = started(stack, "--endpoint", "guarded").client(max_retries=0)
        client.chat.completions.create(model="gloo-auto", messages=HI)
        client.chat.completions.create(
            model="gloo-auto", messages=HI, extra_body={"rag_publisher": "Bezalel"}
        )
        client.embeddings.create(model="gloo-baai-bge-base-en-v1.5", input="a")
    assert [request.path for request in gloo.requests if "ai" in request.path.split("/")] == [
        "/ai/v2/guarded/chat/completions",
        "/ai/v2/grounded/chat/completions",
        "/ai/v2/direct/embeddings",
    ]


def test_a_404_of_gloos_names_the_url(gloo: LocalGloo) -> None:
    """And where Gloo is."""
    with ExitStack() as stack:
        client = started(stack, "--endpoint", "gaurded").client(max_retries=0)
        with pytest.raises(openai.NotFoundError, match="/ai/v2/gaurded/chat/completions was") as e:
            client.chat.completions.create(model="gloo-auto", messages=HI)
    assert "platform.ai.gloo.com/ai/v2" in str(e.value)


def test_an_unknown_tradition_is_warned_of_when_the_proxy_starts(gloo: LocalGloo) -> None:
    """And sent all the same."""
    with ExitStack() as stack:
        proxy = started(stack, "--tradition", "cathlic")
        proxy.client().chat.completions.create(model="gloo-auto", messages=HI)
        assert "the nearest is 'catholic'" in proxy.end().err
    assert gloo.completions[-1].json["tradition"] == "cathlic"


def test_a_family_that_no_model_name_can_say(proxy: Proxy, gloo: LocalGloo) -> None:
    """It is Gloo's to refuse."""
    body = {"messages": HI, "model_family": "a/b"}
    done = proxy.http().post("/chat/completions", json=body)
    assert done.status_code == 422
    assert gloo.completions[-1].json["model_family"] == "a/b"


HALF = "half a pair: \\ud83d"


@pytest.mark.parametrize("path", ["/chat/completions", "/responses", "/embeddings"])
def test_half_a_surrogate_pair_in_an_error_is_passed_on(
    proxy: Proxy, gloo: LocalGloo, path: str
) -> None:
    """A 429 with Retry-After stays one."""
    headers = {"Retry-After": "7", "content-type": "application/json"}
    body = f'{{"error": "{HALF}", "code": "too_many_requests"}}'
    gloo.fault(path, status=429, body=body, headers=headers)
    asked_for = {"model": "gloo-openai-gpt-5-mini", "messages": HI, "input": "Hi"}
    done = proxy.http().post(path, json=asked_for)
    assert (done.status_code, done.headers["retry-after"]) == (429, "7")
    assert "half a pair: " in done.json()["error"]["message"]


def test_half_a_surrogate_pair_in_the_catalogue_is_passed_on(proxy: Proxy, gloo: LocalGloo) -> None:
    """In one row; the others are listed as ever."""
    rows = json.dumps([*gloo.models, {"id": "gloo-x", "name": "half a pair: \ud83d"}])
    headers = {"content-type": "application/json"}
    gloo.fault("/platform/v2/models", status=200, body=f'{{"data": {rows}}}', headers=headers)
    found = json.loads(proxy.http().get("/models").content)["data"]
    assert {"gloo-x", "gloo-openai-gpt-5-mini"} <= {row["id"] for row in found}


def test_half_a_surrogate_pair_in_a_prompt_is_passed_on(proxy: Proxy, gloo: LocalGloo) -> None:
    """As the client wrote it."""
    content = f'{{"messages": [{{"role": "user", "content": "{HALF}"}}], "model": "{HALF}"}}'
    done = proxy.http().post("/chat/completions", content=content)
    assert done.status_code in (400, 404)
    assert "internal error" not in done.text


@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_a_body_nested_deeply_is_passed_on_or_refused(
    proxy: Proxy, gloo: LocalGloo, depth: int
) -> None:
    """Never a failure of the proxy's."""
    nested = "[" * depth + "]" * depth
    content = f'{{"messages": [{{"role": "user", "content": "Hi"}}], "new": {nested}}}'
    done = proxy.http().post("/chat/completions", content=content)
    assert done.status_code in (200, 400, 422)
