"""The documentation site: Sphinx, pages in Markdown, the reference from the docstrings."""

from typing import Any

import gloo_openai
from gloo_openai import signatures

# A page says `**options`, and what the options are in words; the sixty keywords are for `help()`.
signatures.signed = lambda *_sources: lambda function: function
signatures.ClassSignature = lambda *_sources: None

project = "gloo-openai"
author = "the gloo-openai authors"
copyright = author  # noqa: A001 - Sphinx's name for it
release = version = gloo_openai.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
]
copybutton_prompt_text = "$ "  # of a session only what was typed is copied
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

smartquotes_action = "qe"  # quotes and ellipses; two hyphens begin an option

html_theme = "furo"
html_title = "gloo-openai"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0f6b5c", "color-brand-content": "#0f6b5c"},
    "dark_css_variables": {"color-brand-primary": "#5fd0bb", "color-brand-content": "#5fd0bb"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

default_role = "literal"  # docstrings are Markdown where it matters: `code`
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
napoleon_numpy_docstring = False

# The site is built offline, so names of other projects cannot be resolved; our own must be.
nitpick_ignore_regex = [
    (r"py:.*", r"(openai|httpx2?|pydantic|decimal|typing|collections|os|threading)\..*"),
    (r"py:.*", r"(NotGiven|PathLike|Callable|Decimal|Omit|Self|Unpack|Choice|ChatCompletion\w*)"),
    (r"py:.*", r"(Async)?(Stream|OpenAI)(\[.*)?|OpenAIError|APIConnectionError|.*\.OpenAIError"),
    # The keywords of the clients are told in their docstrings, those of a call by the SDK.
    (r"py:.*", r"(Async)?(Client|Copy)Options|\w*Parameters|Messages|T|completion_create_params.*"),
    (r"py:.*", r"gloo_openai\.auth\.values\..*|SecretOrText|Vault|EnvFile|Gloo(Web|Resp|Embed)\w+"),
    (r"py:.*", r"Async\w+|GlooModelPage|GlooChatCompletionStreamManager"),
    (r"py:.*", r"gloo_openai\.testing\.(answers|wire)\..*|str \| bytes .*|Headers"),
]


COLON, STAND_IN = ":", "\ua789"


def setup(app: Any) -> None:
    """Napoleon takes `A placeholder: the bearer is …` of a property for a type and its text."""
    app.connect("autodoc-process-docstring", replaced(COLON, STAND_IN), priority=100)
    app.connect("autodoc-process-docstring", replaced(STAND_IN, COLON), priority=900)


def replaced(old: str, new: str) -> Any:
    def replace(_app: Any, what: str, *arguments: Any) -> None:
        if what in ("property", "attribute", "data"):
            arguments[-1][:] = [line.replace(old, new) for line in arguments[-1]]

    return replace
