"""AG2, which is asynchronous."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from ag2 import Agent
from ag2.events import ModelMessageChunk
from ag2.stream import MemoryStream

from gloo_openai import AsyncGlooOpenAI

from .checklist import QUESTION, Verse, run
from .own_classes import OwnClass
from .responses_checklist import ResponsesChecklist


class TestAsync(OwnClass):
    """`Agent.ask`."""

    section = "AG2"
    packages = ("ag2",)
    keeps_routing = False
    plain_replays = True

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooConfig"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(asdict(model)) + repr(model.copy(temperature=0))

    def test_a_client_and_options(self) -> None:
        """A client has options of its own: what would be ignored is refused."""
        client = AsyncGlooOpenAI()
        with pytest.raises(TypeError, match="tradition"):
            self.model("gloo-auto", client=client, tradition="catholic")
        with pytest.raises(TypeError, match="base_url"):
            self.model("gloo-auto", client=client, base_url="https://elsewhere.example")
        with pytest.raises(TypeError, match="websocket"):
            self.model("gloo-auto", websocket_base_url="wss://elsewhere.example")
        self.asked(self.model("gloo-auto", client=client.with_options(tradition="catholic")))
        assert self.sent()["tradition"] == "catholic"

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


class TestResponsesAsync(ResponsesChecklist):
    """`GlooResponsesConfig`."""

    section = "AG2"
    packages = TestAsync.packages

    async def ask(self, model: Any, question: str) -> Any:
        return str((await Agent("helper", config=model).ask(question)).body)

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
        return str((await Agent("helper", config=model, tools=[tool]).ask(question)).body)

    async def twice(self, model: Any, first: str, second: str) -> Any:
        answer = await Agent("helper", config=model).ask(first)
        return str((await answer.ask(second)).body)

    async def structured(self, model: Any, question: str) -> Any:
        answer = await Agent("helper", config=model, response_schema=Verse).ask(question)
        return await answer.content()

    def test_credentials(self) -> None:
        """Taken as the clients take them, shown nowhere, and kept by copies."""
        given = {"client_id": self.gloo.client_id, "client_secret": self.gloo.client_secret}
        model = self.model(**given).copy(temperature=0)
        assert QUESTION in run(self.ask(model, QUESTION))
        shown = repr(model) + str(asdict(model))
        assert self.gloo.client_secret not in shown
        with pytest.raises(TypeError, match="websocket"):
            self.model(websocket_base_url="wss://elsewhere.example")
