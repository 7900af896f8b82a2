"""Work beside the caller, and word from elsewhere: threads, asyncio and trio."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

import sniffio

T = TypeVar("T")

_tasks: set[asyncio.Task[None]] = set()
"""Event loops hold their tasks weakly (documentation of `asyncio.create_task`)."""


def run_within(work: Callable[[], T], deadline: float) -> T | None:
    """Do the work until a moment of `time.monotonic`; None if it is not done by then.

    It is done on a thread of its own, since a thread cannot leave a read that goes on and on: it is
    left there, and ended by an exception. Where there are no threads it is done here, without a
    bound.

    Raises:
        BaseException: what the work raises.
    """
    errand = _Errand(work)
    try:
        errand.start()
    except RuntimeError:  # no threads (WebAssembly), or no more of them
        return work()
    try:
        wait_for([errand.ended], max(deadline - time.monotonic(), 0))
    finally:
        errand.give_up()
    return errand.ended.result() if errand.ended.done() else None


class _Errand(Generic[T]):
    """Work on a thread of its own that can be given up."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.ended: Future[T] = Future()
        self._work: Callable[[], T] = partial(copy_context().run, work)
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="gloo-openai-exchange", daemon=True)

    def start(self) -> None:
        """Raises `RuntimeError` where no thread can be started."""
        self._thread.start()

    def give_up(self) -> None:
        """Have it end: a timeout is raised in it as soon as it runs Python again."""
        # Under the guard the thread is still there, and its id nobody else's.
        with self._guard:
            if not self.ended.done() and self._thread.ident is not None:
                _raise_in(self._thread.ident, TimeoutError)

    def _run(self) -> None:
        with suppress(TimeoutError):  # of `give_up`, should it come that late
            try:
                result = self._work()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                with self._guard:
                    self.ended.set_exception(error)
            else:
                with self._guard:
                    self.ended.set_result(result)


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    with suppress(ImportError, AttributeError):  # CPython has it; elsewhere the thread runs out
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def start_thread(work: Callable[[], None]) -> None:
    """Do the work, which must not raise, in a thread that does not keep the process alive."""
    try:
        threading.Thread(target=work, name="gloo-openai-refresh", daemon=True).start()
    except RuntimeError:  # no threads (WebAssembly), or no more of them
        work()


def start_task(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the work, which must not raise, on the current event loop for as long as that runs."""
    if _on_trio():
        import trio

        trio.lowlevel.spawn_system_task(work)
    else:
        task = asyncio.get_running_loop().create_task(work())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


def on_this_loop(callback: Callable[[], object]) -> Callable[[], None]:
    """A function that runs the callback on the current event loop, called from any thread."""
    if _on_trio():
        import trio

        schedule: Callable[[Callable[[], object]], object] = (
            trio.lowlevel.current_trio_token().run_sync_soon
        )
    else:
        schedule = asyncio.get_running_loop().call_soon_threadsafe

    def wake() -> None:
        # The loop may have ended since; then nobody waits there any more.
        with suppress(RuntimeError):
            schedule(callback)

    return wake


def _on_trio() -> bool:
    """Asked of the task, not of the thread: trio may be a guest of an asyncio loop, or its host."""
    return sniffio.current_async_library() == "trio"
