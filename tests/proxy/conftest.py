"""The proxy as a process, and plain OpenAI clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import openai
import pytest

from gloo_openai.http_libraries import SDK_LIBRARY
from gloo_openai.testing import LocalGloo

from ..cli.processes import Finished, Running
from ..conftest import pair_of

KEY = "the-key-of-the-proxy"


@dataclass
class Proxy:
    """A running `gloo-openai proxy`."""

    process: Running
    port: int
    stack: ExitStack

    @property
    def url(self) -> str:
        """What a client takes as base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def client(self, **options: object) -> openai.OpenAI:
        """OpenAI's own client, which knows nothing of Gloo."""
        made = openai.OpenAI(base_url=self.url, api_key=KEY, **options)  # type: ignore[arg-type]  # a mapping of any options
        return self.stack.enter_context(made)

    def http(self, *, key: str | None = KEY, **headers: str):  # type: ignore[no-untyped-def]  # the client of either library
        """A bare HTTP client."""
        authorization = {"authorization": f"Bearer {key}"} if key else {}
        made = SDK_LIBRARY.Client(base_url=self.url, headers={**authorization, **headers})
        return self.stack.enter_context(made)

    def end(self) -> Finished:
        """SIGTERM; how it ended."""
        return self.process.end()


def started(stack: ExitStack, *options: str) -> Proxy:
    """A proxy with these options, in front of the Gloo that the environment names."""
    process = stack.enter_context(Running("proxy", "--port", "0", "--key", KEY, *options))
    process.out.until("http://127.0.0.1:")
    port = int(process.out.until("/").removesuffix("/"))
    return Proxy(process, port, stack)


def asked(gloo: LocalGloo) -> list[str]:
    """What Gloo was asked for, but for the token that the proxy fetches when it starts."""
    return [seen.path for seen in gloo.requests if seen.path != "/oauth2/token"]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[LocalGloo, Proxy]]:
    """A local Gloo with a proxy before it, for all tests of a file: a process takes its time."""
    with LocalGloo() as gloo, pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in pair_of(gloo).items():
            patch.setenv(name, value)
        yield gloo, started(stack)


@pytest.fixture
def gloo(shared: tuple[LocalGloo, Proxy], monkeypatch: pytest.MonkeyPatch) -> LocalGloo:
    """The file's local Gloo as it was when it was new, but for tokens that the proxy holds."""
    gloo, _ = shared
    gloo.reset()
    for name, value in pair_of(gloo).items():
        monkeypatch.setenv(name, value)
    return gloo


@pytest.fixture
def start(gloo: LocalGloo) -> Iterator[Callable[..., Proxy]]:
    """Starts a proxy with these options in front of the local Gloo."""
    with ExitStack() as stack:
        yield partial(started, stack)


@pytest.fixture
def proxy(gloo: LocalGloo, shared: tuple[LocalGloo, Proxy]) -> Proxy:
    """The file's proxy, which has no further options and may hold a token."""
    return shared[1]


@pytest.fixture
def new_proxy(start: Callable[..., Proxy]) -> Proxy:
    """A proxy of the test's own, which holds no token yet."""
    return start()
