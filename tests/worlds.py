"""One description of a behaviour for three worlds: threads, asyncio tasks and trio tasks."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import anyio
import anyio.from_thread

import gloo_openai
from gloo_openai.http_libraries import SDK_LIBRARY


class World:
    """Runs calls on a client of one kind; everything in one event loop, if there is one."""

    def __init__(self, name: str, library: ModuleType, portal: Any) -> None:
        self.name = name
        self.http_library = library
        self.is_async = portal is not None
        self._portal = portal
        self._clients: list[Any] = []

    def client(self, **options: Any) -> Any:
        """A Gloo client of this world; it is closed when the test ends."""
        kind = gloo_openai.AsyncGlooOpenAI if self.is_async else gloo_openai.GlooOpenAI
        if self.http_library is not SDK_LIBRARY and "http_client" not in options:
            options["http_client"] = self.http()
        return self.adopt(kind(**options))

    def openai(self, **options: Any) -> Any:
        """A plain SDK client of this world."""
        import openai

        kind = openai.AsyncOpenAI if self.is_async else openai.OpenAI
        if self.http_library is not SDK_LIBRARY and "http_client" not in options:
            options["http_client"] = self.http()
        return self.adopt(kind(**options))

    def http(self, **options: Any) -> Any:
        """An HTTP client of this world's library."""
        kind = self.http_library.AsyncClient if self.is_async else self.http_library.Client
        return self.adopt(kind(**options))

    def adopt(self, client: Any) -> Any:
        """Have a client closed when the test ends."""
        self._clients.append(client)
        return client

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of a client and wait for its result."""
        if not self.is_async:
            return function(*args, **kwargs)

        async def run() -> Any:
            result = function(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return self._portal.call(run)

    def read(self, stream: Any) -> list[Any]:
        """Every item of a stream, read to its end."""

        async def run() -> list[Any]:
            return [item async for item in stream]

        return self._portal.call(run) if self.is_async else list(stream)

    def stream(self, function: Callable[..., Any], **kwargs: Any) -> list[Any]:
        """Call with `stream=True` and read to the end."""
        return self.read(self.call(function, stream=True, **kwargs))

    def together(self, count: int, function: Callable[..., Any], **kwargs: Any) -> list[Any]:
        """That many calls at once: their results, or the exceptions they ended with."""
        if not self.is_async:
            with ThreadPoolExecutor(count) as pool:
                futures = [pool.submit(function, **kwargs) for _ in range(count)]
            return [future.exception() or future.result() for future in futures]

        async def run() -> list[Any]:
            results: list[Any] = [None] * count

            async def one(index: int) -> None:
                try:
                    results[index] = await function(**kwargs)
                except Exception as error:  # noqa: BLE001 - it is a result here
                    results[index] = error

            async with anyio.create_task_group() as group:
                for index in range(count):
                    group.start_soon(one, index)
            return results

        return self._portal.call(run)

    def close(self) -> None:
        """Close every client that the test made."""
        for client in reversed(self._clients):
            self.call(client.aclose if hasattr(client, "aclose") else client.close)


@contextmanager
def open_world(name: str, library: ModuleType) -> Iterator[World]:
    """A world by name: `sync`, `asyncio` or `trio`."""
    if name == "sync":
        world = World(name, library, None)
        yield world
        world.close()
        return
    with anyio.from_thread.start_blocking_portal(name) as portal:
        world = World(name, library, portal)
        yield world
        world.close()


@functools.cache
def libraries() -> tuple[ModuleType, ...]:
    """The HTTP libraries to test on: the SDK's own, and in CI the other one if it takes that too.

    `make test` leaves the other one to CI, to stay short.
    """
    import openai

    version = tuple(int(part) for part in openai.__version__.split(".")[:2])
    both = version >= (2, 47) and os.environ.get("HTTP_LIBRARIES") == "all"
    found = [SDK_LIBRARY]
    other = "httpx" if SDK_LIBRARY.__name__ == "httpx2" else "httpx2"
    if both and importable(other):
        found.append(__import__(other))
    return tuple(found)


def importable(name: str) -> bool:
    """Whether a module is installed."""
    import importlib.util

    return name in sys.modules or importlib.util.find_spec(name) is not None
