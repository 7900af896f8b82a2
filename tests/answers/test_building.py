"""What the fast way builds is what the SDK would have built, whatever the JSON.

`FUZZ_EXAMPLES=5000 pytest tests/answers/test_building.py` looks longer, and elsewhere each time.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openai._models import construct_type
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from gloo_openai import GlooChatCompletion, GlooChatCompletionChunk
from gloo_openai.answers.building import built

from .observed import DUMPS, inside, outcome, shaped

BY_HAND = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzed = settings(
    max_examples=BY_HAND or 100,
    derandomize=not BY_HAND,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # the SDK's models are too large to shrink in minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
KINDS = {
    "chunk": GlooChatCompletionChunk,
    "the SDK's chunk": ChatCompletionChunk,
    "completion": GlooChatCompletion,
    "the SDK's completion": ChatCompletion,
    "response": Response,
    "event of a response": ResponseStreamEvent,
}


def compare(kind: Any, body: Any) -> None:
    """Build it both ways and look at both from all sides."""
    def attempt(build):
        try: return build(), None
        except Exception as error: return None, repr(error)
    theirs, error = attempt(lambda: construct_type(type_=kind, value=body))
    before = repr(body)
    ours, error2 = attempt(lambda: built(kind, body))
    assert error == error2
    if error: return
    assert repr(body) == before
    assert inside(ours, body) == inside(theirs, body)
    if hasattr(ours, "model_dump"):
        for name, look in DUMPS.items():
            assert outcome(look, ours) == outcome(look, theirs), name
        again = construct_type(type_=kind, value=body)
        assert (ours == theirs) == (again == theirs)


@pytest.mark.parametrize("kind", KINDS)
@fuzzed
@given(st.data())
def test_what_is_built_is_what_the_sdk_builds(kind, data) -> None:
    compare(KINDS[kind], data.draw(shaped(KINDS[kind])))
