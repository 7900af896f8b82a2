"""`POST /v1/responses`, for OpenAI's own client and for bare HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from gloo_openai.proxy.errors import RefusedError
from gloo_openai.proxy.items import Items
from gloo_openai.testing import LocalGloo

from .conftest import Proxy, asked

MODEL = "gloo-openai-gpt-5-mini"
OTHER = "gloo-anthropic-claude-sonnet-4.6"
ASK: dict[str, Any] = {"model": MODEL, "input": "Hi"}
TOOL: Any = {
    "type": "function",
    "name": "shell",
    "description": "Run it.",
    "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
    "strict": False,
}


def events_of(proxy: Proxy, **body: Any) -> list[dict[str, Any]]:
    """The events of a stream, read as any client of server-sent events would."""
    with proxy.http().stream("POST", "/responses", json={**ASK, "stream": True, **body}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join(answer.iter_text())
    found = []
    for event in text.split("\n\n"):
        lines = [line for line in event.splitlines() if not line.startswith(":")]
        if lines:
            name, data = lines
            found.append(json.loads(data.removeprefix("data: ")))
            assert name == f"event: {found[-1]['type']}"
    return found


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
def test_a_plain_client_gets_responses(proxy: Proxy, gloo: LocalGloo, nested: bool) -> None:
    """Whole, streamed, and through the SDK's `.stream()`, in either of Gloo's forms."""
    client = proxy.client()
    gloo.answer("Be joyful.", nested=nested)
    assert client.responses.create(**ASK).output_text == "Be joyful."
    gloo.answer("Be joyful.", nested=nested)
    events = list(client.responses.create(**ASK, stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "Be joyful."
    gloo.answer("Be joyful.", nested=nested)
    with client.responses.stream(**ASK) as stream:
        assert stream.get_final_response().output_text == "Be joyful."
    assert {seen.path for seen in gloo.requests[-3:]} == {"/ai/v2/responses"}


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
def test_events_are_whole_and_say_what_openais_say(
    proxy: Proxy, gloo: LocalGloo, nested: bool
) -> None:
    """Clients in other languages check every field that OpenAI's reference has."""
    gloo.answer("one two", nested=nested)
    events = events_of(proxy, model=OTHER, tools=[TOOL], parallel_tool_calls=False)
    kinds = [event["type"].removeprefix("response.") for event in events]
    assert [kind for kind in kinds if kind != "output_text.delta"] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    carried = [event["response"] for event in events if "response" in event]
    for response in carried:
        assert response["object"] == "response"
        assert response["created_at"] > 0
        assert response["model"] == OTHER
        assert response["tools"] == [TOOL]
        assert response["parallel_tool_calls"] is False
        assert response["id"] == carried[0]["id"] != ""
    usage = carried[-1]["usage"]
    assert usage["input_tokens_details"]["cached_tokens"] >= 0
    assert usage["output_tokens_details"]["reasoning_tokens"] >= 0
    assert carried[-1]["output"][0]["content"][0]["text"] == "one two"


def test_a_round_trip_of_a_tool(proxy: Proxy, gloo: LocalGloo) -> None:
    """Flat tools are nested for Gloo; what is replayed loses what Gloo refuses."""
    client = proxy.client()
    thought = {"reasoning_content": "I should look."}
    gloo.answer(tool_calls=[{"name": "shell", "arguments": {"command": "ls"}}], message=thought)
    first = client.responses.create(**ASK, tools=[TOOL])
    call = next(item for item in first.output if item.type == "function_call")
    assert json.loads(call.arguments) == {"command": "ls"}
    replayed = [item.model_dump(mode="json", exclude_none=True) for item in first.output]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "a.txt"}
    gloo.answer("There is a.txt.")
    turn: list[Any] = [{"role": "user", "content": "Hi"}, *replayed, result]
    second = client.responses.create(model=MODEL, input=turn, tools=[TOOL])
    assert second.output_text == "There is a.txt."
    sent = gloo.requests[-1].json
    assert sent["tools"][0]["function"]["name"] == "shell"
    assert [item.get("type") for item in sent["input"]] == [
        None,
        "function_call",
        "function_call_output",
    ]


@pytest.mark.parametrize("model", ["gloo-auto", "gloo-auto-anthropic", None])
def test_without_a_model_of_gloos_three_are_named(
    proxy: Proxy, gloo: LocalGloo, model: str | None
) -> None:
    """Each of which would do."""
    done = proxy.http().post("/responses", json={"model": model, "input": "Hi", "tools": [TOOL]})
    error = done.json()["error"]
    assert (done.status_code, error["code"]) == (400, "model_required")
    assert "--responses-model" in error["message"]
    named = [row["id"] for row in gloo.models if f"{row['id']}," in error["message"]]
    assert len(named) == 3
    for each in named:
        asked_for = {"model": each, "input": "Hi", "tools": [TOOL]}
        assert proxy.http().post("/responses", json=asked_for).status_code == 200


def test_three_models_cannot_be_named_while_the_catalogue_is_down(
    proxy: Proxy, gloo: LocalGloo
) -> None:
    """The refusal is the same one, and says so."""
    gloo.fault("/platform/v2/models", status=503, times=None)
    done = proxy.http().post("/responses", json={"model": "gloo-auto", "input": "Hi"})
    assert (done.status_code, done.json()["error"]["code"]) == (400, "model_required")
    assert "GET /v1/models" in done.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "environment", "named", "sent"),
    [
        (("--responses-model", OTHER), {}, "gloo-auto", OTHER),
        (("--responses-model", OTHER), {}, None, OTHER),
        (("--responses-model", OTHER), {"GLOO_MODEL": MODEL}, "gloo-auto", OTHER),
        (("--responses-model", OTHER), {}, MODEL, MODEL),
        (("--responses-model", OTHER, "--force-model"), {}, "gpt-5-codex", OTHER),
        ((), {"GLOO_MODEL": OTHER}, "gloo-auto-google", OTHER),
        (("--model", "gloo-auto-google"), {"GLOO_MODEL": OTHER}, "gloo-auto", OTHER),
        (("--model", OTHER), {}, "gloo-auto", OTHER),
        ((), {"GLOO_PROXY_RESPONSES_MODEL": OTHER}, "gloo-auto", OTHER),
    ],
)
def test_a_pseudo_model_gets_the_proxys(
    start: Callable[..., Proxy],
    gloo: LocalGloo,
    monkeypatch: pytest.MonkeyPatch,
    *,
    options: tuple[str, ...],
    environment: dict[str, str],
    named: str | None,
    sent: str,
) -> None:
    """`--responses-model`, else the default model where it is one of Gloo's own."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = start(*options)
    done = proxy.http().post("/responses", json={"model": named, "input": "Hi"})
    assert done.status_code == 200
    assert gloo.requests[-1].json == {"model": sent, "input": "Hi"}
    assert done.json()["model"] == sent
    assert f"POST /v1/responses 200 {sent} " in proxy.end().err


def test_what_responses_cannot_do_is_said(start: Callable[..., Proxy], gloo: LocalGloo) -> None:
    """Routing and grounding are for chat completions, and nothing is dropped in silence."""
    http = start("--publisher", "Bezalel", "--endpoint", "direct").http()
    done = http.post("/responses", json=ASK)
    assert (done.status_code, done.json()["error"]["code"]) == (400, "routing")
    assert "--publisher" in done.json()["error"]["message"]
    for more in ({"auto_routing": True}, {"model_family": "google"}, {"sources_limit": 2}):
        done = http.post("/responses", json={**ASK, "rag_publisher": None, **more})
        assert (done.status_code, done.json()["error"]["code"]) == (400, "routing")
    assert asked(gloo) == []
    assert http.post("/responses", json={**ASK, "rag_publisher": None}).status_code == 200
    assert gloo.requests[-1].path == "/ai/v2/guarded/responses"


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_an_error_keeps_its_status(proxy: Proxy, gloo: LocalGloo, stream: bool) -> None:
    """Before the answer has begun: of HTTP 429, and one that came with HTTP 200."""
    limited = {"error": "Rate limit exceeded", "code": "too_many_requests"}
    gloo.fault("/responses", status=429, body=limited, headers={"Retry-After": "7"})
    done = proxy.http().post("/responses", json={**ASK, "stream": stream})
    assert (done.status_code, done.headers["retry-after"]) == (429, "7")
    assert done.json()["error"]["code"] == "too_many_requests"
    failed = {"error": {"code": 1001, "message": "too long", "trace_id": "t-1"}}
    for body in (failed, {"object": "response", "status": "failed", **failed}):
        gloo.fault("/responses", status=200, body=body)
        done = proxy.http().post("/responses", json={**ASK, "stream": stream})
        assert done.status_code == 400, done.text
        assert "too long" in done.json()["error"]["message"]
        assert done.json()["error"]["trace_id"] == "t-1"
    gloo.answer(chunks=['event: error\ndata: {"message": "no", "code": 3001}\n\n'])
    done = proxy.http().post("/responses", json={**ASK, "stream": stream})
    assert done.status_code == 500
    assert done.json()["error"]["code"] == "3001"


BEGUN: list[Any] = [
    {"type": "response.created", "id": "resp_1", "status": "in_progress"},
    {"type": "response.output_text.delta", "delta": "one "},
]


@pytest.mark.parametrize(
    ("last", "code", "message"),
    [
        ([{"type": "error", "code": 3001, "message": "It broke"}], "3001", "It broke"),
        (["event: error.x\ndata: gone\n\n"], "server_error", "gone"),
        (
            [
                {
                    "type": "response.failed",
                    "response": {"error": {"code": "rate_limit_exceeded", "message": "slow"}},
                }
            ],
            "rate_limit_exceeded",
            "slow",
        ),
        (["data: no json\n\n"], "gloo_unavailable", "not valid JSON"),
        ([], "upstream_cut", "cut off after 4 characters"),
    ],
    ids=["error", "named", "failed", "garbled", "cut"],
)
def test_a_stream_that_breaks_off_says_so(
    new_proxy: Proxy, gloo: LocalGloo, last: list[Any], code: str, message: str
) -> None:
    """To who looks for an error and to who looks for a failed response; and the log has why."""
    gloo.answer(chunks=[*BEGUN, *last], done=False)
    found: list[dict[str, Any]] = []
    with new_proxy.http().stream("POST", "/responses", json={**ASK, "stream": True}) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
    error, failed = found[-2:]
    assert (error["type"], failed["type"]) == ("error", "response.failed")
    assert error["code"] == error["error"]["code"] == failed["response"]["error"]["code"] == code
    assert message in error["message"]
    assert failed["response"]["id"] == "resp_1"
    assert failed["response"]["status"] == "failed"
    numbers = [event["sequence_number"] for event in found]
    assert numbers == sorted(set(numbers))
    assert "Traceback" not in (log := new_proxy.end().err)
    assert message in log


def test_openais_client_raises_for_a_stream_that_breaks_off(proxy: Proxy, gloo: LocalGloo) -> None:
    """It never looks like an answer."""
    gloo.answer(chunks=[*BEGUN, {"type": "error", "code": 3001, "message": "It broke"}])
    with pytest.raises(openai.APIError, match="It broke"):
        list(proxy.client(max_retries=0).responses.create(**ASK, stream=True))


def test_what_came_in_another_form_is_read(proxy: Proxy, gloo: LocalGloo) -> None:
    """Events though none were asked for, and a body though a stream was."""
    whole = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": MODEL,
        "output": [{"type": "message", "role": "assistant", "content": "one"}],
    }
    gloo.fault("/responses", status=200, body=whole)
    events = events_of(proxy)
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "one"
    completed = json.dumps({"type": "response.completed", **whole})
    content = f"event: response.completed\ndata: {completed}\n\n"
    gloo.fault(
        "/responses", status=200, body=content, headers={"content-type": "text/event-stream"}
    )
    done = proxy.http().post("/responses", json=ASK)
    assert done.json()["output"][0]["content"][0]["text"] == "one"


def test_what_keeps_a_connection_alive_reaches_the_client(proxy: Proxy, gloo: LocalGloo) -> None:
    """While nothing is said: a comment in, a comment out, before the next event."""
    gloo.answer(chunks=[BEGUN[0], ": thinking\n\n"], done=False)
    with proxy.http().stream("POST", "/responses", json={**ASK, "stream": True}) as answer:
        text = b"".join(answer.iter_raw()).decode()
    assert "\n: waiting\n\n" in text.partition("event: error")[0]


def test_items_may_be_sent_back_by_their_ids(proxy: Proxy, gloo: LocalGloo) -> None:
    """As OpenAI keeps them unless it is told not to; of reasoning Gloo takes none."""
    http = proxy.http()
    gloo.answer("Let me look.", message={"reasoning_content": "Hm."})
    given = http.post("/responses", json=ASK).json()["output"]
    assert [item["type"] for item in given] == ["reasoning", "message"]
    back = [{"type": "item_reference", "id": item["id"]} for item in given]
    user = {"role": "user", "content": "And?"}
    done = http.post("/responses", json={**ASK, "input": [*back, user]})
    assert done.status_code == 200
    [message, _] = gloo.requests[-1].json["input"]
    assert (message["role"], message["content"][0]["text"]) == ("assistant", "Let me look.")
    gloo.answer("A secret.")
    kept = http.post("/responses", json={**ASK, "store": False}).json()["output"][-1]["id"]
    for name in (kept, "msg_0", "msg_of_another_day_0123456789"):
        asked_for = {**ASK, "input": [{"type": "item_reference", "id": name}, user]}
        done = http.post("/responses", json=asked_for)
        assert (done.status_code, done.json()["error"]["code"]) == (400, "item_not_found")
        assert "store" in done.json()["error"]["message"]


def test_items_that_were_streamed_are_kept_too(proxy: Proxy, gloo: LocalGloo) -> None:
    """The same ones."""
    gloo.answer("one two")
    item = events_of(proxy, model=OTHER)[-1]["response"]["output"][0]
    asked_for = {"model": OTHER, "input": [{"type": "item_reference", "id": item["id"]}]}
    assert proxy.http().post("/responses", json=asked_for).status_code == 200
    assert gloo.requests[-1].json["input"][0]["content"][0]["text"] == "one two"


def test_the_oldest_items_make_room() -> None:
    """By what they take up."""
    items = Items(most_bytes=10_000)
    for number in range(100):
        row = {"id": f"msg_{number:020}", "type": "message", "content": "x" * 1000}
        items.keep({"output": [row]})
    for number, known in ((99, True), (0, False)):
        asked_for = {"input": [{"type": "item_reference", "id": f"msg_{number:020}"}]}
        if known:
            assert items.resolved(asked_for)["input"][0]["content"] == "x" * 1000
        else:
            with pytest.raises(RefusedError):
                items.resolved(asked_for)
