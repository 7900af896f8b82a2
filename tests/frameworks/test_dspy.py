"""DSPy, through LiteLLM's provider; its `ReAct` is the agent."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else its import fetches a list of prices

from typing import Any, ClassVar

import dspy

from .checklist import VERSE, Checklist, Verse
from .responses_checklist import ResponsesChecklist

STEPS: tuple[dict[str, str], ...] = (
    {
        "next_thought": "I look it up.",
        "next_tool_name": "verse_of_the_day",
        "next_tool_args": '{"topic": "joy"}',
    },
    {"next_thought": "I know it.", "next_tool_name": "finish", "next_tool_args": "{}"},
    {"reasoning": "The tool said it.", "answer": VERSE},
)


class Ask(dspy.Signature):
    """Answer the question."""

    question: str = dspy.InputField()
    verse: Verse = dspy.OutputField()


class Choose(dspy.Signature):
    """Choose a tool."""

    question: str = dspy.InputField()
    tools: list[dspy.Tool] = dspy.InputField()
    calls: dspy.ToolCalls = dspy.OutputField()


def fields(**values: str) -> str:
    """An answer the way DSPy's adapter reads it."""
    lines = [f"[[ ## {name} ## ]]\n{value}\n" for name, value in values.items()]
    return "\n".join([*lines, "[[ ## completed ## ]]"])


class TestSync(Checklist):
    """`LM`, `Predict`, `ReAct`."""

    section = "DSPy"
    packages = ("dspy", "litellm")
    chained = True
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "streamify is asynchronous",
        "on_routing_streamed": "streamify is asynchronous",
    }

    def model(self, name: str, **options: Any) -> Any:
        self.page["register"](**options)
        return dspy.LM(f"gloo/{name.removeprefix('gloo-')}", cache=False)

    def ask(self, model: Any, question: str) -> Any:
        return model(question)[0], model.history[-1]["response"]

    def text(self, answer: Any) -> str:
        return str(answer[0])

    def routing(self, answer: Any) -> Any:
        return answer[1]

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        for step in STEPS:
            self.gloo.answer(fields(**step))
        with dspy.context(lm=model):
            return dspy.ReAct("question -> answer", tools=[tool])(question=question).answer

    def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer(fields(verse='{"book": "Philippians", "chapter": 4}'))
        with dspy.context(lm=model):
            return dspy.Predict(Ask)(question=question).verse

    def test_native_function_calling(self) -> None:
        """DSPy knows that Gloo's models call functions, and sends its tools."""
        tool = dspy.Tool(lambda topic: VERSE, name="verse", args={"topic": {"type": "string"}})
        native = dspy.ChatAdapter(use_native_function_calling=True)
        with dspy.context(lm=self.model("gloo-auto"), adapter=native):
            dspy.Predict(Choose)(question="Which verse?", tools=[tool])
        assert [each["function"]["name"] for each in self.sent()["tools"]] == ["verse"]


class TestAsync(TestSync):
    """`acall`, `streamify`."""

    lacks: ClassVar[dict[str, str]] = {}

    async def ask(self, model: Any, question: str) -> Any:
        return (await model.acall(question))[0], model.history[-1]["response"]

    async def stream(self, model: Any, question: str) -> Any:
        self.gloo.reset()
        self.gloo.answer(fields(answer=VERSE))
        predict = dspy.Predict("question -> answer")
        listener = dspy.streaming.StreamListener(signature_field_name="answer")
        with dspy.context(lm=model):
            stream = dspy.streamify(predict, stream_listeners=[listener])(question=question)
            return [
                each.chunk
                async for each in stream
                if isinstance(each, dspy.streaming.StreamResponse)
            ]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        for step in STEPS:
            self.gloo.answer(fields(**step))
        with dspy.context(lm=model):
            agent = dspy.ReAct("question -> answer", tools=[tool])
            return (await agent.acall(question=question)).answer

    async def structured(self, model: Any, question: str) -> Any:
        self.gloo.answer(fields(verse='{"book": "Philippians", "chapter": 4}'))
        with dspy.context(lm=model):
            return (await dspy.Predict(Ask).acall(question=question)).verse


class TestResponsesSync(ResponsesChecklist):
    """`model_type="responses"`, which LiteLLM makes chat completions of."""

    section = "DSPy"
    packages = TestSync.packages
    bridged = True
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "streamify is asynchronous",
        "second_turn": "DSPy writes what was said into a prompt of its own",
    }

    def test_responses_structured(self) -> None:
        """An answer in the form that DSPy writes."""
        self.gloo.answer(fields(verse='{"book": "Philippians", "chapter": 4}'))
        assert isinstance(self.structured(self.model(), "Which verse?"), Verse)

    def ask(self, model: Any, question: str) -> Any:
        answer = model(question)[0]
        return answer["text"] if isinstance(answer, dict) else answer

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        for step in STEPS:
            self.gloo.answer(fields(**step))
        with dspy.context(lm=model):
            return dspy.ReAct("question -> answer", tools=[tool])(question=question).answer

    def structured(self, model: Any, question: str) -> Any:
        with dspy.context(lm=model):
            return dspy.Predict(Ask)(question=question).verse
