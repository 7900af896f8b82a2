"""CrewAI: an agent of one task."""

from __future__ import annotations

import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from crewai import LLM, Agent
from crewai.events import LLMStreamChunkEvent, crewai_event_bus
from crewai.tools import tool as as_tool

from .checklist import Verse
from .own_classes import OwnClass
from .responses_checklist import ResponsesChecklist


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


class TestSync(OwnClass):
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

    def shown(self, model: Any) -> str:
        dumped = repr(model) + str(model.model_dump()) + model.model_dump_json()
        return dumped + str(model.to_config_dict()) + agent(model).model_dump_json()

    def test_a_config_is_no_client_of_openai(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What `LLM(**config)` makes is Gloo's, or is refused: no key of OpenAI's goes out."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        config = self.model("gloo-auto", tradition="catholic").to_config_dict()
        assert config["tradition"] == "catholic"
        with pytest.raises(ImportError, match="gloo/gloo-auto"):
            LLM(**config)
        assert self.gloo.requests == []

    def test_a_saved_agent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An agent that was dumped has Gloo's model again, with credentials from where it runs."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        saved = agent(self.model("gloo-auto", tradition="catholic")).model_dump(mode="json")
        llm = agent(saved["llm"]).llm
        assert type(llm) is type(self.model("gloo-auto"))
        self.asked(llm)
        assert self.sent()["tradition"] == "catholic"

    def test_what_is_assigned_is_sent(self) -> None:
        """Fields may be assigned, and copies changed; the original stays as it was."""
        model = self.model("gloo-auto", tradition="catholic")
        changed = model.model_copy(update={"tradition": "evangelical"})
        model.tradition = "mainline"
        self.asked(model)
        assert self.sent()["tradition"] == "mainline"
        self.asked(changed)
        assert self.sent()["tradition"] == "evangelical"
        assert len(self.gloo.exchanges) == 1

    def test_how_much_fits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The context window is the catalogue's, or what was given."""
        rows = {row["id"]: row for row in self.gloo.models if row.get("context_window")}
        name = "gloo-anthropic-claude-sonnet-4.5"
        right = rows[name]["context_window"]
        assert self.model(name).get_context_window_size() == int(right * 0.85)
        assert self.model("gloo-auto").get_context_window_size() > 6963
        given = self.model("gloo-auto", context_window_size=1000)
        assert given.get_context_window_size() == 850

    def test_no_secret_in_client_params(self) -> None:
        """CrewAI prints client_params, so credentials are refused there."""
        with pytest.raises(TypeError, match="client_secret"):
            self.model("gloo-auto", client_params={"client_secret": "s3cret"})


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


class TestResponsesSync(ResponsesChecklist):
    """`api="responses"`."""

    section = "CrewAI"
    packages = TestSync.packages

    def ask(self, model: Any, question: str) -> Any:
        return model.call(question)

    def stream(self, model: Any, question: str) -> Any:
        model.stream = True
        with heard() as pieces:
            model.call(question)
        return pieces

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return agent(model, tools=[as_tool(tool)]).kickoff(question).raw

    def twice(self, model: Any, first: str, second: str) -> Any:
        return model.call(turns(first, model.call(first), second))

    def structured(self, model: Any, question: str) -> Any:
        return shaped(agent(model).kickoff(question, response_format=Verse))


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        return await model.acall(question)

    async def stream(self, model: Any, question: str) -> Any:
        model.stream = True
        with heard() as pieces:
            await model.acall(question)
        return pieces

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await agent(model, tools=[as_tool(tool)]).kickoff_async(question)).raw

    async def twice(self, model: Any, first: str, second: str) -> Any:
        return await model.acall(turns(first, await model.acall(first), second))

    async def structured(self, model: Any, question: str) -> Any:
        return shaped(await agent(model).kickoff_async(question, response_format=Verse))


def shaped(result: Any) -> Any:
    """A result in the shape that was asked for: else CrewAI logs it, and has the words alone."""
    if result.pydantic is None:
        raise TypeError(result.raw)
    return result.pydantic


def turns(first: str, answer: str, second: str) -> Any:
    """A conversation as CrewAI takes it."""
    said = [("user", first), ("assistant", answer), ("user", second)]
    return [{"role": role, "content": text} for role, text in said]
