"""CrewAI: an agent of one task."""

from __future__ import annotations

import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crewai import Agent
from crewai.events import LLMStreamChunkEvent, crewai_event_bus
from crewai.tools import tool as as_tool

from .checklist import Checklist, Verse


def agent(model: Any, **options: Any) -> Any:
    """An agent of CrewAI's."""
    about = {"role": "helper", "goal": "to help", "backstory": "It has always helped."}
    return Agent(**about, llm=model, verbose=False, **options)


@contextmanager
def heard() -> Iterator[list[str]]:
    """The pieces of an answer, which CrewAI tells on its event bus."""
    pieces: list[str] = []

    def take(_source: Any, event: Any) -> None:
        pieces.append(event.chunk)

    with crewai_event_bus.scoped_handlers():
        crewai_event_bus.on(LLMStreamChunkEvent)(take)
        yield pieces
        crewai_event_bus.flush()


class TestSync(Checklist):
    """`call`, `Agent.kickoff`."""

    section = "CrewAI"
    packages = ("crewai",)
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooLLM"](model=name, **options)

    def ask(self, model: Any, question: str) -> Any:
        return model.call(question)

    def stream(self, model: Any, question: str) -> Any:
        model.stream = True
        with heard() as pieces:
            model.call(question)
        return pieces

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return agent(model, tools=[as_tool(tool)]).kickoff(question).raw

    def structured(self, model: Any, question: str) -> Any:
        return agent(model).kickoff(question, response_format=Verse).pydantic

    def test_no_secret_is_shown(self) -> None:
        """A model can be printed and dumped; OpenAI's key is not taken from the environment."""
        model = self.model("gloo-auto")
        self.asked(model)
        shown = repr(model) + str(model.model_dump()) + str(model.to_config_dict())
        assert self.gloo.client_secret not in shown
        assert self.gloo.tokens[-1] not in shown


class TestAsync(TestSync):
    """`acall`, `Agent.kickoff_async`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await model.acall(question)

    async def stream(self, model: Any, question: str) -> Any:
        model.stream = True
        with heard() as pieces:
            await model.acall(question)
        return pieces

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await agent(model, tools=[as_tool(tool)]).kickoff_async(question)).raw

    async def structured(self, model: Any, question: str) -> Any:
        return (await agent(model).kickoff_async(question, response_format=Verse)).pydantic
