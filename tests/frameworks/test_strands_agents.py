"""Strands Agents, by Amazon Web Services: asynchronous, with a synchronous call."""

from __future__ import annotations

from typing import Any, ClassVar

from strands import Agent
from strands import tool as as_tool

from .checklist import Verse
from .own_classes import OwnClass


class TestSync(OwnClass):
    """`Agent(...)(question)`, which runs in a loop of its own."""

    section = "Strands Agents"
    packages = ("strands-agents",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "a_refusal_has_no_shape": "Strands reads shapes from streams"
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooStrandsModel"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(vars(model)) + str(model.get_config()) + str(vars(agent_of(model)))

    def ask(self, model: Any, question: str) -> Any:
        return agent_of(model)(question)

    def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []
        agent_of(model, callback_handler=heard_by(pieces))(question)
        return pieces

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return str(agent_of(model, tools=[as_tool(tool)])(question))

    def structured(self, model: Any, question: str) -> Any:
        return agent_of(model)(question, structured_output_model=Verse).structured_output


class TestAsync(TestSync):
    """`invoke_async`, `stream_async`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await agent_of(model).invoke_async(question)

    async def stream(self, model: Any, question: str) -> Any:
        return [told.get("data", "") async for told in agent_of(model).stream_async(question)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return str(await agent_of(model, tools=[as_tool(tool)]).invoke_async(question))

    async def structured(self, model: Any, question: str) -> Any:
        answer = agent_of(model).invoke_async(question, structured_output_model=Verse)
        return (await answer).structured_output


def heard_by(pieces: list[str]) -> Any:
    """A callback that keeps the pieces of an answer."""
    return lambda **event: pieces.append(event.get("data", ""))


def agent_of(model: Any, **options: Any) -> Agent:
    """An agent that prints nothing."""
    return Agent(model, **{"callback_handler": None, **options})
