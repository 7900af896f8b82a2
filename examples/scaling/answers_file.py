"""A file of answers that only grows: one JSON object a line, one line a prompt, one writer."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from typing_extensions import Self


class AnswersFile:
    """The answers so far. What `append` has returned from survives a crash of the machine.

    A line is written in one piece and synced to the disk before the next; half a line at the end,
    left by a crash in the middle of writing, is cut off when the file is opened again. A second
    writer is refused for as long as the first one lives.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with its process
        except BlockingIOError:
            self._file.close()
            raise SystemExit(f"{path} is being written by another run.") from None
        self.ids = self._read()
        """The prompts that are answered."""

    def append(self, answer: dict[str, Any]) -> None:
        """Add the answer to one prompt; nothing happens if it has one."""
        if answer["id"] in self.ids:
            return
        self._file.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.ids.add(answer["id"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()

    def _read(self) -> set[str]:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._file.truncate(len(whole))
        return {json.loads(line)["id"] for line in whole.splitlines()}
