"""LlamaIndex: `OpenAILike`, and its `FunctionAgent`, which is asynchronous."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.loading import load_llm

from gloo_openai import MissingCredentialsError

from .checklist import QUESTION, VERSE, Verse, run
from .own_classes import OwnClass
from .responses_checklist import MODEL, ResponsesChecklist


def messages(question: str) -> Any:
    """A question as LlamaIndex takes it."""
    return [ChatMessage(role="user", content=question)]


class TestSync(OwnClass):
    """`chat`, `stream_chat`, `predict_and_call`."""

    section = "LlamaIndex"
    packages = ("llama-index-llms-openai-like", "llama-index-core")
    lacks: ClassVar[dict[str, str]] = {"tool_loop": "FunctionAgent is asynchronous only"}

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooLLM"](name, **options)

    def shown(self, model: Any) -> str:
        written = model.to_json() + str(model.to_dict()) + repr(model) + str(model)
        return written + str(pickle.dumps(model)) + model.model_dump_json()

    def test_copies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A copy that was written down is Gloo's again, with credentials from where it is read."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        model = self.model("gloo-auto", tradition="catholic")
        kind = type(model)
        for copied in (
            kind.from_dict(model.to_dict()),
            kind.from_json(model.to_json()),
            pickle.loads(pickle.dumps(model)),
        ):
            assert QUESTION in self.asked(copied)
            assert self.sent()["tradition"] == "catholic"
            assert self.gloo.completions[-1].bearer in self.gloo.tokens
        with pytest.raises(ValueError, match="gloo_llm"):
            load_llm(model.to_dict())

    def test_what_is_assigned_is_sent(self) -> None:
        """Fields may be assigned."""
        model = self.model("gloo-auto", tradition="catholic")
        model.tradition = "mainline"
        self.asked(model)
        assert self.sent()["tradition"] == "mainline"

    def test_how_much_fits(self) -> None:
        """The context window is the catalogue's, or what was given."""
        name = "gloo-anthropic-claude-sonnet-4.5"
        right = next(row["context_window"] for row in self.gloo.models if row["id"] == name)
        assert self.model(name).metadata.context_window == right
        assert self.model("gloo-auto").metadata.context_window > 3900
        assert self.model(name, context_window=1000).metadata.context_window == 1000

    def test_usage_of_a_stream(self) -> None:
        """A stream's usage is told unasked."""
        self.gloo.answer(VERSE)
        last = run(self.streamed(self.model("gloo-auto")))[-1]
        assert last.raw.usage.total_tokens > 0

    def streamed(self, model: Any) -> Any:
        """The pieces of a streamed answer."""
        return list(model.stream_chat(messages(QUESTION)))

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

    async def streamed(self, model: Any) -> Any:
        return [each async for each in await model.astream_chat(messages(QUESTION))]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return str(await FunctionAgent(tools=[tool], llm=model, streaming=False).run(question))

    async def structured(self, model: Any, question: str) -> Any:
        return (await model.as_structured_llm(Verse).achat(messages(question))).raw


class TestResponsesSync(ResponsesChecklist):
    """`OpenAIResponses`."""

    section = "LlamaIndex"
    packages = TestSync.packages
    lacks: ClassVar[dict[str, str]] = TestSync.lacks

    def ask(self, model: Any, question: str) -> Any:
        return model.chat(messages(question)).message.content

    def stream(self, model: Any, question: str) -> Any:
        return [each.delta or "" for each in model.stream_chat(messages(question))]

    def twice(self, model: Any, first: str, second: str) -> Any:
        answer = model.chat(messages(first))
        asked = [*messages(first), answer.message, *messages(second)]
        return model.chat(asked).message.content

    def structured(self, model: Any, question: str) -> Any:
        return model.as_structured_llm(Verse).chat(messages(question)).raw

    def test_copies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A copy that was written down is Gloo's again, with credentials from where it is read."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
        model = self.model(tradition="catholic")
        kind = type(model)
        for copied in (
            kind.from_dict(model.to_dict()),
            kind.from_json(model.to_json()),
            pickle.loads(pickle.dumps(model)),
            copy.deepcopy(model),
        ):
            assert QUESTION in run(self.ask(copied, QUESTION))
            assert self.calls[-1].json["tradition"] == "catholic"
            assert self.calls[-1].bearer in self.gloo.tokens
        with pytest.raises(ValueError, match="gloo_responses_llm"):
            load_llm(model.to_dict())

    def test_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Id and secret are taken as the clients take them, and shown nowhere."""
        monkeypatch.delenv("GLOO_CLIENT_ID")
        monkeypatch.delenv("GLOO_CLIENT_SECRET")
        given = {"client_id": self.gloo.client_id, "client_secret": self.gloo.client_secret}
        model = self.model(**given)
        assert QUESTION in run(self.ask(model, QUESTION))
        shown = model.to_json() + str(model.to_dict()) + repr(model) + str(pickle.dumps(model))
        for secret in (*given.values(), self.gloo.tokens[-1]):
            assert secret not in shown
        with pytest.raises(MissingCredentialsError):
            type(model)(MODEL, env_file=None)

    def test_foreign_keywords(self) -> None:
        """What only OpenAI's clients take is refused by its name, and shown nowhere."""
        for name in ("admin_api_key", "openai_client", "rag_publisher"):
            with pytest.raises(TypeError, match=name) as caught:
                self.model(**{name: "s3cret"})
            assert "s3cret" not in str(caught.value)

    def test_what_is_assigned_is_sent(self) -> None:
        """Fields may be assigned; how much fits is the catalogue's, or what was given."""
        model = self.model(tradition="catholic")
        model.tradition = "mainline"
        run(self.ask(model, QUESTION))
        assert self.calls[-1].json["tradition"] == "mainline"
        row = next(row for row in self.gloo.models if row["id"] == MODEL)
        assert model.metadata.context_window == row["context_window"]
        assert self.model(context_window=1000).metadata.context_window == 1000


class TestResponsesAsync(TestResponsesSync):
    """The same, awaited; and `FunctionAgent`."""

    lacks: ClassVar[dict[str, str]] = {}

    async def ask(self, model: Any, question: str) -> Any:
        return (await model.achat(messages(question))).message.content

    async def stream(self, model: Any, question: str) -> Any:
        stream = await model.astream_chat(messages(question))
        return [each.delta or "" async for each in stream]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        return str(await FunctionAgent(tools=[tool], llm=model, streaming=False).run(question))

    async def twice(self, model: Any, first: str, second: str) -> Any:
        answer = await model.achat(messages(first))
        asked = [*messages(first), answer.message, *messages(second)]
        return (await model.achat(asked)).message.content

    async def structured(self, model: Any, question: str) -> Any:
        return (await model.as_structured_llm(Verse).achat(messages(question))).raw
