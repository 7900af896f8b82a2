"""Microsoft Agent Framework, which is asynchronous."""

from __future__ import annotations

from typing import Any

from agent_framework import Agent

from .checklist import Checklist, Verse


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
