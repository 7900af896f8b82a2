"""Google's Agent Development Kit, through LiteLLM's provider; it is asynchronous."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else its import fetches a list of prices

from typing import Any

from google.adk.agents import Agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner

from .checklist import QUESTION, Checklist, Verse, run


async def events(model: Any, question: str, *, streamed: bool = False, **options: Any) -> list[Any]:
    """Everything that an agent says on the way to its answer."""
    runner = InMemoryRunner(Agent(name="helper", model=model, **options))
    mode = StreamingMode.SSE if streamed else StreamingMode.NONE
    config = RunConfig(streaming_mode=mode)
    return await runner.run_debug(question, run_config=config, quiet=True)


def said(event: Any) -> str:
    """The text of an event."""
    return "".join(part.text or "" for part in event.content.parts)


class TestAsync(Checklist):
    """`LiteLlm`, in an `InMemoryRunner`."""

    section = "Google ADK"
    packages = ("google-adk", "litellm")
    keeps_routing = False

    def model(self, name: str, **options: Any) -> Any:
        self.page["register"](**options)
        return LiteLlm(f"gloo/{name.removeprefix('gloo-')}")

    async def ask(self, model: Any, question: str) -> Any:
        return (await events(model, question))[-1]

    def text(self, answer: Any) -> str:
        return said(answer)

    async def stream(self, model: Any, question: str) -> Any:
        return [
            said(event) for event in await events(model, question, streamed=True) if event.partial
        ]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return said((await events(model, question, tools=[tool]))[-1])

    async def structured(self, model: Any, question: str) -> Any:
        answer = await events(model, question, output_schema=Verse)
        return Verse.model_validate_json(said(answer[-1]))

    def test_an_agent_of_another_tradition(self) -> None:
        """A model's own options win; the answer names the model that gave it."""
        self.page["register"](tradition="catholic")
        answer = run(self.ask(LiteLlm("gloo/auto", tradition="mainline"), QUESTION))
        assert self.sent()["tradition"] == "mainline"
        assert answer.model_version.startswith("gloo-openai-")

    def test_a_loop_after_another(self) -> None:
        """One model serves one event loop after another, with one token."""
        model = self.model("gloo-auto")
        for _ in range(3):
            assert QUESTION in self.asked(model)
        assert len(self.gloo.exchanges) == 1
        assert len(self.gloo.completions) == 3
