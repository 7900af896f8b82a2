"""The main job, end to end: `make demo`.

Plain, streamed, model-less and grounded calls, sync with a key, and async with a client id and
secret, whose token expires in between. Talks to Gloo if there are credentials (in the environment
or a .env file; then both use those), else to a local Gloo.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from gloo_openai import AUTO, AsyncGlooOpenAI, GlooAuth, GlooOpenAI, MissingCredentialsError
from gloo_openai.testing import LocalGloo

QUESTIONS = {
    "plain": "What does Ephesians 2:8-9 mean, in one sentence?",
    "streamed": "How can I be joyful in hard times?",
    "model-less": "Who wrote the letter to the Hebrews?",
    "grounded": "How do small groups grow?",
}
# What the local Gloo answers: there is no model behind it.
ANSWERS = {
    "plain": "Salvation is a gift: received by faith, never earned by works.",
    "streamed": "Joy is not the absence of sorrow. Look for one good thing today, give thanks for "
    "it, and do not carry the hard thing alone.",
    "model-less": "Nobody knows for certain: Paul, Barnabas and Priscilla were all proposed.",
    "grounded": "Where people eat together, learn each other's names and serve their neighbours.",
}
CALLS: dict[str, dict[str, Any]] = {
    "plain": {"model": AUTO},
    "streamed": {"model_family": "anthropic", "tradition": "evangelical", "stream": True},
    "model-less": {"auto_routing": True},
    "grounded": {
        "auto_routing": True,
        "rag_publisher": os.environ.get("GLOO_DEMO_PUBLISHER", "Bezalel"),
        "sources_limit": 3,
        "include_citations": True,
    },
}
WHY = {
    "routing_mechanism": "chosen by",
    "routing_tier": "",
    "routing_confidence": "confidence",
    "tradition": "tradition",
}
PLAIN_OUTPUT = not sys.stdout.isatty() or "NO_COLOR" in os.environ


def main() -> int:
    """Run every call; the number of those that failed is the exit status."""
    exchanges = Exchanges()
    with ExitStack() as stack:
        local: LocalGloo | None = None
        try:
            key = pair = GlooAuth()
            print(f"Talking to {key.base_url}, with {key.sources['credentials']}.")
        except MissingCredentialsError:
            local = stack.enter_context(LocalGloo())
            key, pair = local_auths(local)
            print(f"No Gloo credentials were found: talking to a local Gloo on {local.origin}.")
            print(
                "Set GLOO_API_KEY to talk to Gloo itself; studio.ai.gloo.com/api-keys makes keys."
            )
        started = time.monotonic()
        print(bold("\nWith a key: nothing is exchanged."))
        failures = run_sync(key, local)
        if pair is not key:
            print(
                bold("\nWith a client id and secret: exchanged for a token, which is kept fresh.")
            )
        failures += asyncio.run(run_async(pair, local))
        took = time.monotonic() - started
    print(f"\n{2 * len(CALLS)} calls in {took:.1f} s, for {exchanges.count} token exchange(s).")
    if failures:
        print(f"{failures} of the calls failed.")
    return failures


def local_auths(local: LocalGloo) -> tuple[GlooAuth, GlooAuth]:
    """A key of the local Gloo's, and its client id and secret."""
    url = local.origin
    pair = GlooAuth(local.client_id, local.client_secret, base_url=url, env_file=None)
    return GlooAuth(api_key=local.api_key, base_url=url, env_file=None), pair


def run_sync(auth: GlooAuth, local: LocalGloo | None) -> int:
    """The four calls with `GlooOpenAI`; how many failed."""
    failures = 0
    with GlooOpenAI(auth=auth) as client:
        create: Any = client.chat.completions.create
        for name, keywords in CALLS.items():
            prepare(name, local, expire=False)
            try:
                messages = ask(name, "sync")
                answer = create(messages=messages, **keywords)
                if keywords.get("stream"):
                    shown = Streamed()
                    for chunk in answer:
                        shown.show(chunk)
                    answer = shown
                report(answer)
            except openai.OpenAIError as error:
                failures += complain(error)
    return failures


async def run_async(auth: GlooAuth, local: LocalGloo | None) -> int:
    """The four calls with `AsyncGlooOpenAI`, whose token expires twice."""
    failures = 0
    async with AsyncGlooOpenAI(auth=auth) as client:
        create: Any = client.chat.completions.create
        for name, keywords in CALLS.items():
            prepare(name, local, expire=name in ("streamed", "grounded"))
            try:
                messages = ask(name, "async")
                answer = await create(messages=messages, **keywords)
                if keywords.get("stream"):
                    shown = Streamed()
                    async for chunk in answer:
                        shown.show(chunk)
                    answer = shown
                report(answer)
            except openai.OpenAIError as error:
                failures += complain(error)
    return failures


def prepare(name: str, local: LocalGloo | None, *, expire: bool) -> None:
    """Choose the local Gloo's answer, and let its tokens expire where the demo wants it."""
    if local is None:
        return
    if expire:
        local.expire_tokens()
        print(dim("\n  · every token has just expired; the call below does not notice"))
    local.answer(ANSWERS[name])
    if CALLS[name].get("stream"):
        local.fault("completions", drip=0.015, drip_bytes=128, times=1 + expire)


def ask(name: str, kind: str) -> list[Any]:
    """Print what is called and what is asked; the messages."""
    given = ", ".join(f"{key}={value!r}" for key, value in CALLS[name].items())
    print(f"\n{bold(f'{name}, {kind}')}  {dim(f'create({given})')}")
    show_line("You", QUESTIONS[name])
    return [{"role": "user", "content": QUESTIONS[name]}]


class Streamed:
    """Prints a streamed answer as it comes, and keeps what Gloo says about it."""

    def __init__(self) -> None:
        self.model = ""
        self.model_extra: dict[str, Any] = {}
        print(f"  {'Gloo':<7}", end="", flush=True)

    def show(self, chunk: ChatCompletionChunk) -> None:
        """Print one chunk."""
        self.model = chunk.model or self.model
        self.model_extra.update(chunk.model_extra or {})
        for choice in chunk.choices or []:
            print(choice.delta.content or "", end="", flush=True)


def report(answer: ChatCompletion | Streamed) -> None:
    """Print the answer, which model gave it and why, and what it rests on."""
    if isinstance(answer, ChatCompletion):
        show_line("Gloo", answer.choices[0].message.content or "")
    else:
        print()
    extra: dict[str, Any] = answer.model_extra or {}
    why = ", ".join(
        f"{label} {extra[name]}".strip()
        for name, label in WHY.items()
        if extra.get(name) is not None
    )
    show_line("Model", f"{answer.model} ({why})" if why else answer.model)
    sources: list[dict[str, str]] = extra.get("citations") or []
    for source in sources:
        parts = (source.get(name) for name in ("item_title", "publisher", "item_url"))
        show_line("Source", ", ".join(part for part in parts if part))


def show_line(label: str, text: str) -> None:
    """One labelled paragraph, wrapped for a terminal."""
    print(textwrap.fill(text, 96, initial_indent=f"  {label:<7}", subsequent_indent=" " * 9))


def complain(error: openai.OpenAIError) -> int:
    """Say what went wrong; the demo goes on with the next call."""
    show_line("Error", f"{type(error).__name__}: {error}")
    return 1


class Exchanges(logging.Handler):
    """Counts the token exchanges and prints what the auth hook logs (it logs no secrets)."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        logger = logging.getLogger("gloo_openai")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        message = record.getMessage()
        self.count += message.startswith(("exchanged", "refreshed"))
        print(dim(f"  · auth: {message}"))


def styled(code: int) -> Callable[[str], str]:
    """A function that styles text, if this is a terminal."""
    return lambda text: text if PLAIN_OUTPUT else f"\033[{code}m{text}\033[0m"


bold, dim = styled(1), styled(2)

if __name__ == "__main__":
    sys.exit(main())
