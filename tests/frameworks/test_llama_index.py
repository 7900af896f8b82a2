"""LlamaIndex: `OpenAILike`, and its `FunctionAgent`, which is asynchronous."""

from __future__ import annotations

from typing import Any, ClassVar

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage

from .checklist import Checklist, Verse


def messages(question: str) -> Any:
    """A question as LlamaIndex takes it."""
    return [ChatMessage(role="user", content=question)]


class TestSync(Checklist):
    """`chat`, `stream_chat`, `predict_and_call`."""

    section = "LlamaIndex"
    packages = ("llama-index-llms-openai-like", "llama-index-core")
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "FunctionAgent is asynchronous only"}

    def ask(self, model: Any, question: str) -> Any:
        return model.chat(messages(question))

    def text(self, answer: Any) -> str:
        return str(answer.message.content)

    def stream(self, model: Any, question: str) -> Any:
        return [each.delta or "" for each in model.stream_chat(messages(question))]

    def structured(self, model: Any, question: str) -> Any:
        return model.as_structured_llm(Verse).chat(messages(question)).raw


class TestAsync(TestSync):
    """`achat`, `astream_chat`, `FunctionAgent`."""

    lacks: ClassVar[dict[str, str]] = {}

    async def ask(self, model: Any, question: str) -> Any:
        return await model.achat(messages(question))

    async def stream(self, model: Any, question: str) -> Any:
        stream = await model.astream_chat(messages(question))
        return [each.delta or "" async for each in stream]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return str(await FunctionAgent(tools=[tool], llm=model, streaming=False).run(question))

    async def structured(self, model: Any, question: str) -> Any:
        return (await model.as_structured_llm(Verse).achat(messages(question))).raw
