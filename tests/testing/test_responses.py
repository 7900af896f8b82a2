"""The Responses API."""

from __future__ import annotations

from typing import Any

from openai import OpenAI

from gloo_openai.testing import LocalGloo

from .bare_client import MODEL, RESPONSES, send


def test_responses(local_gloo: LocalGloo) -> None:
    """OpenAI's Responses, in one piece or streamed."""
    with OpenAI(api_key="sk_local", base_url=f"{local_gloo.base_url}/guarded") as client:
        whole = client.responses.create(model=MODEL, input="Reply with only: one two")
        assert whole.output_text == "one two"
        items: Any = [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]
        stream = client.responses.create(model=MODEL, input=items, stream=True)
        types = [event.type for event in stream]
    assert types[0] == "response.created"
    assert types.count("response.output_text.delta") > 3
    assert types[-1] == "response.completed"
    assert send(local_gloo, RESPONSES, {"model": MODEL}).status == 422
