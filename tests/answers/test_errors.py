"""Errors: every shape of body, what is retried, and what is said about causes that are known."""

from __future__ import annotations

import email.utils
import logging
import re
import time
from pathlib import Path
from typing import Any

import anyio
import openai
import pytest

from gloo_openai import GlooOpenAI, InvalidCredentialsError, error_details
from gloo_openai.testing import LocalGloo

from .. import forms
from ..conftest import MESSAGES
from ..traps import ASK, COMPLETIONS, TOKEN
from ..worlds import World

AT_ONCE = {"retry-after-ms": "1"}
AI_ERROR = {
    "type": "provider_error",
    "code": 2002,
    "name": "PROVIDER_UNAVAILABLE",
    "message": "The provider is unavailable",
    "category": "provider",
    "fault": "provider",
    "retryable": True,
    "trace_id": "t-1",
    "request_id": "r-1",
}
LIMIT = {"name": "SPENDING_LIMIT_EXCEEDED", "message": "Spending limit exceeded"}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}

Details = dict[str, Any]
# Shape of protocol §6, status, body, what the message says, what else is known.
SHAPES: list[tuple[str, int, Any, str, Details]] = [
    (
        "A",
        401,
        {"error": "Missing Authorization", "code": "unauthorized_missing_authorization"},
        "Missing Authorization",
        {"code": "unauthorized_missing_authorization"},
    ),
    (
        "B",
        403,
        {"error": "Forbidden - insufficient permissions", "code": "forbidden"},
        "Forbidden - insufficient permissions",
        {"code": "forbidden"},
    ),
    (
        "C",
        422,
        {"detail": [{"type": "missing", "loc": ["query", "chat_id"], "msg": "Field required"}]},
        "query.chat_id: Field required",
        {},
    ),
    ("D", 500, {"detail": "Error generating response."}, "Error generating response.", {}),
    (
        "E",
        429,
        {"error": "Rate limit exceeded", "code": "too_many_requests"},
        "Rate limit exceeded",
        {"code": "too_many_requests"},
    ),
    (
        "F",
        503,
        {"error": AI_ERROR},
        "The provider is unavailable",
        {"code": "2002", "trace_id": "t-1", "retryable": True, "fault": "provider"},
    ),
    (
        "F-bare",
        503,
        {"error": {"type": "service_unavailable_error", "code": 2006, "retryable": True}},
        "service_unavailable_error",
        {"code": "2006", "retryable": True},
    ),
    (
        "G-detail",
        404,
        {"detail": {"code": "no_such_thing", "message": "There is none"}},
        "There is none",
        {"code": "no_such_thing"},
    ),
    ("G-error", 409, {"error": "conflict", "message": "Try later"}, "conflict: Try later", {}),
    (
        "H",
        400,
        {"error": "invalid_client", "error_description": "invalid_client_secret"},
        "invalid_client: invalid_client_secret",
        {"code": "invalid_client"},
    ),
    (
        "html",
        502,
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        "502 Bad Gateway",
        {},
    ),
    ("empty", 500, "", "an empty body", {}),
    ("not-utf-8", 400, b"caf\xe9 \xff\xfe", "caf\N{REPLACEMENT CHARACTER}", {}),
    ("cut-json", 422, b'{"detail": [{"ms', '{"detail": [{"ms', {}),
    ("bom", 404, b'\xef\xbb\xbf{"error": "no such thing"}', "- no such thing", {}),
    ("utf-16", 404, '{"error": "no such thing"}'.encode("utf-16"), "- no such thing", {}),
    (
        "F-beside",
        503,
        {"error": {"code": 2002}, "retryable": False, "fault": "provider", "trace_id": "t-1"},
        "unknown shape",
        {"code": "2002", "retryable": False, "fault": "provider", "trace_id": "t-1"},
    ),
    ("number", 400, b"7", "7", {}),
    ("null", 500, b"null", "null", {}),
    ("list", 400, [{"error": "odd"}], "odd", {}),
]
CLASSES: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the SDK waits before each retry; nobody really waits."""
    seconds: list[float] = []

    async def wait(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(time, "sleep", seconds.append)
    monkeypatch.setattr(anyio, "sleep", wait)
    return seconds


def failure(world: World, client: Any, form: forms.Form = forms.plain) -> Any:
    """The exception that a call ends with."""
    with pytest.raises(openai.OpenAIError) as caught:
        form(world, client)
    return caught.value


# Shapes


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("case", SHAPES, ids=lambda case: case[0])
def test_a_body_of_any_shape_is_the_exception_of_its_status(
    gloo: LocalGloo, stream: bool, case: tuple[str, int, Any, str, Details]
) -> None:
    """A readable message, and what Gloo said of the error as attributes; None where unknown."""
    _shape, status, body, words, known = case
    headers = {"x-request-id": "from-the-header"}
    gloo.fault(COMPLETIONS, status=status, body=body, headers=headers, times=None)
    with GlooOpenAI(max_retries=0) as client, pytest.raises(CLASSES[status]) as caught:
        client.chat.completions.create(stream=stream, **ASK)
    error: Any = caught.value
    assert words in error.message
    assert error.message.startswith(f"Error code: {status} - ")
    assert len(error.message) < 700
    expected = {"code": None, "trace_id": None, "retryable": None, "fault": None, **known}
    assert {name: getattr(error, name) for name in expected} == expected
    assert error.status_code == status
    assert error.request_id == "from-the-header"
    details = error_details(error)
    assert (details.code, details.trace_id) == (expected["code"], expected["trace_id"])
    assert (details.retryable, details.fault) == (expected["retryable"], expected["fault"])
    assert details.request_id == "from-the-header"


@pytest.mark.parametrize("form", forms.EVERY)
def test_every_form_of_a_call_raises_the_same_exception(
    gloo: LocalGloo, world: World, form: forms.Form
) -> None:
    """Plain, parsed, raw, streamed, posted: one class, one message, one set of details."""
    gloo.fault(COMPLETIONS, status=503, body={"error": AI_ERROR})
    error = failure(world, world.client(max_retries=0), form)
    assert type(error) is openai.InternalServerError
    assert error.message == (
        "Error code: 503 - The provider is unavailable (code 2002, trace_id t-1)"
    )
    assert (error.code, error.trace_id, error.retryable) == ("2002", "t-1", True)
    assert error.body == AI_ERROR


def test_ids_come_from_the_headers_if_the_body_has_none(gloo: LocalGloo) -> None:
    """`x-request-id` and `x-sentry-trace-id`; a body's own ids count as well."""
    headers = {"x-sentry-trace-id": "sentry-1", "x-request-id": "header-1"}
    gloo.fault(COMPLETIONS, status=403, body={"error": "no"}, headers=headers)
    gloo.fault(COMPLETIONS, status=403, body={"error": AI_ERROR}, headers={"x-request-id": ""})
    with GlooOpenAI() as client:
        for trace_id, request_id in (("sentry-1", "header-1"), ("t-1", "r-1")):
            with pytest.raises(openai.PermissionDeniedError) as caught:
                client.chat.completions.create(**ASK)
            details = error_details(caught.value)
            assert (details.trace_id, details.request_id) == (trace_id, request_id)


def test_the_body_is_kept_as_the_sdk_keeps_it(gloo: LocalGloo) -> None:
    """The object under `error` if it is one, else all of the body, as with the SDK's own client."""
    flat = {"error": "Forbidden", "code": "forbidden", "more": [1]}
    gloo.fault(COMPLETIONS, status=403, body=flat)
    gloo.fault(COMPLETIONS, status=403, body={"error": AI_ERROR})
    with GlooOpenAI() as client:
        for body in (flat, AI_ERROR):
            with pytest.raises(openai.PermissionDeniedError) as caught:
                client.chat.completions.create(**ASK)
            assert caught.value.body == body


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_cut_error_body_keeps_its_status(gloo: LocalGloo, world: World, stream: bool) -> None:
    """The connection breaks within the body of a 422: still an UnprocessableEntityError."""
    gloo.fault(COMPLETIONS, status=422, body={"detail": [{"msg": "no"}]}, drop_after=14)
    with pytest.raises(openai.UnprocessableEntityError):
        world.call(world.client(max_retries=0).chat.completions.create, stream=stream, **ASK)
    assert len(gloo.completions) == 1


def test_error_details_of_something_else_are_empty() -> None:
    """An exception that no Gloo client raised has none of them."""
    details = error_details(ValueError("no"))
    assert (details.code, details.trace_id, details.retryable) == (None, None, None)


# Retries


@pytest.mark.parametrize("form", [forms.plain, forms.streamed, forms.raw, forms.helper])
def test_what_may_pass_is_tried_again(gloo: LocalGloo, world: World, form: forms.Form) -> None:
    """A 503 and a 429, then the answer."""
    gloo.fault(COMPLETIONS, status=503, body={"detail": "down"}, headers=AT_ONCE)
    gloo.fault(COMPLETIONS, status=429, body={"error": "slow down"}, headers=AT_ONCE)
    assert form(world, world.client())
    assert len(gloo.completions) == 3


@pytest.mark.parametrize("form", [forms.plain, forms.streamed])
@pytest.mark.parametrize(
    ("status", "body", "sends"),
    [
        pytest.param(503, {"error": {"code": 2002}}, 3, id="503"),
        pytest.param(503, {"error": {"code": 2002, "retryable": False}}, 1, id="503-not-retryable"),
        pytest.param(429, {"error": "Rate limit exceeded"}, 3, id="429"),
        pytest.param(429, {"error": {"retryable": False}}, 1, id="429-not-retryable"),
        pytest.param(429, {"error": LIMIT}, 1, id="spending-limit"),
        pytest.param(429, {"error": {**LIMIT, "retryable": True}}, 1, id="spending-limit-odd"),
        pytest.param(429, {"error": LIMIT["name"]}, 1, id="spending-limit-string"),
        pytest.param(429, {"detail": {"code": LIMIT["name"]}}, 1, id="spending-limit-detail"),
        pytest.param(408, {"error": {"code": 2001}}, 3, id="408"),
        pytest.param(404, {"error": {"retryable": True}}, 3, id="404-retryable"),
        pytest.param(400, {"error": {"code": 1001, "retryable": True}}, 1, id="400"),
        pytest.param(403, {"error": {"retryable": True}}, 1, id="403"),
        pytest.param(422, {"error": {"retryable": True}}, 1, id="422"),
        pytest.param(422, {"detail": [{"msg": "Field required"}]}, 1, id="422-detail"),
        pytest.param(500, "<html>", 3, id="500-html"),
        pytest.param(500, "", 3, id="500-empty"),
    ],
)
def test_how_often_an_error_is_sent(  # noqa: PLR0917 - one row of a table
    gloo: LocalGloo, form: forms.Form, status: int, body: Any, sends: int, waits: list[float]
) -> None:
    """The body's `retryable` wins; the spending limit and validation are never tried again."""
    gloo.fault(COMPLETIONS, status=status, body=body, times=None)
    world = World("sync", forms, None)  # type: ignore[arg-type]  # no library is needed
    with GlooOpenAI() as client:
        failure(world, client, form)
    assert len(gloo.completions) == sends
    assert len(waits) == sends - 1


@pytest.mark.parametrize("status", [408, 429, 503])
def test_max_retries_of_zero_stays_zero(gloo: LocalGloo, world: World, status: int) -> None:
    """Not even a body that calls itself retryable is sent again."""
    gloo.fault(COMPLETIONS, status=status, body={"error": {"retryable": True}}, times=None)
    failure(world, world.client(max_retries=0))
    failure(world, world.client().with_options(max_retries=0), forms.streamed)
    assert len(gloo.completions) == 2


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        pytest.param({"Retry-After": "7", "X-RateLimit-Reset": "9"}, 7, 7, id="retry-after-first"),
        pytest.param({"X-RateLimit-Reset": "9"}, 9, 9, id="seconds"),
        pytest.param({"X-RateLimit-Reset": "2.5"}, 2.5, 2.5, id="fraction"),
        pytest.param({"X-RateLimit-Reset": "+30"}, 25, 30, id="unix-time"),
        pytest.param({"X-RateLimit-Reset": "+30ms"}, 25, 30, id="unix-milliseconds"),
        pytest.param({"X-RateLimit-Reset": "+30http"}, 25, 30, id="http-date"),
        pytest.param({"X-RateLimit-Reset": "+30iso"}, 25, 30, id="iso-date"),
        pytest.param({"X-RateLimit-Reset": "-30"}, 0, 1, id="in-the-past"),
        pytest.param({"X-RateLimit-Reset": "soon"}, 0, 1, id="nonsense"),
        pytest.param({"X-RateLimit-Reset": "nan"}, 0, 1, id="nan"),
        pytest.param(
            {"X-RateLimit-Reset": "Mon, 01 Jan 2024 00:00:00 +99999999999999"}, 0, 1, id="zone"
        ),
        pytest.param({"Retry-After": "nonsense", "X-RateLimit-Reset": "9"}, 9, 9, id="fallback"),
        pytest.param({}, 0, 1, id="none"),
    ],
)
def test_a_retry_waits_as_long_as_the_headers_say(
    gloo: LocalGloo, headers: dict[str, str], low: float, high: float, waits: list[float]
) -> None:
    """`Retry-After`, else `X-RateLimit-Reset`: a number of seconds, or a moment in any form."""
    given = {name: moment(value) for name, value in headers.items()}
    gloo.fault(COMPLETIONS, status=429, headers=given)
    with GlooOpenAI() as client:
        assert client.chat.completions.create(**ASK).choices
    [waited] = waits
    assert low <= waited <= high


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_a_wait_keeps_the_bounds_of_the_sdk(
    gloo: LocalGloo, world: World, header: str, waits: list[float]
) -> None:
    """An hour is never waited: as the SDK's version has it, a short wait or none at all."""
    gloo.fault(COMPLETIONS, status=429, headers={header: "3600"}, times=None)
    failure(world, world.client())
    assert all(waited < 9 for waited in waits)
    assert len(gloo.completions) == 1 + len(waits)


def moment(value: str) -> str:
    """`+30` and its like, as the moment thirty seconds from now."""
    if value[:1] not in "+-":
        return value
    at = time.time() + float(value.rstrip("mshtpio"))
    if value.endswith("ms"):
        return str(int(at * 1000))
    if value.endswith("http"):
        return email.utils.formatdate(at, usegmt=True)
    if value.endswith("iso"):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return str(int(at))


# The table of docs/errors.md

TABLE = re.compile(r"^\| (\d{3}) \| (\w*) ?\| [^|]+ \| ([^|]+) \|", re.MULTILINE)
PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS = TABLE.findall(PAGE)


def test_the_page_has_its_table() -> None:
    """The test below would pass on a table that is not found."""
    assert len(ROWS) == len(re.findall(r"^\| \d", PAGE, re.MULTILINE)) >= 12


@pytest.mark.parametrize(("status", "code", "retried"), ROWS)
def test_the_page_says_what_is_retried(
    gloo: LocalGloo, status: str, code: str, retried: str, waits: list[float]
) -> None:
    """Each row of its table, sent as a body that has the code and no word of retrying."""
    error = {"code": int(code) if code.isdigit() else code, "message": "no"}
    gloo.fault(COMPLETIONS, status=int(status), body={"error": error}, times=None)
    with GlooOpenAI() as client, pytest.raises(CLASSES.get(int(status), openai.APIStatusError)):
        client.chat.completions.create(**ASK)
    sends = {"yes": 3, "no": 1, "once, with a new token": 2}
    assert len(gloo.completions) == sends[retried]
    assert len(waits) == (2 if retried == "yes" else 0)


# Hints


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_too_small_a_max_tokens_is_named(gloo: LocalGloo, name: str) -> None:
    """503 code 2006: the value that was sent and the floor."""
    gloo.reasoning_floor = 1024
    with GlooOpenAI(max_retries=0) as client, pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(**ASK, **{name: 100})  # type: ignore[arg-type]  # its name is a parameter
    assert f"{name}=100" in str(caught.value)
    assert "1024" in str(caught.value)


def test_publishers_are_said_to_be_case_sensitive(gloo: LocalGloo, world: World) -> None:
    """403 on a grounded call, with the name that was sent."""
    client = world.client()
    with pytest.raises(openai.PermissionDeniedError) as caught:
        world.call(client.chat.completions.create, rag_publisher="bezalel", **ASK)
    assert "'bezalel'" in str(caught.value)
    assert "case-sensitive" in str(caught.value)
    gloo.fault("/grounded", status=403, body={"error": "Forbidden", "code": "forbidden"})
    with pytest.raises(openai.PermissionDeniedError, match="no rag_publisher was sent"):
        world.call(client.chat.completions.create, include_citations=True, **ASK)


def test_a_model_that_takes_no_tools_is_explained(gloo: LocalGloo) -> None:
    """400 with tools: where to look it up."""
    call: Any = {
        "model": "gloo-meta-llama-3.1-8b-instruct",
        "messages": MESSAGES,
        "tools": [WEATHER],
    }
    with GlooOpenAI() as client, pytest.raises(openai.BadRequestError, match="supports_tools"):
        client.chat.completions.create(**call)


def test_a_401_after_a_refresh_is_explained(gloo: LocalGloo, world: World) -> None:
    """The token is new, so it is not the token."""
    gloo.fault(COMPLETIONS, status=401, body={"error": "no"}, times=None)
    with pytest.raises(openai.AuthenticationError, match="refreshed and refused again"):
        world.call(world.client().chat.completions.create, **ASK)
    assert len(gloo.completions) == 2


def test_a_gateway_timeout_advises_to_stream(gloo: LocalGloo, world: World) -> None:
    """504 on a call that was not streamed."""
    gloo.fault(COMPLETIONS, status=504)
    with pytest.raises(openai.InternalServerError, match="stream=True"):
        world.call(world.client(max_retries=0).chat.completions.create, **ASK)


@pytest.mark.parametrize(
    ("status", "body", "call"),
    [
        pytest.param(503, {"error": {"code": 2006}}, {"max_tokens": 4096}, id="enough-tokens"),
        pytest.param(503, {"error": {"code": 2006}}, {}, id="no-limit"),
        pytest.param(503, {"error": {"code": 2002}}, {"max_tokens": 10}, id="another-503"),
        pytest.param(403, {"error": "Forbidden"}, {}, id="403-not-grounded"),
        pytest.param(400, {"error": "Bad"}, {}, id="400-without-tools"),
        pytest.param(400, {"error": "Bad"}, {"tools": []}, id="400-empty-tools"),
        pytest.param(500, {"error": "Bad"}, {"tools": [WEATHER]}, id="500-with-tools"),
        pytest.param(504, {"error": "Late"}, {"stream": True}, id="504-streamed"),
        pytest.param(500, {"error": "Bad"}, {}, id="500"),
    ],
)
def test_no_hint_where_its_cause_is_absent(
    gloo: LocalGloo, status: int, body: Any, call: dict[str, Any]
) -> None:
    """The message is one line, what Gloo said."""
    gloo.fault(COMPLETIONS, status=status, body=body)
    with GlooOpenAI(max_retries=0) as client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**ASK, **call)
    assert "\n" not in caught.value.message


def test_a_static_key_that_is_refused_has_no_hint_of_a_refresh(gloo: LocalGloo) -> None:
    """Nothing was refreshed."""
    with (
        GlooOpenAI(api_key="sk_wrong") as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.chat.completions.create(**ASK)
    assert "refreshed" not in str(caught.value)


def test_rejected_credentials_have_their_details(gloo: LocalGloo, world: World) -> None:
    """Shape H at the token endpoint."""
    body = {"error": "invalid_client", "error_description": "invalid_client_secret"}
    gloo.fault(TOKEN, status=400, body=body)
    with pytest.raises(InvalidCredentialsError, match="invalid_client"):
        world.call(world.client().chat.completions.create, **ASK)


def test_errors_write_no_secret_to_the_log(
    gloo: LocalGloo, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at the level of debugging."""
    caplog.set_level(logging.DEBUG)
    gloo.fault(COMPLETIONS, status=403, body={"error": AI_ERROR})
    with GlooOpenAI() as client, pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(**ASK)
    assert gloo.client_secret not in caplog.text
    assert gloo.tokens[0] not in caplog.text


@pytest.mark.parametrize("retryable", [{}, {"retryable": True}], ids=["silent", "retryable"])
def test_a_wait_beyond_the_sdks_bounds_is_the_sdks_to_judge(
    world: World, gloo: LocalGloo, retryable: dict[str, bool]
) -> None:
    """`Retry-After` of an hour: as many sends as the plain SDK makes, whatever the body says."""
    sends = []
    plain = world.openai(api_key=gloo.issue_token(), base_url=gloo.base_url, max_retries=1)
    for client in (plain, world.client(max_retries=1)):
        gloo.reset()
        error = {"message": "Later.", **retryable}
        headers = {"retry-after": "3600"}
        gloo.fault(
            "/chat/completions", status=429, body={"error": error}, headers=headers, times=None
        )
        with pytest.raises(openai.RateLimitError):
            world.call(client.chat.completions.create, model="gloo-x", messages=MESSAGES)
        sends.append(len(gloo.completions))
    assert sends[0] == sends[1]
