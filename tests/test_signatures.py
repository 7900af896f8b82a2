"""Signatures at run time: what `help()` shows and what filters keywords sees."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.resources.embeddings import AsyncEmbeddings, Embeddings
from openai.resources.responses import AsyncResponses, Responses

import gloo_openai
from gloo_openai.testing import LocalGloo

from .traps import ASK
from .worlds import World

CALL = {"auto_routing", "model_family", "tradition", "rag_publisher", "sources_limit"}
CLIENT = {"client_id", "client_secret", "auth", "endpoint", "tradition", "on_routing"}
CASES: dict[str, tuple[Callable[[Any], Any], Any, Any, set[str]]] = {
    "create": (lambda c: c.chat.completions.create, Completions, AsyncCompletions, CALL),
    "parse": (lambda c: c.chat.completions.parse, Completions, AsyncCompletions, CALL),
    "stream": (lambda c: c.chat.completions.stream, Completions, AsyncCompletions, CALL),
    "responses": (lambda c: c.responses.create, Responses, AsyncResponses, {"tradition"}),
    "embeddings": (lambda c: c.embeddings.create, Embeddings, AsyncEmbeddings, set()),
    "with_options": (lambda c: c.with_options, openai.OpenAI, openai.AsyncOpenAI, CLIENT),
    "copy": (lambda c: c.copy, openai.OpenAI, openai.AsyncOpenAI, CLIENT),
    "post": (lambda c: c.post, openai.OpenAI, openai.AsyncOpenAI, set()),
}
NOWHERE: Any = {"api_key": "x", "env_file": None}


@pytest.mark.parametrize("name", CASES)
def test_a_call_has_the_sdks_signature_with_gloos_keywords(world: World, name: str) -> None:
    """As a bound method and on its class; only `model` may be left out where it may not there."""
    pick, sync, asynchronous, gloos = CASES[name]
    function = pick(world.client(**NOWHERE))
    method = name if hasattr(sync, name) else "create"
    theirs = inspect.signature(getattr(asynchronous if world.is_async else sync, method))
    ours = inspect.signature(function)
    assert gloos <= set(ours.parameters)
    for each in list(theirs.parameters.values())[1:]:
        mine = ours.parameters[each.name]
        same = mine if each.name != "model" else mine.replace(default=each.default)
        assert same == each
    assert "self" in inspect.signature(function.__func__).parameters
    assert function.__name__ in ("create", "parse", "stream", "copy", "post")


@pytest.mark.parametrize("name", ["create", "parse", "stream"])
def test_what_may_be_left_out_is_left_out_as_the_sdk_does_it(world: World, name: str) -> None:
    """So that who notes the whole of a call, such as LangSmith, notes what was said in it."""
    completions = world.client(**NOWHERE).chat.completions
    for function in (getattr(completions, name), completions.with_raw_response.create):
        parameters = inspect.signature(function).parameters
        assert {parameters[each].default for each in ("model", *CALL)} == {openai.omit}
    responses = inspect.signature(world.client(**NOWHERE).responses.create)
    assert responses.parameters["tradition"].default is openai.omit


@pytest.mark.parametrize("name", ["OpenAI", "AsyncOpenAI"])
def test_a_client_has_the_sdks_signature_with_gloos_keywords(name: str) -> None:
    """A subclass with a constructor of its own has its own."""
    ours: Any = getattr(gloo_openai, f"Gloo{name}" if name == "OpenAI" else "AsyncGlooOpenAI")
    signature = inspect.signature(ours)
    assert set(inspect.signature(getattr(openai, name)).parameters) <= set(signature.parameters)
    assert set(signature.parameters) >= CLIENT

    class Same(ours):  # type: ignore[misc]  # a class that a variable holds
        pass

    class Own(ours):  # type: ignore[misc]  # as above
        def __init__(self, name: str) -> None:
            super().__init__(api_key=name, env_file=None)

    assert inspect.signature(Same) == signature
    assert list(inspect.signature(Own).parameters) == ["name"]
    assert not hasattr(ours(**NOWHERE), "__signature__")


def test_who_filters_keywords_by_the_signature_keeps_them(gloo: LocalGloo, world: World) -> None:
    """As frameworks do that pass on what a function takes."""
    create = world.client().chat.completions.create
    asked = {**ASK, "tradition": "catholic", "temperature": 0.5, "unknown": 1}
    known = inspect.signature(create).parameters
    assert world.call(create, **{name: asked[name] for name in asked if name in known}).choices
    assert gloo.completions[-1].json["temperature"] == 0.5


def test_a_function_is_still_what_it_was(world: World) -> None:
    """Awaited or not, and with a source to be shown."""
    create = world.client(**NOWHERE).chat.completions.create
    assert inspect.iscoroutinefunction(create) is world.is_async
    assert inspect.isfunction(inspect.unwrap(create.__func__))
    assert "def create" in inspect.getsource(create)


def test_nothing_is_computed_before_somebody_asks() -> None:
    """Neither to import, nor to call."""
    code = (
        "import inspect, openai; asked = []; real = inspect.signature\n"
        "def spy(f, *a, **k): asked.append(f); return real(f, *a, **k)\n"
        "import gloo_openai\n"
        "client = gloo_openai.GlooOpenAI(api_key='x', env_file=None)\n"
        "inspect.signature = spy\n"
        "import gloo_openai.resources.chat, gloo_openai.signatures; client.chat.completions\n"
        "print([f for f in asked if 'gloo' in str(getattr(f, '__module__', ''))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
