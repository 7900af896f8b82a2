"""AG2, which is asynchronous."""

from dataclasses import replace
from typing import Any

from ag2 import Agent
from ag2.events import ModelMessageChunk
from ag2.stream import MemoryStream

from .checklist import Checklist, Verse


class TestAsync(Checklist):
    """`Agent.ask`."""

    section = "AG2"
    packages = ("ag2",)
    keeps_routing = False
    plain_replays = True

    async def ask(self, model: Any, question: str) -> Any:
        return await Agent("helper", config=model).ask(question)

    def text(self, answer: Any) -> str:
        return str(answer.body)

    async def stream(self, model: Any, question: str) -> Any:
        pieces: list[str] = []
        stream = MemoryStream()

        async def take(chunk: ModelMessageChunk) -> None:
            pieces.append(chunk.content)

        stream.where(ModelMessageChunk).subscribe(take)
        config = replace(model, streaming=True)
        await Agent("helper", config=config).ask(question, stream=stream)
        return pieces

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return self.text(await Agent("helper", config=model, tools=[tool]).ask(question))

    async def structured(self, model: Any, question: str) -> Any:
        answer = await Agent("helper", config=model, response_schema=Verse).ask(question)
        return await answer.content()
