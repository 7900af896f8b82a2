"""LiteLLM, whose provider is registered once."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else its import fetches a list of prices

import asyncio
import json
from decimal import Decimal
from typing import Any

import litellm
import openai
import pytest
from litellm.integrations.custom_logger import CustomLogger

from gloo_openai import GlooOpenAI, InvalidCredentialsError
from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, VERSE, Checklist, Verse, run, run_snippet
from .responses_checklist import ResponsesChecklist

ANSWERED_BY = "gloo-anthropic-claude-sonnet-4.5"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


class Logger(CustomLogger):
    """Keeps what LiteLLM tells a callback of each answer."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []

    def log_success_event(self, kwargs: Any, **_rest: Any) -> None:
        self.told.append({**kwargs["standard_logging_object"]})

    async def async_log_success_event(self, kwargs: Any, **_rest: Any) -> None:
        self.told.append({**kwargs["standard_logging_object"]})


LOGGER = Logger()
"""One for all tests: LiteLLM keeps the first of a class."""


def call(model: str, question: str, **options: Any) -> dict[str, Any]:
    """The keywords of a completion."""
    return {"model": model, "messages": [{"role": "user", "content": question}], **options}


def with_tool(tool: Any) -> Any:
    """A tool as LiteLLM takes it."""
    properties = {"topic": {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": ["topic"]}
    return [{"type": "function", "function": {"name": tool.__name__, "parameters": parameters}}]


def answered(message: Any, tool: Any) -> list[Any]:
    """The messages after the question: the tool's call, and what it answered."""
    [called] = message.tool_calls
    result = tool(**json.loads(called.function.arguments))
    return [message, {"role": "tool", "tool_call_id": called.id, "content": result}]


class TestSync(Checklist):
    """`completion`."""

    section = "LiteLLM"
    packages = ("litellm",)

    def model(self, name: str, **options: Any) -> Any:
        self.page["register"](**options)
        return f"gloo/{name.removeprefix('gloo-')}"

    def ask(self, model: Any, question: str) -> Any:
        return litellm.completion(**call(model, question))

    def text(self, answer: Any) -> str:
        return str(answer.choices[0].message.content)

    def stream(self, model: Any, question: str) -> Any:
        chunks = litellm.completion(**call(model, question, stream=True))
        return [chunk.choices[0].delta.content or "" for chunk in chunks]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = call(model, question, tools=with_tool(tool))
        message = litellm.completion(**asked).choices[0].message
        asked["messages"] += answered(message, tool)
        return self.text(litellm.completion(**asked))

    def structured(self, model: Any, question: str) -> Any:
        answer = litellm.completion(**call(model, question, response_format=Verse))
        return Verse.model_validate_json(self.text(answer))

    def test_two_providers(self) -> None:
        """Registrations under several names live side by side, each with its own options."""
        self.page["register"](tradition="mainline")
        self.page["register"]("gloo-catholic", tradition="catholic")
        assert self.asked("gloo-catholic/auto")
        assert self.sent()["tradition"] == "catholic"
        assert self.asked("gloo/auto")
        assert self.sent()["tradition"] == "mainline"

    def test_options_of_a_call(self) -> None:
        """A call's own options win, and what LiteLLM does not know is passed on."""
        self.page["register"](tradition="mainline")
        litellm.completion(**call("gloo/auto", "Why?", tradition="catholic", max_retries=0))
        assert self.sent()["tradition"] == "catholic"

    def test_not_grounded_for_one_call(self) -> None:
        """`grounded=` of a call is Gloo's option, and no field of the body."""
        self.page["register"](rag_publisher="Bezalel")
        run(self.complete(**call("gloo/auto", QUESTION, grounded=False)))
        assert not self.gloo.completions[-1].path.endswith("/grounded")
        assert "grounded" not in self.sent()

    def test_key_and_url_of_a_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A call's own key and URL are used; OpenAI's are not."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        self.page["register"]()
        key = self.gloo.environ["GLOO_API_KEY"]
        run(self.complete(**call("gloo/auto", QUESTION, api_key=key)))
        assert self.gloo.completions[-1].bearer == key
        run(self.complete(**call("gloo/auto", QUESTION)))
        assert self.gloo.completions[-1].bearer == self.gloo.tokens[-1]
        with LocalGloo() as other:
            asked = call("gloo/auto", QUESTION, api_key=key, api_base=f"{other.origin}/ai/v2")
            run(self.complete(**asked))
            assert other.completions[-1].bearer == key
        assert len(self.gloo.exchanges) == 1

    def test_a_router(self) -> None:
        """A Router's deployments have keys of their own."""
        self.page["register"]()
        key = self.gloo.environ["GLOO_API_KEY"]
        deployment = {"model": "gloo/auto", "api_key": key}
        router = litellm.Router([{"model_name": "gloo", "litellm_params": deployment}])
        run(self.routed(router, **call("gloo", QUESTION)))
        assert self.gloo.completions[-1].bearer == key

    def test_what_an_answer_cost(self) -> None:
        """What Gloo charged; by the catalogue where it does not say."""
        self.page["register"]()
        answer = run(self.complete(**call(f"gloo/{ANSWERED_BY}", QUESTION)))
        usage = answer.usage
        expected = GlooOpenAI().models.retrieve(ANSWERED_BY).pricing
        by_catalogue = float(
            (usage.prompt_tokens * expected.input + usage.completion_tokens * expected.output)
            / 10**6
        )
        assert answer._hidden_params["response_cost"] == pytest.approx(by_catalogue, rel=0.01)
        assert litellm.completion_cost(answer) == pytest.approx(by_catalogue, rel=0.01)
        self.gloo.answer(VERSE, usage={**USAGE, "cost": 0.25})
        answer = run(self.complete(**call("gloo/auto", QUESTION)))
        assert answer._hidden_params["response_cost"] == 0.25
        assert litellm.completion_cost(answer) == 0.25
        assert litellm.completion_cost(completion_response=answer) == 0.25

    def test_what_callbacks_hear_of_a_stream(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A callback hears of a stream's own usage and its cost, not of an estimate."""
        self.page["register"]()
        LOGGER.told.clear()
        monkeypatch.setattr(litellm, "callbacks", [LOGGER])
        self.gloo.answer(chunks=self.chunks())
        run(self.heard())
        [told] = LOGGER.told
        assert (told["prompt_tokens"], told["completion_tokens"]) == (1000, 100)
        assert told["response_cost"] == 0.25

    def chunks(self) -> list[Any]:
        """A stream whose usage comes last, as Gloo sends it."""
        base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": ANSWERED_BY}
        choices = [
            [{"index": 0, "delta": {"role": "assistant", "content": VERSE}}],
            [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        ]
        events: list[Any] = [{**base, "choices": each} for each in choices]
        return [*events, {**base, "choices": [], "usage": {**USAGE, "cost": 0.25}}]

    @pytest.mark.parametrize("model", ["gloo/auto", "gloo/auto-anthropic", f"gloo/{ANSWERED_BY}"])
    def test_what_models_can_do(self, model: str) -> None:
        """LiteLLM knows of Gloo's models that they call functions, and how much fits."""
        self.page["register"]()
        assert litellm.supports_function_calling(model)
        assert litellm.supports_response_schema(model)
        assert litellm.get_model_info(model)["max_input_tokens"] > 0

    def test_a_model_without_tools(self) -> None:
        """What the catalogue says that a model cannot do is known too."""
        self.page["register"]()
        assert not litellm.supports_function_calling("gloo/gloo-meta-llama-3.1-8b-instruct")

    def test_registered_without_gloo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A program starts also where the catalogue cannot be had."""
        monkeypatch.setenv("GLOO_BASE_URL", "http://localhost:9")
        self.page["register"]("nowhere")
        monkeypatch.delenv("GLOO_CLIENT_ID")
        self.page["register"]("nobody")
        assert litellm.supports_function_calling("nobody/auto")
        with pytest.raises(litellm.AuthenticationError, match="GLOO_CLIENT_ID"):
            run(self.complete(**call("nobody/auto", QUESTION)))

    def test_kinds_of_errors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What goes wrong is LiteLLM's own kind of error, with the adapter's as its cause."""
        self.page["register"]()
        twice = {"auto_routing": True, "model_family": "google"}
        with pytest.raises(litellm.BadRequestError, match="both say how"):
            run(self.complete(**call("gloo/auto", QUESTION, **twice)))
        self.gloo.fault("/chat/completions", status=429)
        with pytest.raises(litellm.RateLimitError):
            run(self.complete(**call("gloo/auto", QUESTION, max_retries=0)))
        self.gloo.fault("/chat/completions", status=503)
        with pytest.raises(litellm.ServiceUnavailableError):
            run(self.complete(**call("gloo/auto", QUESTION, max_retries=0)))
        monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
        self.page["register"]()
        with pytest.raises(litellm.AuthenticationError, match="rejected the client") as caught:
            run(self.complete(**call("gloo/auto", QUESTION)))
        assert isinstance(caught.value.__cause__, InvalidCredentialsError)
        assert isinstance(caught.value, openai.AuthenticationError)

    def test_embeddings(self) -> None:
        """Embeddings come from the endpoint that has them."""
        self.page["register"]()
        embedded = run(self.embed(model="gloo/gloo-baai-bge-base-en-v1.5", input=[VERSE]))
        assert len(embedded.data[0]["embedding"]) > 0

    def complete(self, **options: Any) -> Any:
        """One completion."""
        return litellm.completion(**options)

    def routed(self, router: Any, **options: Any) -> Any:
        """One completion, by a Router."""
        return router.completion(**options)

    def embed(self, **options: Any) -> Any:
        """One embedding."""
        return litellm.embedding(**options)

    async def heard(self) -> None:
        """Read a stream, until the logger has heard of it."""
        self.stream("gloo/auto", QUESTION)
        await told()


async def told() -> None:
    """Wait for LiteLLM's threads and tasks."""
    for _ in range(200):
        if LOGGER.told:
            return
        await asyncio.sleep(0.05)


class TestAsync(TestSync):
    """`acompletion`."""

    async def ask(self, model: Any, question: str) -> Any:
        return await litellm.acompletion(**call(model, question))

    async def stream(self, model: Any, question: str) -> Any:
        chunks = await litellm.acompletion(**call(model, question, stream=True))
        return [chunk.choices[0].delta.content or "" async for chunk in chunks]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        asked = call(model, question, tools=with_tool(tool))
        message = (await litellm.acompletion(**asked)).choices[0].message
        asked["messages"] += answered(message, tool)
        return self.text(await litellm.acompletion(**asked))

    async def structured(self, model: Any, question: str) -> Any:
        answer = await litellm.acompletion(**call(model, question, response_format=Verse))
        return Verse.model_validate_json(self.text(answer))

    async def complete(self, **options: Any) -> Any:
        return await litellm.acompletion(**options)

    async def routed(self, router: Any, **options: Any) -> Any:
        return await router.acompletion(**options)

    async def embed(self, **options: Any) -> Any:
        return await litellm.aembedding(**options)

    async def heard(self) -> None:
        await self.stream("gloo/auto", QUESTION)
        await told()

    def test_a_loop_after_another(self) -> None:
        """One registration serves one event loop after another, with one token."""
        self.page["register"]()
        for _ in range(3):
            assert QUESTION in self.asked("gloo/auto")
        assert len(self.gloo.exchanges) == 1


def test_the_recipe_of_a_budget_counts_what_was_charged(gloo: LocalGloo) -> None:
    """Today's dollars, by `on_routing`; then nothing more is asked."""
    names = run_snippet("A budget for a day", gloo, 1)
    [(today, dollars)] = names["spent"].items()
    assert dollars > 0
    names["spent"][today] = Decimal(5)
    asked = len(gloo.completions)
    with pytest.raises(RuntimeError, match="spent"):
        names["ask"](QUESTION)
    assert len(gloo.completions) == asked


class TestResponsesSync(ResponsesChecklist):
    """`responses`, which LiteLLM makes chat completions of."""

    section = "LiteLLM"
    packages = TestSync.packages
    bridged = True

    def ask(self, model: Any, question: str) -> Any:
        return litellm.responses(model=model, input=question).output_text

    def stream(self, model: Any, question: str) -> Any:
        events = litellm.responses(model=model, input=question, stream=True)
        return [each.delta for each in events if each.type == "response.output_text.delta"]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        [nested] = with_tool(tool)
        tools = [{"type": "function", **nested["function"]}]
        asked: list[Any] = [{"role": "user", "content": question}]
        first = litellm.responses(model=model, input=asked, tools=tools)
        [called] = [item for item in first.output if item.type == "function_call"]
        said = {"call_id": called.call_id, "output": tool(**json.loads(called.arguments))}
        replayed = [item.model_dump() for item in first.output]
        asked += [*replayed, {"type": "function_call_output", **said}]
        return litellm.responses(model=model, input=asked, tools=tools).output_text

    def twice(self, model: Any, first: str, second: str) -> Any:
        asked: list[Any] = [{"role": "user", "content": first}]
        answer = litellm.responses(model=model, input=asked)
        asked += [*(item.model_dump() for item in answer.output)]
        asked += [{"role": "user", "content": second}]
        return litellm.responses(model=model, input=asked).output_text

    def structured(self, model: Any, question: str) -> Any:
        answer = litellm.responses(model=model, input=question, text_format=Verse)
        return Verse.model_validate_json(answer.output_text)
