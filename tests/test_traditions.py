"""A tradition that Gloo is not known to have is sent, and warned of once."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai import GlooOpenAI, GlooWarning, gloo_body
from gloo_openai.testing import LocalGloo
from gloo_openai.traditions import about_tradition

from .cli.processes import run
from .conftest import MESSAGES
from .traps import ASK
from .worlds import World

KNOWN = ["evangelical", "catholic", "mainline", "not_faith_specific"]
MODEL = "gloo-openai-gpt-5-mini"
_numbers = itertools.count()


@pytest.fixture
def unknown() -> str:
    """A value that no other test has warned of in this process."""
    return f"cathlic{next(_numbers)}"


def places(client: Any, unknown: str) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Every place where a tradition can be said in a call."""
    create = client.chat.completions.create
    return {
        "keyword": (create, {**ASK, "tradition": unknown}),
        "with a model": (create, {"model": MODEL, "messages": MESSAGES, "tradition": unknown}),
        "extra_body": (create, {**ASK, "extra_body": {"tradition": unknown}}),
        "raw": (
            client.chat.completions.with_raw_response.create,
            {**ASK, "tradition": unknown},
        ),
        "post": (
            client.post,
            {
                "path": "/chat/completions",
                "body": {**ASK, "tradition": unknown},
                "cast_to": object,
            },
        ),
        "responses": (
            client.responses.create,
            {"model": MODEL, "input": "Hi", "extra_body": {"tradition": unknown}},
        ),
    }


@pytest.mark.parametrize("place", list(places(GlooOpenAI(api_key="x", env_file=None), "x")))
def test_a_call_says_so_once(gloo: LocalGloo, world: World, unknown: str, place: str) -> None:
    """It is sent as it is and answered; the warning is a UserWarning, and is not repeated."""
    function, keywords = places(world.client(), unknown)[place]
    with pytest.warns(UserWarning, match="the nearest is 'catholic'") as caught:
        world.call(function, **keywords)
    assert [type(each.message) for each in caught] == [GlooWarning]
    assert repr(unknown) in str(caught[0].message)
    assert gloo.requests[-1].json["tradition"] == unknown
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        world.call(function, **keywords)


def test_a_client_says_so_when_it_is_made(world: World, unknown: str) -> None:
    """And a copy; the calls need not say it again."""
    with pytest.warns(GlooWarning, match=unknown):
        world.client(api_key="x", env_file=None, tradition=unknown)
    client = world.client(api_key="x", env_file=None)
    with pytest.warns(GlooWarning, match="another-one") as caught:
        client.with_options(tradition=f"{unknown}-another-one")
    assert caught[0].filename == __file__


def test_an_extra_body_says_so_when_it_is_made(unknown: str) -> None:
    """At the line that made it."""
    with pytest.warns(GlooWarning, match=unknown) as caught:
        gloo_body(auto_routing=True, tradition=unknown)
    assert caught[0].filename == __file__


def test_the_warning_points_at_the_users_line(gloo: LocalGloo, unknown: str) -> None:
    """However deep in the SDK it was noticed."""
    with GlooOpenAI() as client, pytest.warns(GlooWarning, match=unknown) as caught:
        client.chat.completions.create(**ASK, tradition=unknown)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "known", [*KNOWN, "Catholic", "EVANGELICAL", "Not_Faith_Specific", "", None]
)
def test_a_known_one_is_sent_without_a_word(
    gloo: LocalGloo, world: World, known: str | None
) -> None:
    """Whatever its case."""
    client = world.client(tradition=known)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        world.call(client.chat.completions.create, model=MODEL, messages=MESSAGES)
    assert gloo.completions[-1].json.get("tradition") == (known or None)


def test_threads_say_so_once(gloo: LocalGloo, unknown: str) -> None:
    """However many meet it together."""
    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(16) as pool:
        warnings.simplefilter("always")
        list(pool.map(lambda _: gloo_body(tradition=unknown), range(200)))
    assert len(caught) == 1


def test_each_value_is_warned_of(unknown: str) -> None:
    """Once each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for value in (unknown, f"{unknown}-2", unknown):
            gloo_body(tradition=value)
    assert len(caught) == 2


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("cathlic", "catholic"),
        ("Evangelic", "evangelical"),
        ("main-line", "mainline"),
        ("not faith specific", "not_faith_specific"),
        (" catholic ", "catholic"),
    ],
)
def test_the_nearest_known_one_is_named(asked: str, nearest: str) -> None:
    """So that a slip is seen at once."""
    assert f"the nearest is {nearest!r}" in str(about_tradition(asked))


@given(st.text())
def test_anything_but_the_known_has_something_said_of_it(tradition: str) -> None:
    """In a few words, however long it is."""
    said = about_tradition(tradition)
    assert (said is None) == (tradition.lower() in KNOWN)
    assert len(said or "") < 700


def test_the_command_line_says_so(gloo: LocalGloo, unknown: str) -> None:
    """`check` in a line of its own and on stderr, `chat` on stderr; nothing fails over it."""
    done = run("check", "--tradition", unknown)
    assert done.status == 0
    assert f"tradition={unknown!r}" in done.out
    assert "the nearest is 'catholic'" in done.out
    assert done.error_line.startswith(f"gloo-openai: tradition={unknown!r}")
    assert gloo.completions[-1].json["tradition"] == unknown
    assert "catholic, from --tradition" in run("check", "--tradition", "catholic").out
    assert "the nearest is 'catholic'" in run("chat", "--tradition", f"{unknown}s", "Hi").err
