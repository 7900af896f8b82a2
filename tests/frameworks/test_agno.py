"""Agno: `Agent.run`, `Agent.arun`."""

from __future__ import annotations

from typing import Any

import pytest
from agno.agent import Agent
from agno.db.in_memory import InMemoryDb

from .checklist import QUESTION, Verse, run
from .own_classes import OwnClass
from .responses_checklist import ResponsesChecklist


class TestSync(OwnClass):
    """`Agent.run`."""

    section = "Agno"
    packages = ("agno",)

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooChat"](name, **options)

    def shown(self, model: Any) -> str:
        agent = agent_of(model)
        return str(agent.to_dict()) + repr(model) + str(vars(model)) + repr(agent.deep_copy())

    def ask(self, model: Any, question: str) -> Any:
        return succeeded(agent_of(model).run(question))

    def text(self, answer: Any) -> str:
        return str(answer.content)

    def routing(self, answer: Any) -> Any:
        return answer.model_provider_data

    def stream(self, model: Any, question: str) -> Any:
        return [each.content or "" for each in agent_of(model).run(question, stream=True)]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return agent_of(model, tools=[tool]).run(question).content

    def structured(self, model: Any, question: str) -> Any:
        return succeeded(agent_of(model, output_schema=Verse).run(question)).content

    def copied(self, agent: Agent) -> Any:
        return agent.run(QUESTION)

    def test_wrong_credentials(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Agno's run ends as an error; the adapter's own words are in its log."""
        monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
        with pytest.raises(RuntimeError, match="invalid_client"):
            run(self.ask(self.model("gloo-auto"), QUESTION))
        assert "rejected the client credentials" in caplog.text
        assert "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment" in caplog.text

    def test_a_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A copied agent asks Gloo, with the same token; no key of OpenAI's goes out."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        seen: list[Any] = []
        first = agent_of(self.model("gloo-auto", tradition="catholic", on_routing=seen.append))
        for agent in (first, first.deep_copy(), first.deep_copy().deep_copy()):
            succeeded(run(self.copied(agent)))
        assert [request.json["tradition"] for request in self.gloo.completions] == ["catholic"] * 3
        assert len(self.gloo.exchanges) == 1
        assert len(seen) == 3

    @pytest.mark.parametrize("name", ["client", "http_client", "organization", "client_params"])
    def test_what_is_ignored_is_refused(self, name: str) -> None:
        """What would have no effect is an error."""
        with pytest.raises(TypeError, match=name):
            self.model("gloo-auto", **{name: {}})


class TestAsync(TestSync):
    """`Agent.arun`."""

    async def ask(self, model: Any, question: str) -> Any:
        return succeeded(await agent_of(model).arun(question))

    async def stream(self, model: Any, question: str) -> Any:
        answer = agent_of(model).arun(question, stream=True)
        return [each.content or "" async for each in answer]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await agent_of(model, tools=[tool]).arun(question)).content

    async def structured(self, model: Any, question: str) -> Any:
        return succeeded(await agent_of(model, output_schema=Verse).arun(question)).content

    def copied(self, agent: Agent) -> Any:
        return agent.arun(QUESTION)


class TestResponsesSync(ResponsesChecklist):
    """`GlooResponses`."""

    section = "Agno"
    packages = TestSync.packages

    def ask(self, model: Any, question: str) -> Any:
        return succeeded(agent_of(model).run(question)).content

    def stream(self, model: Any, question: str) -> Any:
        return [each.content or "" for each in agent_of(model).run(question, stream=True)]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return succeeded(agent_of(model, tools=[tool]).run(question)).content

    def twice(self, model: Any, first: str, second: str) -> Any:
        agent = agent_of(model, db=InMemoryDb(), add_history_to_context=True)
        agent.run(first)
        return succeeded(agent.run(second)).content

    def structured(self, model: Any, question: str) -> Any:
        return shaped(agent_of(model, output_schema=Verse).run(question))

    def copied(self, agent: Agent) -> Any:
        return agent.run(QUESTION)

    def test_a_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A copied agent asks Gloo, with the same token; no key of OpenAI's goes out."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        first = agent_of(self.model(tradition="catholic"))
        for agent in (first, first.deep_copy(), first.deep_copy().deep_copy()):
            succeeded(run(self.copied(agent)))
        assert [request.json["tradition"] for request in self.calls] == ["catholic"] * 3
        assert len(self.gloo.exchanges) == 1


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        return succeeded(await agent_of(model).arun(question)).content

    async def stream(self, model: Any, question: str) -> Any:
        answer = agent_of(model).arun(question, stream=True)
        return [each.content or "" async for each in answer]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return succeeded(await agent_of(model, tools=[tool]).arun(question)).content

    async def twice(self, model: Any, first: str, second: str) -> Any:
        agent = agent_of(model, db=InMemoryDb(), add_history_to_context=True)
        await agent.arun(first)
        return succeeded(await agent.arun(second)).content

    async def structured(self, model: Any, question: str) -> Any:
        return shaped(await agent_of(model, output_schema=Verse).arun(question))

    def copied(self, agent: Agent) -> Any:
        return agent.arun(QUESTION)


def shaped(answer: Any) -> Any:
    """An answer in the shape that was asked for: else Agno gives its words, with a warning."""
    if not isinstance(succeeded(answer).content, Verse):
        raise TypeError(answer.content)
    return answer.content


def agent_of(model: Any, **options: Any) -> Agent:
    """An agent that reports to nobody."""
    return Agent(model=model, telemetry=False, **options)


def succeeded(answer: Any) -> Any:
    """An answer, if it is one: Agno raises nothing."""
    if answer.status == "ERROR":
        raise RuntimeError(answer.content)
    return answer
