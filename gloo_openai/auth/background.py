"""Work beside the caller, and word from elsewhere: threads, asyncio and trio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

_tasks: set[asyncio.Task[None]] = set()
"""Event loops hold their tasks weakly (documentation of `asyncio.create_task`)."""


def start_thread(work: Callable[[], None]) -> None:
    """Do the work, which must not raise, in a thread that does not keep the process alive."""
    try:
        threading.Thread(target=work, name="gloo-openai-refresh", daemon=True).start()
    except RuntimeError:  # where there are no threads (WebAssembly), or no more of them
        work()


def start_task(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the work, which must not raise, on the current event loop for as long as that runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        trio.lowlevel.spawn_system_task(work)
    else:
        task = loop.create_task(work())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


def on_this_loop(callback: Callable[[], object]) -> Callable[[], None]:
    """A function that runs the callback on the current event loop, called from any thread."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        schedule: Callable[[Callable[[], object]], object] = (
            trio.lowlevel.current_trio_token().run_sync_soon
        )
    else:
        schedule = loop.call_soon_threadsafe

    def wake() -> None:
        # The loop may have ended since; then nobody waits there any more.
        with suppress(RuntimeError):
            schedule(callback)

    return wake
