"""AutoGen: the client of autogen-ext in an `AssistantAgent` of autogen-agentchat."""

from __future__ import annotations

from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_core import CancellationToken
from autogen_core.models import UserMessage
from autogen_core.tools import FunctionTool

from .checklist import Checklist, Verse


class TestAsync(Checklist):
    """AutoGen is asynchronous."""

    section = "AutoGen"
    packages = ("autogen-ext", "autogen-agentchat")
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        return self.page["gloo_client"](name, **options)

    async def ask(self, model: Any, question: str) -> Any:
        return await model.create([UserMessage(content=question, source="user")])

    def text(self, answer: Any) -> str:
        return str(answer.content)

    async def stream(self, model: Any, question: str) -> Any:
        stream = model.create_stream([UserMessage(content=question, source="user")])
        return [piece async for piece in stream if isinstance(piece, str)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        tools = [FunctionTool(tool, description="Find the verse of the day.")]
        agent = AssistantAgent("helper", model, tools=tools, reflect_on_tool_use=True)
        return (await agent.run(task=question)).messages[-1].content

    async def structured(self, model: Any, question: str) -> Any:
        messages = [UserMessage(content=question, source="user")]
        answer = await model.create(
            messages, json_output=Verse, cancellation_token=CancellationToken()
        )
        return Verse.model_validate_json(answer.content)
