"""The snippets of docs/tracing.md: what that page shows is what runs here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "tracing.md"


def run_snippet(section: str) -> dict[str, Any]:
    """Run what a section of the page shows; the names that it defines."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index(f"\n## {section}\n") :].split("\n## ", 2)[1]
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in re.findall(r"^```python\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
        exec(compile(block, f"{PAGE}, {section}", "exec"), names)
    return names
