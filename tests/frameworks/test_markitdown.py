"""MarkItDown, which asks a model what is in a picture."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any, ClassVar

from markitdown import StreamInfo

from .checklist import Checklist

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


class TestSync(Checklist):
    """`convert_stream` of a picture, with a question as the prompt."""

    section = "MarkItDown"
    packages = ("markitdown",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "streaming": "MarkItDown has no streams",
        "on_routing_streamed": "MarkItDown has no streams",
        "tool_loop": "MarkItDown has no agent loop",
        "structured": "MarkItDown makes Markdown",
    }

    def ask(self, model: Any, question: str) -> Any:
        picture = StreamInfo(extension=".png", mimetype="image/png")
        converted = model.convert_stream(BytesIO(PIXEL), stream_info=picture, llm_prompt=question)
        return converted.markdown

    def test_the_picture_is_sent(self) -> None:
        """The model sees the picture, and what it says is in the document."""
        self.gloo.answer("A window of stained glass.")
        assert "A window of stained glass." in self.asked(self.model("gloo-openai-gpt-5-mini"))
        [said] = self.sent()["messages"]
        urls = [part["image_url"]["url"] for part in said["content"] if "image_url" in part]
        assert urls == [f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"]
