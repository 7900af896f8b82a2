"""Every form of call that a tracer may see, on a Gloo client and on a plain one, and every failure.

The plain client names a model and a family in its URL where the Gloo client needs neither: what it
gets, and what a tracer shows of it, is the measure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openai import AsyncStream, Stream
from pydantic import BaseModel

from gloo_openai import AUTO, auto_model
from gloo_openai.testing import LocalGloo

from ..forms import helped, streaming_response_of
from ..worlds import World

MODEL = "gloo-openai-gpt-5.2"
EMBEDDER = "gloo-baai-bge-base-en-v1.5"
QUESTION = "How can I be joyful in hard times?"
WORD = "Rejoicing"
"""What every answer says, and no question."""
MESSAGES = [{"role": "user", "content": QUESTION}]
COUNTED = {"stream_options": {"include_usage": True}}


class Verse(BaseModel):
    """A shape for `parse`."""

    book: str


@dataclass(frozen=True)
class Got:
    """What the caller of a form got, to be found in the tracer's span."""

    text: str
    model: str
    tokens: tuple[int, int]
    whole: bool = True
    """Whether the caller of a stream has got one, and nothing that stands in for it."""


def completion(answer: Any) -> Got:
    """What a completion says."""
    usage = answer.usage
    text = answer.choices[0].message.content
    return Got(text, answer.model, (usage.prompt_tokens, usage.completion_tokens))


def chunks(world: World, stream: Any) -> Got:
    """What a stream's chunks say."""
    whole = isinstance(stream, (Stream, AsyncStream)) or hasattr(stream, "routing")
    read = world.read(stream)
    text = "".join(c.choices[0].delta.content or "" for c in read if c.choices)
    usage = next(c.usage for c in reversed(read) if c.usage)
    model = next(chunk.model for chunk in read if chunk.model)  # citations come before it
    return Got(text, model, (usage.prompt_tokens, usage.completion_tokens), whole)


def response(answer: Any) -> Got:
    """What a response says."""
    usage = answer.usage
    return Got(answer.output_text, answer.model, (usage.input_tokens, usage.output_tokens))


def events(world: World, stream: Any) -> Got:
    """What the events of a response's stream say."""
    whole = isinstance(stream, (Stream, AsyncStream)) or hasattr(stream, "routing")
    final = response(world.read(stream)[-1].response)
    return Got(final.text, final.model, final.tokens, whole)


def create(world: World, client: Any, **asked: Any) -> Got:
    return completion(world.call(client.chat.completions.create, **asked))


def stream(world: World, client: Any, **asked: Any) -> Got:
    create = client.chat.completions.create
    return chunks(world, world.call(create, stream=True, **COUNTED, **asked))


def parse(world: World, client: Any, **asked: Any) -> Got:
    return completion(world.call(client.chat.completions.parse, response_format=Verse, **asked))


def helper(world: World, client: Any, **asked: Any) -> Got:
    return completion(helped(world, client, **COUNTED, **asked))


def raw(world: World, client: Any, **asked: Any) -> Got:
    raw = world.call(client.chat.completions.with_raw_response.create, **asked)
    return completion(raw.parse())


def raw_stream(world: World, client: Any, **asked: Any) -> Got:
    create = client.chat.completions.with_raw_response.create
    return chunks(world, world.call(create, stream=True, **COUNTED, **asked).parse())


def streaming_response(world: World, client: Any, **asked: Any) -> Got:
    return completion(streaming_response_of(world, client, **asked))


def responses(world: World, client: Any, *, model: str, **_: Any) -> Got:
    return response(world.call(client.responses.create, model=model, input=QUESTION))


def responses_stream(world: World, client: Any, *, model: str, **_: Any) -> Got:
    create = client.responses.create
    return events(world, world.call(create, model=model, input=QUESTION, stream=True))


def embeddings(world: World, client: Any, **_: Any) -> Got:
    answer = world.call(client.embeddings.create, model=EMBEDDER, input=QUESTION)
    return Got("", answer.model, (answer.usage.prompt_tokens, 0))


@dataclass(frozen=True)
class Form:
    """One form of call."""

    call: Callable[..., Got]
    asked: dict[str, Any] = field(default_factory=lambda: {"model": MODEL})
    """The keywords of the Gloo client's call; the plain client names the model."""
    model: str = MODEL
    """What a tracer is to show as the model that was asked for."""
    family: str = ""
    """The end of the plain client's base URL."""
    extra_body: dict[str, Any] = field(default_factory=dict)
    """What the plain client needs for the same."""
    answer: str = f"{WORD} always."
    told: int = 1
    """How often `on_routing` hears of it."""

    def ours(self, world: World, client: Any) -> Got:
        """The call on a Gloo client."""
        return self.call(world, client, messages=MESSAGES, **self.asked)

    def plain(self, world: World, client: Any) -> Got:
        """The same on a plain client."""
        extra = {"extra_body": self.extra_body} if self.extra_body else {}
        return self.call(world, client, messages=MESSAGES, model=MODEL, **extra)


GROUNDED = {"rag_publisher": "Bezalel", "include_citations": True}
FORMS = {
    "create": Form(create),
    "stream": Form(stream),
    "parse": Form(parse, answer=f'{{"book": "{WORD}"}}'),
    "helper": Form(helper),
    "auto": Form(create, {"auto_routing": True, "tradition": "catholic"}, AUTO),
    "auto_stream": Form(stream, {"auto_routing": True}, AUTO),
    "family": Form(create, {"model_family": "anthropic"}, auto_model("anthropic")),
    "grounded": Form(create, {"model": MODEL, **GROUNDED}, family="/grounded", extra_body=GROUNDED),
    "grounded_stream": Form(
        stream, {"model": MODEL, **GROUNDED}, family="/grounded", extra_body=GROUNDED
    ),
    "raw": Form(raw),
    "raw_stream": Form(raw_stream),
    "streaming_response": Form(streaming_response),
    "responses": Form(responses),
    "responses_stream": Form(responses_stream),
    "embeddings": Form(embeddings, model=EMBEDDER, family="/direct", told=0),
}

BEGUN = {"choices": [{"index": 0, "delta": {"content": "Rejo"}, "finish_reason": None}]}
BROKEN = {
    "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}],
    "error": {"code": 3001, "type": "internal_error", "message": "Streaming error occurred"},
}


def refuse(gloo: LocalGloo, status: int, **body: Any) -> None:
    gloo.fault("/chat/completions", status=status, body=body, times=None)


FAILURES: dict[str, tuple[Callable[..., Got], Callable[[LocalGloo], object]]] = {
    "401": (create, lambda gloo: refuse(gloo, 401, error="Invalid Token", code="unauthorized")),
    "404": (create, lambda gloo: refuse(gloo, 404, detail="Not Found")),
    "429": (create, lambda gloo: refuse(gloo, 429, error="Slow down", code="too_many_requests")),
    "blocked": (create, lambda gloo: gloo.refuse(403)),
    "mid_stream": (stream, lambda gloo: gloo.answer(chunks=[BEGUN, BROKEN], done=False)),
    "cut_stream": (stream, lambda gloo: gloo.fault("/chat/completions", drop_after=300)),
}
"""The form, and what is done to Gloo before it is called."""
