"""What is asked of a framework that speaks the Responses API; see `checklist`.

A file has classes `TestResponsesSync`, `TestResponsesAsync`, or both. The snippet is the one that
follows "The Responses API" on the framework's page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, VERSE, Verse, run, run_responses_snippet

MODEL = "gloo-anthropic-claude-sonnet-4.5"


class ResponsesChecklist:
    """The checks, and the methods in which a framework says how it does them."""

    section: ClassVar[str]
    """The title of its page in docs/frameworks/."""
    packages: ClassVar[tuple[str, ...]]
    lacks: ClassVar[dict[str, str]] = {}
    """Checks that the framework cannot pass, and why."""
    bridged: ClassVar[bool] = False
    """Whether the framework itself turns these calls into chat completions."""

    page: dict[str, Any]
    """The names that the page's snippet has defined."""

    def model(self, **options: Any) -> Any:
        """The framework's model object; `options` are those of `GlooOpenAI`."""
        return self.page["responses"](MODEL, **options)

    def ask(self, model: Any, question: str) -> Any:
        """Ask plainly; the text of the answer."""
        raise NotImplementedError

    def stream(self, model: Any, question: str) -> Any:
        """Ask for a stream; the texts of its pieces, in order."""
        raise NotImplementedError

    def agent(self, model: Any, question: str, tool: Callable[[str], str]) -> Any:
        """Run an agent that has a tool; the text of its last answer."""
        raise NotImplementedError

    def twice(self, model: Any, first: str, second: str) -> Any:
        """Ask, and ask again with all of the first turn; the text of the second answer."""
        raise NotImplementedError

    def structured(self, model: Any, question: str) -> Any:
        """Ask for a `Verse`."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _section(self, gloo: LocalGloo, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname.removeprefix("test_responses_")
        if name in self.lacks:
            pytest.skip(self.lacks[name])
        self.gloo = gloo
        self.page = run_responses_snippet(self.section, gloo)
        gloo.reset()

    @property
    def calls(self) -> Any:
        """What Gloo was asked, by the path that the framework takes."""
        return self.gloo.completions if self.bridged else self.gloo.responses

    def test_responses_plain(self) -> None:
        """A question is answered, on the Responses path."""
        assert QUESTION in run(self.ask(self.model(), QUESTION))
        assert self.calls[-1].json["model"] == MODEL

    def test_responses_streaming(self) -> None:
        """An answer arrives in pieces."""
        self.gloo.answer(VERSE)
        pieces = run(self.stream(self.model(), QUESTION))
        assert "".join(pieces).strip() == VERSE
        assert len([piece for piece in pieces if piece]) > 1
        assert self.calls[-1].json["stream"] is True

    def test_responses_tool_loop(self) -> None:
        """The token expires while the agent's tool runs, and nobody notices."""
        topics = []

        def verse_of_the_day(topic: str) -> str:
            """Find the verse of the day.

            Args:
                topic: what it should be about.
            """
            topics.append(topic)
            self.gloo.expire_tokens()
            return VERSE

        answer = run(self.agent(self.model(), QUESTION, verse_of_the_day))
        assert VERSE in answer
        assert len(topics) == 1
        assert len(self.gloo.exchanges) == 2

    def test_responses_second_turn(self) -> None:
        """A second turn brings all of the first along, and Gloo takes it."""
        self.gloo.answer(VERSE)
        answer = run(self.twice(self.model(), "Which verse is about joy?", QUESTION))
        assert QUESTION in answer
        assert VERSE in str(self.calls[-1].json)

    def test_responses_tradition(self) -> None:
        """A client's tradition is on the wire."""
        run(self.ask(self.model(tradition="catholic"), QUESTION))
        assert self.calls[-1].json["tradition"] == "catholic"

    def test_responses_structured(self) -> None:
        """An answer in the shape that was asked for."""
        self.gloo.answer('{"book": "Philippians", "chapter": 4}')
        assert run(self.structured(self.model(), "Which verse?")) == Verse(
            book="Philippians", chapter=4
        )

    def test_responses_structured_prose(self) -> None:
        """Prose where a shape was asked for is an error, and no empty answer."""
        for _ in range(9):
            self.gloo.answer("Rejoice, as the letter says.")
        with pytest.raises(Exception):  # noqa: B017, PT011 - each framework has its own
            run(self.structured(self.model(), "Which verse?"))
