"""LangChain, its `create_agent` and LangGraph underneath."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumps

from .checklist import QUESTION, Checklist, Verse, run


class TestSync(Checklist):
    """`invoke`, `stream`."""

    section = "LangChain"
    packages = ("langchain", "langchain-openai")

    def model(self, name: str, **options: Any) -> Any:
        """`ChatGloo` takes Gloo's options as fields."""
        return self.page["ChatGloo"](model=name, **options)

    def ask(self, model: Any, question: str) -> Any:
        return model.invoke(question)

    def text(self, answer: Any) -> str:
        return str(answer.text)

    def stream(self, model: Any, question: str) -> Any:
        return [chunk.text for chunk in model.stream(question)]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = {"messages": [("user", question)]}
        return create_agent(model, [tool]).invoke(asked)["messages"][-1].text

    def structured(self, model: Any, question: str) -> Any:
        return model.with_structured_output(Verse).invoke(question)

    def test_metadata_of_a_stream(self) -> None:
        """Joined chunks say once what Gloo said on each of them, citations too."""
        model = self.model("gloo-auto", rag_publisher="Bezalel", include_citations=True)
        first, *rest = run(self.chunks(model))
        whole = sum(rest, first)
        assert whole.response_metadata["routing_tier"] == "tier_1"
        assert whole.response_metadata["citations"] == self.gloo.sources[:3]

    def test_no_secret_is_shown(self) -> None:
        """A model can be printed, dumped and traced."""
        model = self.model("gloo-auto")
        self.asked(model)
        shown = repr(model) + dumps(model) + str(model.model_dump(exclude={"client"}))
        assert self.gloo.client_secret not in shown
        assert self.gloo.tokens[-1] not in shown

    def test_a_call_wins(self) -> None:
        """A call's own tradition goes out in place of the model's."""
        model = self.model("gloo-auto", tradition="catholic")
        run(self.ask(model.bind(tradition="mainline"), QUESTION))
        assert self.sent()["tradition"] == "mainline"

    def test_a_cache_tells_models_apart(self) -> None:
        """LangChain keeps answers by question and model, and Gloo's fields are of the model."""
        set_llm_cache(InMemoryCache())
        try:
            for options in ({"tradition": "catholic"}, {"tradition": "mainline"}, {}):
                run(self.ask(self.model("gloo-auto", **options), QUESTION))
            run(self.ask(self.model("gloo-auto"), QUESTION))
        finally:
            set_llm_cache(None)
        assert len(self.gloo.completions) == 3

    def chunks(self, model: Any) -> Any:
        """The chunks of a streamed answer."""
        return list(model.stream(QUESTION))


class TestAsync(TestSync):
    """`ainvoke`, `astream`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await model.ainvoke(question)

    async def stream(self, model: Any, question: str) -> Any:
        return [chunk.text async for chunk in model.astream(question)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = {"messages": [("user", question)]}
        return (await create_agent(model, [tool]).ainvoke(asked))["messages"][-1].text

    async def structured(self, model: Any, question: str) -> Any:
        return await model.with_structured_output(Verse).ainvoke(question)

    async def chunks(self, model: Any) -> Any:
        return [chunk async for chunk in model.astream(QUESTION)]
