"""Every keyword of the SDK's clients and of its chat completions is one of ours."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.resources.chat.completions import AsyncCompletions, Completions
from pydantic import BaseModel

import gloo_openai
from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES
from ..worlds import World

MODEL = "gloo-openai-gpt-5-mini"
CLIENTS = [
    (gloo_openai.GlooOpenAI, openai.OpenAI, Completions, ""),
    (gloo_openai.AsyncGlooOpenAI, openai.AsyncOpenAI, AsyncCompletions, "Async"),
]
# The SDK whose keywords we list. A newer one may have more: then list them.
LISTED = (3, 52)
VERSION = tuple(int(part) for part in openai.__version__.split(".")[:2])


class Verse(BaseModel):
    book: str


def keywords(function: Callable[..., Any]) -> dict[str, Any]:
    """The keywords of one of the SDK's functions, with their defaults."""
    parameters = inspect.signature(function).parameters
    return {name: each.default for name, each in parameters.items() if name != "self"}


def listed(name: str) -> set[str]:
    """The keywords of a class and of its bases, as they stand in the files that list them.

    Read, not imported: they name types that only the newest SDK has.
    """
    package = Path(gloo_openai.__file__).parent
    files = (package / "client_options.py", package / "resources" / "parameters.py")
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    classes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}

    def fields(node: ast.ClassDef) -> set[str]:
        own = {
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        return own.union(*(fields(classes[base]) for base in bases if base in classes))

    return fields(classes[name])


def assert_same(ours: set[str], theirs: set[str]) -> None:
    """Ours lists theirs; with the SDK that the list was made for, nothing else."""
    assert theirs <= ours, "the installed SDK has a keyword that is listed nowhere"
    if VERSION >= LISTED:
        assert ours <= theirs, "a keyword is listed that the newest SDK does not have"


@pytest.mark.parametrize("method", ["create", "parse", "stream"])
def test_editors_see_the_keywords_of_a_completion(method: str) -> None:
    """`SDKParameters` is what the SDK's methods take beside `messages`, `model` and the like."""
    for _, _, completions, _ in CLIENTS:
        apart = {"messages", "model", "response_format", "stream"}
        assert_same(listed("SDKParameters"), set(keywords(getattr(completions, method))) - apart)


@pytest.mark.parametrize(("ours", "theirs", "_completions", "prefix"), CLIENTS)
def test_editors_see_the_keywords_of_a_client(
    ours: Any, theirs: Any, _completions: Any, prefix: str
) -> None:
    """`ClientOptions` and `CopyOptions` are what the SDK's clients take, and Gloo's."""
    gloo = listed("GlooOptions")
    assert_same(listed(f"{prefix}ClientOptions") - gloo, set(keywords(theirs.__init__)))
    assert_same(listed(f"{prefix}CopyOptions") - gloo, set(keywords(theirs.copy)))
    assert not gloo & set(keywords(theirs.__init__))


def test_a_client_takes_every_keyword(world: World, gloo: LocalGloo) -> None:
    """With the SDK's default, as code that passes on its own settings does."""
    kind = openai.AsyncOpenAI if world.is_async else openai.OpenAI
    client = world.client(**keywords(kind.__init__))
    view = client.copy(**keywords(kind.copy))
    answer = world.call(view.chat.completions.create, model=MODEL, messages=MESSAGES)
    assert answer.choices[0].message.content
    assert view.auth is client.auth


@pytest.mark.parametrize("method", ["create", "parse"])
def test_a_completion_takes_every_keyword(world: World, gloo: LocalGloo, method: str) -> None:
    """With the SDK's default; what is omitted is not sent."""
    completions = world.client().chat.completions
    call = keywords(getattr(Completions, method)) | {"model": MODEL, "messages": MESSAGES}
    if method == "parse":
        call["response_format"] = Verse
    assert world.call(getattr(completions, method), **call).choices[0].message.content
    sent = set(gloo.completions[0].json) - {"response_format"}
    assert sent <= {"model", "messages", "stream"}


def test_the_stream_helper_takes_every_keyword(world: World, gloo: LocalGloo) -> None:
    """With the SDK's default."""
    call = keywords(Completions.stream) | {"model": MODEL, "messages": MESSAGES}
    manager = world.client().chat.completions.stream(**call)

    if world.is_async:

        async def run() -> Any:
            async with manager as stream:
                return await stream.get_final_completion()

        final = world.call(run)
    else:
        with manager as stream:
            final = stream.get_final_completion()
    assert final.choices[0].message.content


def test_values_reach_the_wire_untouched(world: World, gloo: LocalGloo) -> None:
    """Only Gloo's own fields are looked at; the rest goes out as the SDK sends it."""
    values: dict[str, Any] = {
        "frequency_penalty": 0.1,
        "logit_bias": {"50256": -100},
        "logprobs": True,
        "max_completion_tokens": 2048,
        "metadata": {"team": "youth"},
        "n": 2,
        "parallel_tool_calls": False,
        "presence_penalty": -0.1,
        "reasoning_effort": "low",
        "response_format": {"type": "json_object"},
        "seed": 7,
        "service_tier": "auto",
        "stop": ["\n"],
        "store": False,
        "temperature": 0.3,
        "tool_choice": "none",
        "tools": [],
        "top_logprobs": 2,
        "top_p": 0.9,
        "user": "someone",
    }
    call: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, **values}
    extra = {"extra_body": {"a_field_of_tomorrow": {"deep": [1]}}}
    world.call(world.client().chat.completions.create, **call, **extra)
    assert gloo.completions[0].json == {**call, **extra["extra_body"]}
