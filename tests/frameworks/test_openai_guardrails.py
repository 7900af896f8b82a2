"""OpenAI's guardrails library, whose clients are clients of Gloo's here."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from guardrails import GuardrailTripwireTriggered

from gloo_openai import RoutingMetadata
from gloo_openai.integrations.openai_guardrails import AsyncGlooGuardrails, GlooGuardrails
from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, Checklist, Verse, run

LINKS = {"name": "URL Filter", "config": {"url_allow_list": ["bible.com"]}}
ASKED = {
    "name": "Custom Prompt Check",
    "config": {
        "model": "gloo-auto",
        "confidence_threshold": 0.7,
        "system_prompt_details": "Whether it is about joy.",
    },
}


def checks(stage: str, check: Any) -> dict[str, Any]:
    """A pipeline of one check."""
    return {"version": 1, stage: {"version": 1, "guardrails": [check]}}


def call(name: str, question: str, **options: Any) -> dict[str, Any]:
    """The keywords of a call."""
    return {"model": name, "messages": [{"role": "user", "content": question}], **options}


class TestSync(Checklist):
    """`GlooGuardrails`."""

    section = "OpenAI Guardrails"
    packages = ("openai-guardrails",)
    kind: ClassVar[Any] = GlooGuardrails
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "it has no agent loop"}

    def model(self, name: str, **options: Any) -> Any:
        config = options.pop("config", checks("output", LINKS))
        return name, self.kind(config, raise_guardrail_errors=True, **options)

    def ask(self, model: Any, question: str) -> Any:
        name, client = model
        return client.chat.completions.create(**call(name, question))

    def text(self, answer: Any) -> str:
        return str(answer.choices[0].message.content)

    def stream(self, model: Any, question: str) -> Any:
        name, client = model
        chunks = client.chat.completions.create(**call(name, question, stream=True))
        return [each.choices[0].delta.content or "" for each in chunks if each.choices]

    def structured(self, model: Any, question: str) -> Any:
        name, client = model
        shape = {"type": "json_schema", "json_schema": {"name": "Verse", "schema": SCHEMA}}
        answer = client.chat.completions.create(**call(name, question, response_format=shape))
        return Verse.model_validate_json(self.text(answer))

    def test_a_check_by_a_model(self, gloo: LocalGloo) -> None:
        """A check asks Gloo, with the client's options, and its verdict holds."""
        seen: list[RoutingMetadata] = []
        options = {"tradition": "catholic", "on_routing": seen.append}
        model = self.model("gloo-auto", config=checks("output", ASKED), **options)
        gloo.answer("Rejoice.")
        gloo.answer('{"flagged": false, "confidence": 0.1}')
        assert self.text(run(self.ask(model, QUESTION))) == "Rejoice."
        assert [each.json["tradition"] for each in gloo.completions] == ["catholic"] * 2
        assert (len(seen), len(gloo.exchanges)) == (2, 1)
        model = self.model("gloo-auto", config=checks("output", ASKED))  # for another event loop
        gloo.answer("Rejoice.")
        gloo.answer('{"flagged": true, "confidence": 0.9}')
        with pytest.raises(GuardrailTripwireTriggered):
            run(self.ask(model, QUESTION))

    def test_a_check_of_an_answer(self, gloo: LocalGloo) -> None:
        """A check without a model is the library's own."""
        gloo.answer("See http://example.org.")
        with pytest.raises(GuardrailTripwireTriggered):
            run(self.ask(self.model("gloo-auto"), QUESTION))

    def test_credentials_as_keywords(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The client's credentials are those of its checks, over one token."""
        monkeypatch.delenv("GLOO_CLIENT_ID")
        monkeypatch.delenv("GLOO_CLIENT_SECRET")
        pair = {"client_id": self.gloo.client_id, "client_secret": self.gloo.client_secret}
        model = self.model("gloo-auto", config=checks("output", ASKED), **pair)
        self.gloo.answer("Rejoice.")
        self.gloo.answer('{"flagged": false, "confidence": 0.1}')
        assert run(self.ask(model, QUESTION))
        assert len(self.gloo.exchanges) == 1


SCHEMA = Verse.model_json_schema()


class TestAsync(TestSync):
    """`AsyncGlooGuardrails`."""

    kind = AsyncGlooGuardrails

    async def ask(self, model: Any, question: str) -> Any:
        name, client = model
        return await client.chat.completions.create(**call(name, question))

    async def stream(self, model: Any, question: str) -> Any:
        name, client = model
        chunks = await client.chat.completions.create(**call(name, question, stream=True))
        return [each.choices[0].delta.content or "" async for each in chunks if each.choices]

    async def structured(self, model: Any, question: str) -> Any:
        name, client = model
        shape = {"type": "json_schema", "json_schema": {"name": "Verse", "schema": SCHEMA}}
        answer = await client.chat.completions.create(**call(name, question, response_format=shape))
        return Verse.model_validate_json(self.text(answer))
