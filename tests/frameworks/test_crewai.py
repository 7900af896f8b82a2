"""CrewAI: an agent of one task."""

from __future__ import annotations

import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}

from typing import Any

from crewai import Agent
from crewai.tools import tool as as_tool

from .checklist import Checklist, Verse


def agent(model: Any, **options: Any) -> Any:
    """An agent of CrewAI's."""
    about = {"role": "helper", "goal": "to help", "backstory": "It has always helped."}
    return Agent(**about, llm=model, verbose=False, **options)


class TestSync(Checklist):
    """`call`, `Agent.kickoff`."""

    section = "CrewAI"
    packages = ("crewai",)
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooLLM"](model=name, **options)

    def ask(self, model: Any, question: str) -> Any:
        return model.call(question)

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return agent(model, tools=[as_tool(tool)]).kickoff(question).raw

    def structured(self, model: Any, question: str) -> Any:
        return agent(model).kickoff(question, response_format=Verse).pydantic
