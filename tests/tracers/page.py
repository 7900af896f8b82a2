"""The snippets of docs/tracing.md: what that page shows is what runs here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "tracing.md"


def run_snippet(
    section: str, replaced: Mapping[str, str] | None = None, **names: Any
) -> dict[str, Any]:
    """Run what a section of the page shows, with what it leaves open; the names that it defines."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index(f"\n## {section}\n") :].split("\n## ", 2)[1]
    names["__name__"] = "__main__"
    for block in re.findall(r"^```python\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
        code = block
        for shown, meant in (replaced or {}).items():
            code = code.replace(shown, meant)
        exec(compile(code, f"{PAGE}, {section}", "exec"), names)
    return names
