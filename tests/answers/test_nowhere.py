"""What is not there: the error says what was called, and what Gloo has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest

from gloo_openai.testing import LocalGloo

from ..conftest import MESSAGES
from ..traps import ASK
from ..worlds import World

ABSENT: dict[str, Callable[[Any], tuple[Any, dict[str, Any]]]] = {
    "images": lambda c: (c.images.generate, {"prompt": "A dove"}),
    "audio": lambda c: (c.audio.speech.create, {"model": "m", "voice": "alloy", "input": "Hi"}),
    "files": lambda c: (c.files.list, {}),
    "batches": lambda c: (c.batches.retrieve, {"batch_id": "b"}),
    "moderations": lambda c: (c.moderations.create, {"input": "Hi"}),
    "fine_tuning": lambda c: (c.fine_tuning.jobs.retrieve, {"fine_tuning_job_id": "j"}),
    "vector_stores": lambda c: (c.vector_stores.create, {}),
    "assistants": lambda c: (c.get, {"path": "/assistants/a", "cast_to": object}),
    "completions": lambda c: (c.completions.create, {"model": "m", "prompt": "Hi"}),
    "responses": lambda c: (c.responses.retrieve, {"response_id": "resp_1"}),
    "chat": lambda c: (c.chat.completions.retrieve, {"completion_id": "chatcmpl_1"}),
    "uploads": lambda c: (c.uploads.cancel, {"upload_id": "u"}),
    "evals": lambda c: (c.evals.retrieve, {"eval_id": "e"}),
    "containers": lambda c: (c.containers.retrieve, {"container_id": "c"}),
}


@pytest.mark.parametrize("name", ABSENT)
def test_an_api_that_gloo_has_not_says_so(gloo: LocalGloo, world: World, name: str) -> None:
    """The 404 is the SDK's, with what was called and what Gloo has."""
    client = world.client(max_retries=0)
    function, keywords = ABSENT[name](client)
    with pytest.raises(openai.NotFoundError) as caught:
        world.call(function, **keywords)
    request = gloo.requests[-1]
    message = str(caught.value)
    assert f"{request.method} {gloo.origin}{request.path} was called." in message
    assert "Gloo has no such API. It has client.chat.completions" in message
    assert "client.embeddings" in message


def test_stored_completions_are_a_405_that_says_so(gloo: LocalGloo, world: World) -> None:
    """The path is there, for another method."""

    def listed(client: Any) -> Any:
        return client.get("/chat/completions", cast_to=object)

    with pytest.raises(openai.APIStatusError, match=r"GET .*/completions was called") as caught:
        world.call(listed, world.client(max_retries=0))
    assert caught.value.status_code == 405
    assert "Gloo has no such API" in str(caught.value)


def test_a_gateway_may_have_what_gloo_has_not(gloo: LocalGloo, world: World) -> None:
    """Nothing is refused before it is sent."""
    gloo.fault("/moderations", status=200, body={"id": "m", "model": "m", "results": []})
    assert world.call(world.client().moderations.create, input="Hi").id == "m"


def test_a_wrong_base_url_is_shown_with_the_right_one(gloo: LocalGloo, world: World) -> None:
    """Gloo has the call, elsewhere."""
    client = world.client(base_url=f"{gloo.origin}/v1", max_retries=0)
    with pytest.raises(openai.NotFoundError) as caught:
        world.call(client.chat.completions.create, **ASK)
    assert f"POST {gloo.origin}/v1/chat/completions was called." in str(caught.value)
    assert "https://platform.ai.gloo.com/ai/v2" in str(caught.value)
    with pytest.raises(openai.NotFoundError, match="check base_url= and endpoint="):
        world.call(client.with_options(endpoint="gaurded").chat.completions.create, **ASK)


def test_a_404_of_a_path_that_is_there_names_it_only(gloo: LocalGloo, world: World) -> None:
    """Such as that of an unknown model; a query, where a key may stand, is not shown."""
    client = world.client(max_retries=0, default_query={"key": "secret"})
    with pytest.raises(openai.NotFoundError) as caught:
        world.call(client.chat.completions.create, model="gpt-4o", messages=MESSAGES)
    message = str(caught.value)
    assert f"POST {gloo.base_url}/chat/completions was called." in message
    assert "no such API" not in message
    assert "base_url=" not in message
    assert "secret" not in message
