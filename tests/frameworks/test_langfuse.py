"""Langfuse, which watches the SDK's own calls; the calls themselves are the client's."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langfuse import Langfuse
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gloo_openai import AsyncGlooOpenAI, GlooOpenAI

from .checklist import QUESTION, Checklist, Verse, run

exporter = InMemorySpanExporter()
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module", autouse=True)
def langfuse() -> Any:
    """Langfuse with its traces kept here."""
    keys = {"public_key": "pk-local", "secret_key": "sk-local"}
    client = Langfuse(**keys, base_url=NOWHERE, span_exporter=exporter)
    yield client
    client.shutdown()


def call(model: Any, question: str, **options: Any) -> Any:
    """Call a client, whichever it is."""
    name, client = model
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=name, messages=messages, **options)


class TestSync(Checklist):
    """`GlooOpenAI`, watched."""

    section = "Langfuse"
    packages = ("langfuse",)
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "Langfuse has no agent loop"}
    kind: ClassVar[Any] = GlooOpenAI

    def model(self, name: str, **options: Any) -> Any:
        return name, self.kind(**options)

    def ask(self, model: Any, question: str) -> Any:
        return call(model, question)

    def text(self, answer: Any) -> str:
        return str(answer.choices[0].message.content)

    def stream(self, model: Any, question: str) -> Any:
        chunks = call(model, question, stream=True)
        return [each.choices[0].delta.content or "" for each in chunks if each.choices]

    def structured(self, model: Any, question: str) -> Any:
        name, client = model
        messages = [{"role": "user", "content": question}]
        answer = client.chat.completions.parse(model=name, messages=messages, response_format=Verse)
        return answer.choices[0].message.parsed

    def test_traced(self, langfuse: Any) -> None:
        """Langfuse's trace names the model that answered, and what was asked and said."""
        for ask in (self.ask, self.stream):
            langfuse.flush()
            exporter.clear()
            run(ask(self.model("gloo-auto"), QUESTION))
            langfuse.flush()
            [span] = exporter.get_finished_spans()
            told = {name: str(value) for name, value in (span.attributes or {}).items()}
            assert told["langfuse.observation.model.name"].startswith("gloo-")
            assert told["langfuse.observation.model.name"] != "gloo-auto"
            assert QUESTION in told["langfuse.observation.input"]
            assert QUESTION in told["langfuse.observation.output"]


class TestAsync(TestSync):
    """`AsyncGlooOpenAI`, watched."""

    kind = AsyncGlooOpenAI

    async def ask(self, model: Any, question: str) -> Any:
        return await call(model, question)

    async def stream(self, model: Any, question: str) -> Any:
        chunks = await call(model, question, stream=True)
        return [each.choices[0].delta.content or "" async for each in chunks if each.choices]

    async def structured(self, model: Any, question: str) -> Any:
        name, client = model
        parse = client.chat.completions.parse
        messages = [{"role": "user", "content": question}]
        answer = await parse(model=name, messages=messages, response_format=Verse)
        return answer.choices[0].message.parsed
