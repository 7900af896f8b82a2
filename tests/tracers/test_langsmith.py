"""LangSmith, whose runs are kept here."""

from __future__ import annotations

import json
import os
from typing import Any, ClassVar

import requests
from langsmith import Client
from langsmith.wrappers import wrap_openai

from gloo_openai.testing import LocalGloo

from ..worlds import World
from .calls import MESSAGES, MODEL
from .checklist import Checklist, Span
from .page import run_snippet

os.environ["LANGSMITH_TRACING"] = "true"


class Kept(requests.Session):
    """What would be sent is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []

    def request(self, method: str, url: str, *_: Any, **options: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        self.bodies.append(json.loads(options.get("data") or "{}"))
        return response


kept = Kept()
langsmith = Client("http://127.0.0.1:9", api_key="none", session=kept, auto_batch_tracing=False)


class TestTracer(Checklist):
    section = "LangSmith"
    packages = ("langsmith",)
    # It wraps the client's own method from outside: what was not written in a call is not there.
    lacks: ClassVar[dict[str, tuple[str, ...]]] = dict.fromkeys(
        ("auto", "auto_stream", "family"), ("model",)
    )
    read: ClassVar[int] = 0

    def watched(self, client: Any) -> Any:
        return wrap_openai(client, tracing_extra={"client": langsmith})

    def spans(self) -> list[Span]:
        new, TestTracer.read = kept.bodies[self.read :], len(kept.bodies)
        return [span_of(run) for run in new if run.get("end_time")]

    def exported(self) -> str:
        return json.dumps(kept.bodies)

    def test_snippet(self, world: World, gloo: LocalGloo) -> None:
        """The page's client is one that is watched; only what was said is noted of a call."""
        page = run_snippet(self.section)
        assert hasattr(page["client"].chat.completions.create, "__wrapped__")
        client = self.watched(world.client())
        world.call(client.chat.completions.create, model=MODEL, messages=MESSAGES)
        assert set(kept.bodies[-2]["inputs"]) == {"model", "messages"}


def span_of(run: dict[str, Any]) -> Span:
    """What is shown of a call."""
    told = run["extra"]["metadata"]
    usage = told.get("usage_metadata") or {}
    outputs = run.get("outputs") or {}
    return Span(
        asked=told.get("ls_model_name"),
        answered=outputs.get("model"),
        tokens=(usage.get("input_tokens", 0), usage.get("output_tokens", 0)),
        text=json.dumps(outputs),
        error=run.get("error") or "",
    )
