"""The OpenAI Agents SDK, which is asynchronous; `run_sync` is the same in a loop of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from agents import Agent, Runner, function_tool

from .checklist import Checklist, Verse
from .responses_checklist import ResponsesChecklist


def agent(model: Any, **options: Any) -> Any:
    """An agent of the SDK."""
    return Agent(name="Helper", model=model, **options)


class TestSync(Checklist):
    """`run_sync`."""

    section = "OpenAI Agents SDK"
    packages = ("openai-agents",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "streams are asynchronous only",
        "on_routing_streamed": "streams are asynchronous only",
    }

    def text(self, answer: Any) -> str:
        return str(answer.final_output)

    def ask(self, model: Any, question: str) -> Any:
        return Runner.run_sync(agent(model), question)

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        return self.text(Runner.run_sync(agent(model, tools=[function_tool(tool)]), question))

    def structured(self, model: Any, question: str) -> Any:
        return Runner.run_sync(agent(model, output_type=Verse), question).final_output


class TestAsync(TestSync):
    """`run` and `run_streamed`."""

    lacks: ClassVar[dict[str, str]] = {}

    async def ask(self, model: Any, question: str) -> Any:
        return await Runner.run(agent(model), question)

    async def stream(self, model: Any, question: str) -> Any:
        events = Runner.run_streamed(agent(model), question).stream_events()
        return [
            event.data.delta
            async for event in events
            if event.type == "raw_response_event"
            and event.data.type == "response.output_text.delta"
        ]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return self.text(await Runner.run(agent(model, tools=[function_tool(tool)]), question))

    async def structured(self, model: Any, question: str) -> Any:
        return (await Runner.run(agent(model, output_type=Verse), question)).final_output


class TestResponsesAsync(ResponsesChecklist):
    """The SDK's default: a model by its name alone."""

    section = "OpenAI Agents SDK"
    packages = TestSync.packages

    async def ask(self, model: Any, question: str) -> Any:
        return (await Runner.run(agent(model), question)).final_output

    async def stream(self, model: Any, question: str) -> Any:
        return await TestAsync().stream(model, question)

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        helper = agent(model, tools=[function_tool(tool)])
        return (await Runner.run(helper, question)).final_output

    async def twice(self, model: Any, first: str, second: str) -> Any:
        result = await Runner.run(agent(model), first)
        replayed = [*result.to_input_list(), {"role": "user", "content": second}]
        return (await Runner.run(agent(model), replayed)).final_output

    async def structured(self, model: Any, question: str) -> Any:
        return (await Runner.run(agent(model, output_type=Verse), question)).final_output
