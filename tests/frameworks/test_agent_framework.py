"""Microsoft Agent Framework, which is asynchronous."""

from __future__ import annotations

from typing import Any

from agent_framework import Agent

from .checklist import Checklist, Verse
from .responses_checklist import ResponsesChecklist


class TestAsync(Checklist):
    """`Agent.run`."""

    section = "Microsoft Agent Framework"
    packages = ("agent-framework-openai", "agent-framework-core")
    keeps_routing = False

    async def ask(self, model: Any, question: str) -> Any:
        return await Agent(model).run(question)

    def text(self, answer: Any) -> str:
        return str(answer.text)

    async def stream(self, model: Any, question: str) -> Any:
        return [update.text async for update in Agent(model).run(question, stream=True)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await Agent(model, tools=[tool]).run(question)).text

    async def structured(self, model: Any, question: str) -> Any:
        answer = await Agent(model).run(question, options={"response_format": Verse})
        return answer.value


class TestResponsesAsync(ResponsesChecklist):
    """`OpenAIChatClient`, the framework's default."""

    section = "Microsoft Agent Framework"
    packages = TestAsync.packages

    async def ask(self, model: Any, question: str) -> Any:
        return (await Agent(model).run(question)).text

    async def stream(self, model: Any, question: str) -> Any:
        updates = [update async for update in Agent(model).run(question, stream=True)]
        # The last says all of it once more, to replace the pieces, as with OpenAI.
        pieces = [content for update in updates for content in update.contents]
        return [piece.text or "" for piece in pieces if piece.merge_mode != "replace"]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return (await Agent(model, tools=[tool]).run(question)).text

    async def twice(self, model: Any, first: str, second: str) -> Any:
        agent = Agent(model)
        session = agent.create_session()
        await agent.run(first, session=session, options={"store": False})
        return (await agent.run(second, session=session, options={"store": False})).text

    async def structured(self, model: Any, question: str) -> Any:
        return (await Agent(model).run(question, options={"response_format": Verse})).value
