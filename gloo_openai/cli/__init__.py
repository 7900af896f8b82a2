"""The command line, in the extra `gloo-openai[cli]`: one file a command or a job.

`gloo-openai …` and `python -m gloo_openai …` are the same. What a user sees is described in
docs/command-line.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. `arguments` are those of the process if left out."""
    try:
        from .app import run
    except KeyboardInterrupt:  # loading takes long enough to be stopped
        return 130
    except ModuleNotFoundError as error:
        if (missing := (error.name or "").partition(".")[0]) not in (
            "click",
            "rich",
        ):  # the core does not depend on them
            raise
        sys.stderr.write(
            f"gloo-openai: the command line needs {missing}, which is not installed: "
            "pip install 'gloo-openai[cli]'\n"
        )
        return 2
    return run(sys.argv[1:] if arguments is None else arguments)
