"""LangChain, its `create_agent` and LangGraph underneath."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import httpx2
import pytest
import tiktoken
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumps, loads
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField

from gloo_openai import GuardrailRefusalError
from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, VERSE, Verse, run, run_snippet
from .own_classes import OwnClass
from .responses_checklist import MODEL, ResponsesChecklist

REFUSAL = "can't help with that"


class Tracer(BaseCallbackHandler):
    """Keeps all that LangChain tells a tracer."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_chat_model_start(self, *args: Any, **options: Any) -> None:
        self.told.append((args, options))

    def on_llm_end(self, *args: Any, **options: Any) -> None:
        self.told.append((args, options))


class TestSync(OwnClass):
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

    def shown(self, model: Any) -> str:
        tracer = Tracer()
        run(self.ask(model.with_config(callbacks=[tracer]), QUESTION))
        dumped = str(model.model_dump()) + model.model_dump_json(
            exclude={"rate_limiter", "custom_get_token_ids"}
        )
        return (
            repr(model) + dumps(model) + dumped + str(tracer.told) + str(model._identifying_params)
        )

    def test_a_dump_is_not_loaded(self) -> None:
        """LangChain refuses to load what it would make a client of OpenAI's of."""
        with pytest.raises(NotImplementedError):
            loads(dumps(self.model("gloo-auto")), allowed_objects="all")

    def test_not_pickled(self) -> None:
        """A model with credentials in it is not pickled, and says so."""
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(self.model("gloo-auto"))

    def test_a_call_takes_no_credentials(self) -> None:
        """Credentials of a call are refused before a tracer is told of it."""
        tracer = Tracer()
        model = self.model("gloo-auto").bind(client_secret="s3cret")
        with pytest.raises(TypeError, match="client_secret"):
            run(self.ask(model.with_config(callbacks=[tracer]), QUESTION))
        assert tracer.told == []

    def test_an_error_shows_no_secret(self) -> None:
        """A value that is refused does not print its neighbours."""
        with pytest.raises(ValueError, match="sources_limit") as caught:
            self.model("gloo-auto", client_id="it", client_secret="s3cret", sources_limit="x")
        assert "s3cret" not in str(caught.value)

    def test_what_is_assigned_is_sent(self) -> None:
        """Fields may be assigned, and copies changed; the original stays as it was."""
        model = self.model("gloo-auto", tradition="catholic")
        changed = model.model_copy(update={"tradition": "evangelical"})
        deep = model.model_copy(update={"rag_publisher": "Bezalel"}, deep=True)
        model.tradition = "mainline"
        self.asked(model)
        assert self.sent()["tradition"] == "mainline"
        self.asked(changed)
        assert self.sent()["tradition"] == "evangelical"
        self.asked(deep)
        assert self.sent()["rag_publisher"] == "Bezalel"
        assert self.sent()["tradition"] == "catholic"
        assert len(self.gloo.exchanges) == 1

    def test_configured(self) -> None:
        """LangChain's configurable fields are what is sent."""
        model = self.model("gloo-auto", tradition="catholic")
        field = ConfigurableField(id="tradition")
        chosen = model.configurable_fields(tradition=field).with_config(
            configurable={"tradition": "mainline"}
        )
        run(self.ask(chosen, QUESTION))
        assert self.sent()["tradition"] == "mainline"

    def test_not_grounded_for_one_call(self) -> None:
        """A call may be grounded or not, whatever the model promises."""
        model = self.model("gloo-auto", rag_publisher="Bezalel")
        run(self.ask(model.bind(grounded=False), QUESTION))
        assert not self.gloo.completions[-1].path.endswith("/grounded")
        self.asked(model)
        assert self.gloo.completions[-1].path.endswith("/grounded")

    def test_usage_of_a_stream(self) -> None:
        """A stream's usage arrives unasked, with what came from Gloo's cache and what it cost."""
        self.gloo.answer(VERSE)
        first, *rest = run(self.chunks(self.model("gloo-auto")))
        whole = sum(rest, first)
        assert whole.usage_metadata["total_tokens"] > 0
        assert self.sent()["stream_options"] == {"include_usage": True}

    @pytest.mark.parametrize("how", ["json_schema", "function_calling", "json_mode"])
    def test_a_refusal_has_no_shape(self, how: str) -> None:
        """Where structured output meets a refusal, the error has the guardrails' text."""
        self.gloo.refuse()
        asked = self.model("gloo-auto").with_structured_output(Verse, method=how)
        with pytest.raises(Exception, match=REFUSAL) as caught:
            run(self.ask(asked, QUESTION))
        assert "uardrails answered" in str(caught.value)

    def test_a_refusal_is_told(self) -> None:
        """A refusal is in the metadata, streamed or whole."""
        self.gloo.refuse()
        answer = run(self.ask(self.model("gloo-auto"), QUESTION))
        assert answer.response_metadata["guardrail_refusal"] is True
        self.gloo.refuse()
        first, *rest = run(self.chunks(self.model("gloo-auto")))
        whole = sum(rest, first)
        assert REFUSAL in whole.text
        assert whole.response_metadata["guardrail_refusal"] is True
        answer = run(self.ask(self.model("gloo-auto"), QUESTION))
        assert "guardrail_refusal" not in answer.response_metadata

    def test_a_proxy(self) -> None:
        """`openai_proxy` is the way that requests take."""
        model = self.model("gloo-auto", openai_proxy="http://localhost:9", max_retries=0)
        with pytest.raises(Exception, match="onnection"):
            self.asked(model)
        assert self.gloo.requests == []
        with pytest.raises(TypeError, match="openai_proxy"):
            self.model("gloo-auto", openai_proxy="http://localhost:9", http_client=httpx2.Client())

    def test_tokens_are_counted_without_a_download(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An estimate, unless a tokenizer was named."""
        monkeypatch.setattr(tiktoken, "get_encoding", lambda _name: pytest.fail("a download"))
        model = self.model("gloo-auto")
        assert 5 < model.get_num_tokens("In the beginning was the Word, and the Word was God") < 50
        assert model.get_num_tokens_from_messages([HumanMessage(QUESTION)]) > 5
        with pytest.raises(NotImplementedError, match="tiktoken_model_name"):
            model.get_token_ids(QUESTION)

    def test_tracers_hear_of_gloo(self) -> None:
        """LangSmith is told that the provider is Gloo."""
        tracer = Tracer()
        run(self.ask(self.model("gloo-auto").with_config(callbacks=[tracer]), QUESTION))
        assert "'ls_provider': 'gloo'" in str(tracer.told)

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


def test_the_recipe_of_a_budget_counts_what_was_charged(gloo: LocalGloo) -> None:
    """Today's dollars, by `on_routing`; then nothing more is asked."""
    names = run_snippet("A budget for a day", gloo, 0)
    [(today, dollars)] = names["spent"].items()
    assert dollars > 0
    names["spent"][today] = Decimal(5)
    asked = len(gloo.completions)
    with pytest.raises(RuntimeError, match="spent"):
        names["ask"](QUESTION)
    assert len(gloo.completions) == asked


class TestResponsesSync(ResponsesChecklist):
    """`use_responses_api=True`."""

    section = "LangChain"
    packages = TestSync.packages

    def ask(self, model: Any, question: str) -> Any:
        return model.invoke(question).text

    def stream(self, model: Any, question: str) -> Any:
        return [chunk.text for chunk in model.stream(question)]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = {"messages": [("user", question)]}
        return create_agent(model, [tool]).invoke(asked)["messages"][-1].text

    def twice(self, model: Any, first: str, second: str) -> Any:
        answer = model.invoke([HumanMessage(first)])
        return model.invoke([HumanMessage(first), answer, HumanMessage(second)]).text

    def structured(self, model: Any, question: str) -> Any:
        return model.with_structured_output(Verse).invoke(question)

    def message(self, model: Any) -> Any:
        """The message of an answer."""
        return model.invoke(QUESTION)

    def streamed(self, model: Any) -> Any:
        """The same, put together of a stream's chunks."""
        first, *rest = model.stream(QUESTION)
        return sum(rest, first)

    @pytest.mark.parametrize("nested", [False, True])
    def test_metadata(self, nested: bool) -> None:
        """What Gloo says of an answer is in its metadata, plain and streamed, and told of once."""
        told: list[Any] = []
        model = self.model(on_routing=told.append)
        usage = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12, "cost": 0.002}
        usage["cache_read_input_tokens"] = 4
        for ask in (self.message, self.streamed):
            told.clear()
            self.gloo.answer(
                VERSE, nested=nested, trace_id="t-1", tradition="mainline", usage=usage
            )
            message = run(ask(model))
            said = message.response_metadata
            assert (said["cost"], said["trace_id"]) == (0.002, "t-1")
            assert (said["tradition"], said["model"]) == ("mainline", MODEL)
            assert message.usage_metadata["total_tokens"] == 12
            assert message.usage_metadata["input_token_details"]["cache_read"] == 4
            assert "guardrail_refusal" not in said
            assert [each.cost for each in told] == [0.002]

    def test_refusals(self) -> None:
        """A refusal is in the metadata; where a shape was asked for, it is an error."""
        for ask in (self.message, self.streamed):
            self.gloo.refuse()
            message = run(ask(self.model()))
            assert message.response_metadata["guardrail_refusal"] is True
            assert REFUSAL in message.text
            self.gloo.refuse()
            shaped = self.model().bind(tool_choice="required")
            with pytest.raises(GuardrailRefusalError) as caught:
                run(ask(shaped))
            assert REFUSAL in caught.value.text


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        return (await model.ainvoke(question)).text

    async def stream(self, model: Any, question: str) -> Any:
        return [chunk.text async for chunk in model.astream(question)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = {"messages": [("user", question)]}
        return (await create_agent(model, [tool]).ainvoke(asked))["messages"][-1].text

    async def twice(self, model: Any, first: str, second: str) -> Any:
        answer = await model.ainvoke([HumanMessage(first)])
        return (await model.ainvoke([HumanMessage(first), answer, HumanMessage(second)])).text

    async def structured(self, model: Any, question: str) -> Any:
        return await model.with_structured_output(Verse).ainvoke(question)

    async def message(self, model: Any) -> Any:
        return await model.ainvoke(QUESTION)

    async def streamed(self, model: Any) -> Any:
        first, *rest = [chunk async for chunk in model.astream(QUESTION)]
        return sum(rest, first)
