"""smolagents, which is synchronous."""

from __future__ import annotations

from typing import Any

import pytest
from smolagents import ChatMessage, ToolCallingAgent, models
from smolagents import tool as as_tool

from .checklist import QUESTION, VERSE, Verse
from .own_classes import OwnClass


def messages(question: str) -> Any:
    """A question as smolagents takes it."""
    return [ChatMessage(role="user", content=[{"type": "text", "text": question}])]


class TestSync(OwnClass):
    """`generate`, `generate_stream`, `ToolCallingAgent`."""

    section = "smolagents"
    packages = ("smolagents",)

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooAIModel"](name, **options)

    def shown(self, model: Any) -> str:
        saved = ToolCallingAgent([], model, verbosity_level=0).to_dict()
        return str(saved) + str(model.to_dict()) + repr(model) + str(vars(model))

    def test_a_saved_agent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A saved agent has Gloo's model again, or is refused: no key of OpenAI's goes out."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        model = self.model("gloo-auto", tradition="catholic", temperature=0.5)
        saved = ToolCallingAgent([], model, verbosity_level=0).to_dict()
        loaded = ToolCallingAgent.from_dict(saved).model
        assert QUESTION in self.asked(loaded)
        assert self.sent()["tradition"] == "catholic"
        assert self.sent()["temperature"] == 0.5
        monkeypatch.delitem(models.MODEL_REGISTRY, "GlooAIModel")
        with pytest.raises(ValueError, match="GlooAIModel"):
            ToolCallingAgent.from_dict(saved)

    def ask(self, model: Any, question: str) -> Any:
        return model.generate(messages(question))

    def text(self, answer: Any) -> str:
        return str(answer.content)

    def stream(self, model: Any, question: str) -> Any:
        return [each.content or "" for each in model.generate_stream(messages(question))]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        self.gloo.answer(tool_calls=[{"name": tool.__name__, "arguments": {"topic": "joy"}}])
        self.gloo.answer(tool_calls=[{"name": "final_answer", "arguments": {"answer": VERSE}}])
        return ToolCallingAgent([as_tool(tool)], model, verbosity_level=0).run(question)

    def structured(self, model: Any, question: str) -> Any:
        schema = {"name": "Verse", "schema": Verse.model_json_schema()}
        shape = {"type": "json_schema", "json_schema": schema}
        answer = model.generate(messages(question), response_format=shape)
        return Verse.model_validate_json(answer.content)
