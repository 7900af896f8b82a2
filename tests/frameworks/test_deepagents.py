"""Deep Agents and LangGraph Supervisor, which are LangChain's."""

from __future__ import annotations

from typing import Any

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langgraph_supervisor import create_supervisor

from .checklist import QUESTION, VERSE, Checklist, Verse, run


def asked(question: str) -> Any:
    """A question as LangGraph takes it."""
    return {"messages": question}


class TestSync(Checklist):
    """`create_deep_agent`, `create_supervisor`."""

    section = "Deep Agents and LangGraph Supervisor"
    packages = ("deepagents", "langgraph-supervisor", "langchain-openai")

    def model(self, name: str, **options: Any) -> Any:
        return self.page["ChatGloo"](model=name, **options)

    def ask(self, model: Any, question: str) -> Any:
        self.gloo.answer(question)  # else the local Gloo calls one of the eight tools
        return create_deep_agent(model).invoke(asked(question))

    def text(self, answer: Any) -> str:
        return str(answer["messages"][-1].text)

    def routing(self, answer: Any) -> Any:
        return answer["messages"][-1]

    def stream(self, model: Any, question: str) -> Any:
        self.gloo.answer(VERSE)
        pieces = create_deep_agent(model).stream(asked(question), stream_mode="messages")
        return [message.text for message, _ in pieces]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        self.gloo.answer(tool_calls=[{"name": tool.__name__, "arguments": {"topic": "joy"}}])
        self.gloo.answer(VERSE)
        return self.text(create_deep_agent(model, [tool]).invoke(asked(question)))

    def structured(self, model: Any, question: str) -> Any:
        self.shape()
        agent = create_deep_agent(model, response_format=Verse)
        return agent.invoke(asked(question))["structured_response"]

    def shape(self) -> None:
        """Have the local Gloo answer in the shape of `Verse`, which is a tool here."""
        verse = {"book": "Philippians", "chapter": 4}
        self.gloo.answer(tool_calls=[{"name": "Verse", "arguments": verse}])

    def supervised(self, graph: Any) -> Any:
        return graph.invoke(asked(QUESTION))

    def test_a_supervisor(self) -> None:
        """A supervisor hands over to an agent of another tradition, and has the last word."""
        helper = create_agent(self.model("gloo-auto", tradition="mainline"), name="helper")
        supervisor = self.model("gloo-auto", tradition="catholic")
        graph = create_supervisor([helper], model=supervisor).compile()
        self.gloo.answer(tool_calls=[{"name": "transfer_to_helper", "arguments": {}}])
        self.gloo.answer(VERSE)
        self.gloo.answer("It says: rejoice.")
        answer = run(self.supervised(graph))
        assert [
            message.text
            for message in answer["messages"]
            if message.text in (VERSE, self.text(answer))
        ] == [VERSE, "It says: rejoice."]
        asked_of = [request.json["tradition"] for request in self.gloo.completions]
        assert asked_of == ["catholic", "mainline", "catholic"]


class TestAsync(TestSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        self.gloo.answer(question)
        return await create_deep_agent(model).ainvoke(asked(question))

    async def stream(self, model: Any, question: str) -> Any:
        self.gloo.answer(VERSE)
        pieces = create_deep_agent(model).astream(asked(question), stream_mode="messages")
        return [message.text async for message, _ in pieces]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        self.gloo.answer(tool_calls=[{"name": tool.__name__, "arguments": {"topic": "joy"}}])
        self.gloo.answer(VERSE)
        return self.text(await create_deep_agent(model, [tool]).ainvoke(asked(question)))

    async def structured(self, model: Any, question: str) -> Any:
        self.shape()
        agent = create_deep_agent(model, response_format=Verse)
        return (await agent.ainvoke(asked(question)))["structured_response"]

    async def supervised(self, graph: Any) -> Any:
        return await graph.ainvoke(asked(QUESTION))
