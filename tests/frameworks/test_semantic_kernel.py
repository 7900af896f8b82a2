"""Semantic Kernel, which is asynchronous."""

from __future__ import annotations

from typing import Any

from semantic_kernel.agents import ChatCompletionAgent, OpenAIResponsesAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function

from .checklist import Checklist, Verse
from .responses_checklist import MODEL, ResponsesChecklist


def history(question: str) -> Any:
    """A question as Semantic Kernel takes it."""
    chat = ChatHistory()
    chat.add_user_message(question)
    return chat


class TestAsync(Checklist):
    """`get_chat_message_content`, `ChatCompletionAgent`."""

    section = "Semantic Kernel"
    packages = ("semantic-kernel",)

    async def ask(self, model: Any, question: str) -> Any:
        settings = OpenAIChatPromptExecutionSettings()
        return await model.get_chat_message_content(history(question), settings)

    def text(self, answer: Any) -> str:
        return str(answer)

    async def stream(self, model: Any, question: str) -> Any:
        settings = OpenAIChatPromptExecutionSettings()
        stream = model.get_streaming_chat_message_content(history(question), settings)
        return [str(piece) async for piece in stream if piece is not None]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = ChatCompletionAgent(service=model, plugins=[Plugin(tool)])
        return str(await agent.get_response(question))

    async def structured(self, model: Any, question: str) -> Any:
        settings = OpenAIChatPromptExecutionSettings(response_format=Verse)
        answer = await model.get_chat_message_content(history(question), settings)
        return Verse.model_validate_json(str(answer))


class Plugin:
    """A tool as Semantic Kernel takes it."""

    def __init__(self, tool: Any) -> None:
        self._tool = tool

    @kernel_function(description="Find the verse of the day.")
    def verse_of_the_day(self, topic: str) -> str:
        """The tool itself."""
        return str(self._tool(topic))


class TestResponsesAsync(ResponsesChecklist):
    """`OpenAIResponsesAgent`."""

    section = "Semantic Kernel"
    packages = TestAsync.packages

    async def ask(self, model: Any, question: str) -> Any:
        return str(await model.get_response(question))

    async def stream(self, model: Any, question: str) -> Any:
        return [str(each.message) async for each in model.invoke_stream(question)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        agent = self.page["responses"](MODEL, plugins=[Plugin(tool)])
        return str(await agent.get_response(question))

    async def twice(self, model: Any, first: str, second: str) -> Any:
        thread = (await model.get_response(first)).thread
        return str(await model.get_response(second, thread=thread))

    async def structured(self, model: Any, question: str) -> Any:
        shape = OpenAIResponsesAgent.configure_response_format(Verse)
        agent = self.page["responses"](MODEL, text=shape)
        return Verse.model_validate_json(str(await agent.get_response(question)))
