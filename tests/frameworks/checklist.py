"""What is asked of every framework; its own file says only how the framework does each thing.

A file has a class `TestSync`, a class `TestAsync`, or both. They inherit the tests from `Checklist`
and fill in its methods, each of which may be a coroutine. The clients come from the framework's
page in docs/frameworks/: what that page shows is what runs here.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from gloo_openai import InvalidCredentialsError, RoutingMetadata, routing_metadata
from gloo_openai.testing import LocalGloo

PAGES = Path(__file__).parents[2] / "docs" / "frameworks"
QUESTION = "How can I be joyful in hard times?"
VERSE = "Rejoice in the Lord always."


class Verse(BaseModel):
    """A verse of the Bible."""

    book: str
    chapter: int


class Checklist:
    """The checks, and the methods in which a framework says how it does them."""

    section: ClassVar[str]
    """The title of its page in docs/frameworks/."""
    packages: ClassVar[tuple[str, ...]]
    """What the framework is on the package index; their versions are recorded."""
    lacks: ClassVar[dict[str, str]] = {}
    """Checks that the framework cannot pass, and why."""
    keeps_routing: ClassVar[bool] = True
    """Whether Gloo's routing metadata can be found in the framework's own answer."""

    plain_replays: ClassVar[bool] = False
    """Whether the plain route sends a request again after a 401: with `GlooAuth` it does."""
    pieces: ClassVar[int] = len(VERSE.split())
    """In how many pieces at least an answer of five words arrives."""
    chained: ClassVar[bool] = False
    """Whether an error's own text lacks the adapter's, which is then in its `__cause__`."""

    page: dict[str, Any]
    """The names that the page's snippet has defined."""

    def model(self, name: str, **options: Any) -> Any:
        """The framework's model object; `options` are those of `GlooOpenAI`."""
        return self.page["gloo"](name, **options)

    def ask(self, model: Any, question: str) -> Any:
        """Ask plainly; the framework's own answer."""
        raise NotImplementedError

    def text(self, answer: Any) -> str:
        """The text of what `ask` gives."""
        return str(answer)

    def stream(self, model: Any, question: str) -> Any:
        """Ask for a stream; the texts of its pieces, in order."""
        raise NotImplementedError

    def agent(self, model: Any, question: str, tool: Callable[[str], str]) -> Any:
        """Run an agent that has a tool; the text of its last answer."""
        raise NotImplementedError

    def structured(self, model: Any, question: str) -> Any:
        """Ask for a `Verse`."""
        raise NotImplementedError

    def routing(self, answer: Any) -> Any:
        """Where in an answer Gloo's metadata is, if `routing_metadata` cannot find it there."""
        return answer

    @pytest.fixture(autouse=True)
    def _section(self, gloo: LocalGloo, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname.removeprefix("test_")
        if name in self.lacks:
            pytest.skip(self.lacks[name])
        self.gloo = gloo
        self.page = run_snippet(self.section, gloo, 0)
        gloo.reset()

    def test_plain(self) -> None:
        """A question is answered."""
        assert QUESTION in self.asked(self.model("gloo-auto"))

    def test_streaming(self) -> None:
        """An answer arrives in pieces."""
        self.gloo.answer(VERSE)
        pieces = run(self.stream(self.model("gloo-auto"), QUESTION))
        assert "".join(pieces).strip() == VERSE
        assert len([piece for piece in pieces if piece]) >= self.pieces
        assert self.gloo.completions[-1].json["stream"] is True

    def test_tool_loop(self) -> None:
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

        answer = run(self.agent(self.model("gloo-auto"), QUESTION, verse_of_the_day))
        assert VERSE in answer
        assert len(topics) == 1
        bearers = [request.bearer for request in self.gloo.completions]
        # The tool's call, its result with the expired token, and that once more with a new one.
        assert bearers.count(self.gloo.tokens[-2]) >= 2
        assert [bearer for bearer, _ in groupby(bearers)] == self.gloo.tokens[-2:]
        assert len(self.gloo.exchanges) == 2

    def test_tradition(self) -> None:
        """A client's tradition is on the wire."""
        self.asked(self.model("gloo-auto", tradition="catholic"))
        assert self.sent()["tradition"] == "catholic"

    @pytest.mark.parametrize(
        ("name", "routing"),
        [
            ("gloo-auto", {"auto_routing": True}),
            ("gloo-auto-anthropic", {"model_family": "anthropic"}),
        ],
    )
    def test_pseudo_models(self, name: str, routing: dict[str, object]) -> None:
        """A pseudo model is Gloo's own routing on the wire, and no model."""
        self.asked(self.model(name))
        names = ("model", "auto_routing", "model_family")
        assert {key: self.sent()[key] for key in names if key in self.sent()} == routing

    def test_grounded(self) -> None:
        """A client's publisher makes its answers grounded."""
        self.asked(self.model("gloo-auto", rag_publisher="Bezalel", include_citations=True))
        assert self.gloo.completions[-1].path.endswith("/grounded")
        assert self.sent()["rag_publisher"] == "Bezalel"
        assert self.sent()["include_citations"] is True

    def test_structured(self) -> None:
        """An answer in the shape that was asked for."""
        verse = run(self.structured(self.model("gloo-auto"), "Which verse is about joy?"))
        assert isinstance(verse, Verse)
        assert isinstance(verse.chapter, int)

    def test_on_routing(self) -> None:
        """The client's callback hears of an answer, once."""
        seen: list[RoutingMetadata] = []
        self.asked(self.model("gloo-auto", on_routing=seen.append))
        assert [each.routing_mechanism for each in seen] == ["auto_routing"]

    def test_on_routing_streamed(self) -> None:
        """The client's callback hears of a streamed answer, once."""
        seen: list[RoutingMetadata] = []
        run(self.stream(self.model("gloo-auto", on_routing=seen.append), QUESTION))
        assert [each.routing_mechanism for each in seen] == ["auto_routing"]

    def test_own_place(self) -> None:
        """Routing metadata in the framework's own answer, where it keeps any."""
        answer = run(self.ask(self.model("gloo-auto"), QUESTION))
        found = routing_metadata(self.routing(answer))
        assert found.routing_mechanism == ("auto_routing" if self.keeps_routing else None)

    def test_wrong_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rejected credentials are reported in the adapter's own words, whoever wraps them."""
        monkeypatch.setenv("GLOO_CLIENT_SECRET", "not-the-secret")
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each framework has its own
            run(self.ask(self.model("gloo-auto"), QUESTION))
        shown: BaseException | None = caught.value
        if self.chained:
            while shown is not None and not isinstance(shown, InvalidCredentialsError):
                shown = shown.__cause__ or shown.__context__
        assert "rejected the client credentials" in str(shown)
        assert "GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in the environment" in str(shown)

    def test_plain_route(self) -> None:
        """With a base URL and a callable key each request asks for a token."""
        page = run_snippet(self.section, self.gloo, 1)
        first = page["auth"].token()
        page["auth"].invalidate()
        assert QUESTION in self.asked(page["model"])
        assert self.gloo.completions[-1].bearer == self.gloo.tokens[-1] != first

    def test_plain_route_replay(self) -> None:
        """What the plain route lacks: with a callable key a 401 within a token's life is final."""
        page = run_snippet(self.section, self.gloo, 1)
        page["auth"].token()
        self.gloo.expire_tokens()
        if self.plain_replays:
            assert QUESTION in self.asked(page["model"])
            return
        with pytest.raises(Exception, match=r"401|Invalid Token"):
            run(self.ask(page["model"], QUESTION))

    def asked(self, model: Any) -> str:
        """The text of the answer to a plain question."""
        return self.text(run(self.ask(model, QUESTION)))

    def sent(self) -> Any:
        """The body of the last completion that was asked for."""
        return self.gloo.completions[-1].json


def run(value: Any) -> Any:
    """The value, awaited in an event loop of its own if it has to be."""
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def run_snippet(section: str, gloo: LocalGloo, number: int) -> dict[str, Any]:
    """The names that one of the snippets of the page with this title defines."""
    block = _blocks(_page(section).partition(RESPONSES)[0])
    if number >= len(block):
        pytest.skip("the framework takes no callable key")
    return _run(block[number], section, gloo)


def run_responses_snippet(section: str, gloo: LocalGloo) -> dict[str, Any]:
    """The names that a page's snippet about the Responses API defines."""
    return _run(_blocks(_page(section).partition(RESPONSES)[2])[0], section, gloo)


RESPONSES = "\nThe Responses API"
"""What begins the part of a page that is about it."""


def _page(title: str) -> str:
    texts = (path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    return next(text for text in texts if text.startswith(f"# {title}\n"))


def _blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


def _run(block: str, section: str, gloo: LocalGloo) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    code = block.replace("https://platform.ai.gloo.com", gloo.origin)
    # Not with this file's way of annotations: some frameworks read them.
    exec(compile(code, f"docs/frameworks/, {section}", "exec", dont_inherit=True), names)
    return names
