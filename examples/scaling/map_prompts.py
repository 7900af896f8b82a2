"""Answer a file of prompts on several worker processes, or machines, with Dask distributed.

    python map_prompts.py prompts.jsonl answers.jsonl --workers 4 --threads 8

Stop it (Ctrl-C) and run it again as often as you like: it goes on with what is not answered yet.
Each line of the prompts is an object with an `id` and a `prompt`; its other fields are keywords of
`chat.completions.create`, such as `model` or `tradition`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import dask
import openai
from answers_file import AnswersFile
from distributed import Client, LocalCluster, WorkerPlugin, as_completed, get_worker

from gloo_openai import AUTO, GlooAuth, GlooOpenAI, InvalidCredentialsError, MissingCredentialsError

Prompt = dict[str, Any]


class OneClient(WorkerPlugin):  # type: ignore[misc]  # Dask's class has no types
    """Gives each worker process one client, whose token all its threads share.

    Credentials are read where the worker runs, from its environment: none travels through Dask.
    """

    def setup(self, worker: Any) -> None:
        """Called by Dask when a worker starts, also one that replaces a dead one."""
        worker.gloo = GlooOpenAI(max_retries=5)
        # Ctrl-C reaches every process of a terminal; workers finish what they are asked to.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def answer(prompt: Prompt) -> dict[str, Any]:
    """Answer one prompt; runs on a worker. What failed is said in words, which always travel."""
    options = {name: value for name, value in prompt.items() if name not in ("id", "prompt")}
    if not {"model", "auto_routing", "model_family"} & set(options):
        options["model"] = AUTO
    messages = [{"role": "user", "content": prompt["prompt"]}]
    try:
        completion = get_worker().gloo.chat.completions.create(messages=messages, **options)
    except openai.OpenAIError as error:
        hopeless = isinstance(error, InvalidCredentialsError)
        return {"id": prompt["id"], "error": f"{type(error).__name__}: {error}", "stop": hopeless}
    return {
        "id": prompt["id"],
        "answer": completion.choices[0].message.content,
        "model": completion.model,
        "citations": [source.to_dict() for source in completion.citations],
    }


class Run:
    """One run over what is left: hands prompts out, writes answers down, shows how far it is."""

    def __init__(self, client: Client, answers: AnswersFile, prompts: list[Prompt]) -> None:
        self._client = client
        self._answers = answers
        self._total = len(prompts)
        self._left = iter([prompt for prompt in prompts if prompt["id"] not in answers.ids])
        self.failed = 0
        self._shown_at = 0.0
        self.stopped = False

    def stop(self, *_signal: object) -> None:
        """Hand out no more prompts. Those under way are finished; a second Ctrl-C drops them."""
        self.stopped = True
        os.write(2, b"\nstopping: the calls under way are finished\n")  # print may be busy
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def complete(self) -> bool:
        """Answer what is left; whether every prompt has its answer now."""
        slots = sum(self._client.nthreads().values())
        # A few more than there are threads: a file of a million prompts is not a million futures.
        under_way = as_completed(self._submit(2 * slots), with_results=True, raise_errors=False)
        for future, result in under_way:
            self._take(future, result)
            for next_future in self._submit(1):
                under_way.add(next_future)
        self._show(end="\n")
        return len(self._answers.ids) == self._total

    def _submit(self, count: int) -> Iterator[Any]:
        if not self.stopped:
            for prompt in islice(self._left, count):
                yield self._client.submit(answer, prompt, key=f"prompt-{prompt['id']}", pure=False)

    def _take(self, future: Any, result: Any) -> None:
        if future.status != "finished":  # its worker died again and again, or the code is wrong
            result = {"id": future.key.removeprefix("prompt-"), "error": repr(future.exception())}
        if "error" in result:
            self.failed += 1
            self.stopped = self.stopped or result.get("stop", False)
            print(f"\n{result['id']}: {result['error']}", file=sys.stderr)
        else:
            self._answers.append(result)
        # A result that somebody holds is computed again when its worker goes, and paid for again.
        future.release()
        self._show()

    def _show(self, end: str = "") -> None:
        terminal = sys.stderr.isatty()
        if end or time.monotonic() - self._shown_at > (0.1 if terminal else 5):
            self._shown_at = time.monotonic()
            line = f"{len(self._answers.ids)} of {self._total} answered, {self.failed} failed"
            print(f"\r{line}" if terminal else line, end=end if terminal else "\n", file=sys.stderr)


def read_prompts(path: Path) -> list[Prompt]:
    """The prompts of a file, in its order."""
    prompts: list[Prompt] = [json.loads(line) for line in path.read_text().splitlines() if line]
    if len({prompt["id"] for prompt in prompts}) < len(prompts):
        raise SystemExit(f"{path}: two prompts have the same id.")
    return prompts


def check_credentials() -> None:
    """Say here, and not in every worker, that there are none."""
    try:
        GlooAuth()
    except MissingCredentialsError as error:
        raise SystemExit(str(error)) from None


def local_cluster(given: argparse.Namespace) -> LocalCluster:
    """Worker processes on this machine. One that dies is replaced, however long that takes:
    Dask's default gives it up after 15 seconds, which a busy machine can need."""
    dask.config.set({"distributed.deploy.lost-worker-timeout": "1 day"})
    return LocalCluster(
        n_workers=given.workers, threads_per_worker=given.threads, dashboard_address=None
    )


def main() -> int:
    """0: every prompt is answered. 1: some failed; run again to try them again. 130: stopped."""
    parser = argparse.ArgumentParser(description="Answer a file of prompts.")
    parser.add_argument("prompts", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--workers", type=int, default=4, help="processes on this machine")
    parser.add_argument("--threads", type=int, default=8, help="calls at once in each of them")
    parser.add_argument("--scheduler", help="of a running Dask cluster, such as tcp://host:8786")
    given = parser.parse_args()
    prompts = read_prompts(given.prompts)
    if not given.scheduler:
        check_credentials()
    with AnswersFile(given.answers) as answers:
        cluster = nullcontext(given.scheduler) if given.scheduler else local_cluster(given)
        # The client closes first: what it still held is released before any worker goes.
        with cluster as where, Client(where) as client:
            client.register_plugin(OneClient())
            run = Run(client, answers, prompts)
            signal.signal(signal.SIGINT, run.stop)
            signal.signal(signal.SIGTERM, run.stop)
            complete = run.complete()
    return 0 if complete else 130 if run.stopped and not run.failed else 1


if __name__ == "__main__":
    sys.exit(main())
