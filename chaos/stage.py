"""What a process fault plays on: a server whose first exchange is held, and callers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gloo_openai import AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from gloo_openai.testing import LocalGloo
from tests.traps import TOKEN, Clock

from .run import ASK

FOLLOWERS = 4


@dataclass
class Stage:
    """A server whose first exchange is held, and callers that share one `GlooAuth`."""

    world: str
    way: str
    gloo: LocalGloo
    hold: threading.Event = field(default_factory=threading.Event)
    ends: list[object] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.fault = self.gloo.fault(TOKEN, hold=self.hold)
        self.auth = GlooAuth(
            self.gloo.client_id,
            self.gloo.client_secret,
            base_url=self.gloo.origin,
            env_file=None,
            clock=self.clock,
        )

    def call(self, **options: Any) -> object:
        """One call in this thread and world: what came of it."""
        try:
            if self.world == "sync":
                with GlooOpenAI(auth=self.auth, **options) as client:
                    return ask(client, self.way)
            return self.on_a_loop(self.acall, options)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it is the outcome
            return error

    async def acall(self, options: Any = None) -> object:
        """`call`, awaited."""
        async with AsyncGlooOpenAI(auth=self.auth, **(options or {})) as client:
            return await aask(client, self.way)

    def on_a_loop(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Run in an event loop of this world."""
        if self.world == "asyncio":
            return asyncio.run(function(*arguments))
        import trio

        return trio.run(function, *arguments)

    def apart(self, count: int = 1) -> list[threading.Thread]:
        """So many calls, each on a thread and in an event loop of its own."""
        threads = [
            threading.Thread(target=lambda: self.ends.append(self.call()), daemon=True)
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        return threads


def ask(client: Any, way: str) -> str:
    """Ask and read the answer to its end."""
    answer = client.chat.completions.create(stream=way == "stream", **ASK)
    return "".join(chunk.id for chunk in answer) if way == "stream" else answer.id


async def aask(client: Any, way: str) -> str:
    """`ask`, awaited."""
    answer = await client.chat.completions.create(stream=way == "stream", **ASK)
    return "".join([c.id async for c in answer]) if way == "stream" else answer.id
