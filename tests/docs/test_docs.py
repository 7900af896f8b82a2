"""Every Python snippet of the README and of docs/ runs, page by page, against a local Gloo."""

from __future__ import annotations

import gc
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

ROOT = Path(__file__).parents[2]
# The pages of frameworks and tracers run in environments of their own.
ELSEWHERE = ("frameworks", "tracing")
OTHERS = [p for p in (ROOT / "docs").glob("**/*.md") if not {p.parent.name, p.stem} & {*ELSEWHERE}]
PAGES = [ROOT / "README.md", *sorted(OTHERS)]
NEEDS = re.compile(r"<!-- needs: ([\w, ]+) -->")
"""In a page: the modules that its snippets need and `make test` does not install."""
PAIR = "<!-- credentials: a client id and secret -->"
"""In a page: its snippets are about tokens, so there is no key, which would be used before them."""
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


# A page shows scripts, which leave their clients to the interpreter's end.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_of_a_page_run_in_order(
    page: Path, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snippets of a page share one namespace; their tests are called as pytest would."""
    if PAIR not in page.read_text(encoding="utf-8"):
        monkeypatch.setenv("GLOO_API_KEY", gloo.api_key)
    for name in NEEDS.findall(page.read_text(encoding="utf-8")):
        for module in name.split(", "):
            pytest.importorskip(module, reason=f"the page needs {module}, which is not installed")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    text = page.read_text(encoding="utf-8").replace("https://platform.ai.gloo.com", gloo.origin)
    # Pages say httpx for either library; the SDK brings one of them.
    for code in snippets(re.sub(r"\bhttpx\b", SDK_LIBRARY.__name__, text)):
        exec(compile(code, str(page), "exec"), namespace)
        for name in re.findall(r"^def (test_\w+)", code, re.MULTILINE):
            call_as_pytest_would(namespace[name], gloo)
    namespace.clear()
    gc.collect()  # what the page has left ends here, and not in another test


def test_the_readme_and_the_migration_guide_have_snippets() -> None:
    """The test above would pass on a page whose snippets are not found."""
    for page in (ROOT / "README.md", ROOT / "docs" / "migration.md"):
        assert len(snippets(page.read_text(encoding="utf-8"))) >= 5, page


def snippets(text: str) -> list[str]:
    """The Python blocks, each on the line numbers it has in its page, for tracebacks."""
    return ["\n" * (text[: m.start()].count("\n") + 1) + m[1] for m in BLOCK.finditer(text)]


def call_as_pytest_would(test: Callable[..., None], gloo: LocalGloo) -> None:
    """Call a test of a page, with a local Gloo as good as new and what else it asks for."""
    gloo.reset()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(gloo, "models", [*gloo.models])
        monkeypatch.setattr(gloo, "static_keys", {*gloo.static_keys})
        fixtures = {"local_gloo": gloo, "monkeypatch": monkeypatch}
        test(**{name: fixtures[name] for name in inspect.signature(test).parameters})
