"""mem0: its model, its embedder, and memories that are kept with both."""

from __future__ import annotations

import json
import os
import tempfile

os.environ["MEM0_TELEMETRY"] = "false"
os.environ["MEM0_DIR"] = tempfile.mkdtemp()  # else its history is in the home directory

from typing import Any, ClassVar

from mem0 import AsyncMemory

from gloo_openai.testing import LocalGloo

from .checklist import Checklist, run


class TestSync(Checklist):
    """`Memory`."""

    section = "mem0"
    packages = ("mem0ai",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "mem0 has no streams",
        "on_routing_streamed": "mem0 has no streams",
        "tool_loop": "mem0 has no agent loop",
        "structured": "mem0 reads JSON by itself",
    }

    def ask(self, model: Any, question: str) -> Any:
        return model.llm.generate_response([{"role": "user", "content": question}])

    def test_memories(self, gloo: LocalGloo) -> None:
        """What was said becomes a memory, by the model, and is found again, by the embedder."""
        memory = self.model("gloo-auto", tradition="catholic")
        learnt = {"id": "0", "text": "Finds joy in singing.", "attributed_to": "user"}
        gloo.answer(json.dumps({"memory": [learnt]}))
        added = run(memory.add("I find joy in singing.", user_id="anna"))
        assert [each["memory"] for each in added["results"]] == ["Finds joy in singing."]
        assert self.sent()["tradition"] == "catholic"
        found = run(memory.search("Finds joy in singing.", filters={"user_id": "anna"}))
        assert [each["memory"] for each in found["results"]] == ["Finds joy in singing."]
        embedded = [each for each in gloo.requests if each.path == "/ai/v2/direct/embeddings"]
        assert embedded
        assert {each.json["model"] for each in embedded} == {"gloo-baai-bge-base-en-v1.5"}
        assert len(gloo.exchanges) == 1


class TestAsync(TestSync):
    """`AsyncMemory`, whose model and embedder are the same."""

    def model(self, name: str, **options: Any) -> Any:
        return self.page["gloo"](name, kind=AsyncMemory, **options)
