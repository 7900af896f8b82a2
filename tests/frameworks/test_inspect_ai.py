"""Inspect, which is asynchronous; its evaluations are run as a script would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import inspect_ai
import pytest
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, ResponseSchema, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
from inspect_ai.tool import tool as as_tool
from inspect_ai.util import json_schema

from gloo_openai import GlooAuth
from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, Checklist, Verse

SAMPLE = Sample(QUESTION, target="hard times")


class TestAsync(Checklist):
    """`Model.generate`, `execute_tools`."""

    section = "Inspect"
    packages = ("inspect-ai",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "Inspect gives whole answers",
        "on_routing_streamed": "Inspect gives whole answers",
    }

    def model(self, name: str, **options: Any) -> Any:
        return get_model(f"gloo/{name.removeprefix('gloo-')}", memoize=False, **options)

    async def ask(self, model: Any, question: str) -> Any:
        return await model.generate(question)

    def text(self, answer: Any) -> str:
        return str(answer.completion)

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        @as_tool
        def verse_of_the_day() -> Any:
            async def execute(topic: str) -> str:
                """Find the verse of the day.

                Args:
                    topic: what it should be about.
                """
                return str(tool(topic))

            return execute

        messages, _ = await model.generate_loop(question, tools=[verse_of_the_day()])
        return messages[-1].text

    async def structured(self, model: Any, question: str) -> Any:
        schema = ResponseSchema(name="verse", json_schema=json_schema(Verse))
        answer = await model.generate(question, config=GenerateConfig(response_schema=schema))
        return Verse.model_validate_json(answer.completion)

    def test_an_evaluation(self, tmp_path: Path, gloo: LocalGloo) -> None:
        """A task runs, twice; its log names the model that answered, and shows no secret."""
        auth = GlooAuth()
        model = self.model("gloo-auto", tradition="catholic", auth=auth)
        task = inspect_ai.Task([SAMPLE], solver=generate(), scorer=includes())
        for _ in range(2):
            [log] = inspect_ai.eval(task, model, display="none", log_dir=str(tmp_path))
            assert log.status == "success", log.error
            assert log.results.scores[0].metrics["accuracy"].value == 1.0
            assert log.samples[0].output.model.startswith("gloo-openai-")
            shown = log.model_dump_json()
            for secret in (gloo.client_secret, gloo.tokens[-1]):
                assert secret not in shown
        assert len(gloo.exchanges) == 1

    def test_a_key(self, tmp_path: Path, gloo: LocalGloo) -> None:
        """A key of a call is used, and is in no log."""
        key = gloo.environ["GLOO_API_KEY"]
        task = inspect_ai.Task([SAMPLE], solver=generate(), scorer=includes())
        model = self.model("gloo-auto", api_key=key)
        [log] = inspect_ai.eval(task, model, display="none", log_dir=str(tmp_path))
        assert gloo.completions[-1].bearer == key
        assert key not in log.model_dump_json()

    def test_found_by_its_name(self, gloo: LocalGloo) -> None:
        """Nothing has to be imported where the package is installed, as on the command line."""
        code = (
            "import asyncio\n"
            "from inspect_ai.model import get_model\n"
            "print(asyncio.run(get_model('gloo/auto').generate('Why?')).completion)\n"
        )
        environ = {**os.environ, **gloo.environ}
        command = [sys.executable, "-c", code]
        answer = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, timeout=60
        )
        assert "You asked: Why?" in answer.stdout, answer.stderr

    @pytest.mark.parametrize("name", ["client_secret", "admin_api_key", "organization"])
    def test_what_would_be_logged_is_refused(self, name: str) -> None:
        """No secret becomes an option that Inspect writes down."""
        with pytest.raises(TypeError, match=name) as caught:
            self.model("gloo-auto", **{name: "s3cret"})
        assert "s3cret" not in str(caught.value)
