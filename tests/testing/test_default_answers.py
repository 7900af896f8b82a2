"""What it answers when nobody chose the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import OpenAI
from pydantic import BaseModel, Field

from gloo_openai.testing import LocalGloo

from .bare_client import DIRECT, MODEL, V1, V2, send


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Return EXACTLY this string and nothing else: PING-9473e0", "PING-9473e0"),
        ("Reply with only: STREAM-OK", "STREAM-OK"),
        ("Say ONE word that is exactly SUN.", "SUN"),
    ],
)
@pytest.mark.parametrize("path", [V1, V2])
def test_health_checks(local_gloo: LocalGloo, path: str, question: str, answer: str) -> None:
    """The ones of Gloo's quickstart get what they wait for, in each of n choices."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": question}], "n": 3}
    choices = send(local_gloo, path, body).json["choices"]
    assert [choice["message"]["content"] for choice in choices] == [answer] * 3
    assert [choice["index"] for choice in choices] == [0, 1, 2]


def test_default_answer_repeats_the_question(client: OpenAI) -> None:
    """Also one in parts, and the same way each time."""
    parts: Any = [{"type": "text", "text": "Why"}, {"type": "text", "text": "joy?"}]
    messages: Any = [{"role": "developer", "content": "Be kind."}, {"role": "user"}]
    messages[1]["content"] = parts
    answers = {
        client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content
        for _ in range(2)
    }
    (answer,) = answers
    assert answer is not None
    assert answer.endswith("Why joy?")


def test_any_text_can_be_repeated(local_gloo: LocalGloo) -> None:
    """JSON can carry half a character; UTF-8 cannot."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Reply with only: ä\ud800"}]}
    assert send(local_gloo, V2, body).json["choices"][0]["message"]["content"] == "ä?"


class Verse(BaseModel):
    book: str
    chapter: int = Field(ge=1)
    score: float = Field(gt=0, lt=1)


class Reading(BaseModel):
    title: str = Field(min_length=12)
    verses: list[Verse]
    kind: str | None
    sure: bool
    next: Reading | None


def test_structured_output(client: OpenAI) -> None:
    """What the SDK's `parse` asks for, it can parse: nesting, references, unions, bounds."""
    completion = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "Read"}], response_format=Reading
    )
    reading = completion.choices[0].message.parsed
    assert reading is not None
    assert reading.verses[0].book == "book"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": "many"},
        {"$ref": 5},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    ],
)
def test_broken_schema(local_gloo: LocalGloo, schema: Any) -> None:
    """Is refused, and breaks nothing."""
    shape = {"type": "json_schema", "json_schema": {"name": "broken", "schema": schema}}
    got = send(local_gloo, V2, {**DIRECT, "response_format": shape})
    assert (got.status, got.json["error"]["code"]) == (400, 1001)


def test_json_object(client: OpenAI) -> None:
    """Some JSON object."""
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Reply with only: yes"}],
        response_format={"type": "json_object"},
    )
    assert json.loads(completion.choices[0].message.content or "") == {"answer": "yes"}
