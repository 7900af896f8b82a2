"""smolagents, which is synchronous."""

from __future__ import annotations

from typing import Any

from smolagents import ChatMessage, ToolCallingAgent
from smolagents import tool as as_tool

from .checklist import VERSE, Checklist, Verse


def messages(question: str) -> Any:
    """A question as smolagents takes it."""
    return [ChatMessage(role="user", content=[{"type": "text", "text": question}])]


class TestSync(Checklist):
    """`generate`, `generate_stream`, `ToolCallingAgent`."""

    section = "smolagents"
    packages = ("smolagents",)

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
