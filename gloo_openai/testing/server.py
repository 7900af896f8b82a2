"""`LocalGloo`: Gloo's endpoints on loopback, and what a test can do to them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from typing_extensions import Self

from . import paths
from .answers import Answer, refusal
from .faults import Body, Fault, Faults, pause, wait_for
from .gloo import Gloo
from .listener import Listener
from .log import logged
from .tokens import HOUR
from .wire import Reply, SeenRequest


class LocalGloo(Gloo):
    """A Gloo AI on loopback: real HTTP, and no model behind it.

    It keeps to what is known of Gloo's protocol, not to what this package sends. Everything about
    it can be changed while it runs, from any thread.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        client_id: str = "local-client",
        client_secret: str = "local-secret",
        token_lifetime: float | None = HOUR,
        static_keys: Iterable[str] = ("sk_local",),
        done: bool = True,
        nested: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Port 0 takes a free one; `clock` is what the lives of tokens are measured on."""
        super().__init__(
            client_id=client_id,
            client_secret=client_secret,
            token_lifetime=token_lifetime,
            static_keys=static_keys,
            done=done,
            nested=nested,
            clock=clock,
        )
        self.requests: list[SeenRequest] = []
        """Every request so far, in the order of arrival."""
        self._faults = Faults()
        self._listener = Listener("127.0.0.1", port, partial(logged, respond=self._respond))

    def start(self) -> Self:
        """Listen on a thread; after `stop`, on the same port again."""
        self._listener.start()
        return self

    def stop(self) -> None:
        """Cut every connection and stop listening. Nothing happens if it is not running."""
        if self._listener.is_running():
            self._listener.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<LocalGloo {self.origin}>"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as `GLOO_BASE_URL` wants them."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def base_url(self) -> str:
        """The base URL for a plain OpenAI client."""
        return f"{self.origin}/ai/v2"

    @property
    def api_key(self) -> str:
        """A static key that is good here; empty if none is."""
        return min(self.static_keys, default="")

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that point a client here, credentials of either kind.

        A key is always among them, an empty one where none is good: who has a key of their own in
        the environment does not send it here.
        """
        return {
            "GLOO_API_KEY": self.api_key,
            **({} if self.api_key else {"GLOO_AI_API_KEY": ""}),
            "GLOO_CLIENT_ID": self.client_id,
            "GLOO_CLIENT_SECRET": self.client_secret,
            "GLOO_BASE_URL": self.origin,
        }

    @property
    def completions(self) -> list[SeenRequest]:
        """The requests for chat completions, of whatever family, the refused ones included."""
        return [request for request in self.requests if request.path in paths.COMPLETIONS]

    @property
    def responses(self) -> list[SeenRequest]:
        """The requests for Responses, of whatever family, the refused ones included."""
        return [request for request in self.requests if request.path in paths.RESPONSES]

    @property
    def exchanges(self) -> list[SeenRequest]:
        """The requests for a token."""
        return [request for request in self.requests if request.path == paths.TOKEN]

    @property
    def connections(self) -> int:
        """How many TCP connections the requests came over."""
        return len({request.peer for request in self.requests})

    @property
    def tokens(self) -> list[str]:
        """The access tokens issued so far, in order."""
        return list(self._tokens.issued)

    def issue_token(self, lifetime: float | None = None) -> str:
        """A good token without an exchange, for `lifetime` seconds or for as long as the others."""
        if lifetime is None:
            lifetime = HOUR if self.token_lifetime is None else self.token_lifetime
        return self._tokens.issue(self.client_id, lifetime)

    def expire_tokens(self) -> None:
        """Refuse every token issued so far, from now on, with a 401."""
        self._tokens.expire()

    def answer(
        self,
        text: str | None = None,
        *,
        tool_calls: Sequence[Mapping[str, Any]] | None = None,
        citations: Sequence[Mapping[str, Any]] | None = None,
        finish_reason: str | None = None,
        message: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        chunks: Iterable[Mapping[str, Any] | str | bytes] | None = None,
        done: bool | None = None,
        nested: bool | None = None,
        leave_out: Collection[str] | None = None,
        **fields: Any,
    ) -> Answer:
        """Choose the next answer. More calls queue up; after them the default answer is back.

        `tool_calls` are `{"name": …, "arguments": {…}}`. `citations` are sent as they are, whether
        or not the request asked for them, but never by the Responses API. `message` adds to the
        assistant's message, `fields` to the completion or response around it (`model=`,
        `routing_tier=`, …). `body` replaces the completion or response. `chunks` replaces the
        events of a stream, whether or not the request asked for one: a mapping is an event's data,
        text and bytes go out as they are. `done` says whether this stream ends with `[DONE]`,
        `nested` whether a Responses stream has the documented form; `leave_out` are the types of
        the events that are missing from it, none for `()`.
        """
        answer = Answer(
            text=text,
            tool_calls=tool_calls,
            citations=citations,
            finish_reason=finish_reason,
            message=message or {},
            body=body,
            chunks=chunks,
            done=done,
            nested=nested,
            leave_out=leave_out,
            fields=fields,
        )
        self._answers.append(answer)
        return answer

    def refuse(self, status: Literal[200, 403] = 200) -> Answer:
        """Make the next answer a guardrail refusal.

        It is a 200 with canned text, an empty model and no routing metadata, or a 403.
        """
        answer = refusal(status)
        self._answers.append(answer)
        return answer

    def fault(
        self,
        path: str,
        *,
        status: int | None = None,
        body: Body = b"",
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        hold: threading.Event | None = None,
        drop: Literal["before"] | None = None,
        drop_after: int | None = None,
        drip: float | None = None,
        drip_bytes: int = 64,
        times: int | None = 1,
    ) -> Fault:
        """Inject a fault into the next `times` requests to `path`; None: until it is cleared.

        `path` is a whole path, the end of one, or `*`; several faults for one path queue up.
        With `status` the answer is that, this `body` and these `headers`; else it is the usual one.
        `delay` waits that many seconds before it, `hold` until the event is set. `drop="before"`
        cuts the connection instead of handling the request, `drop_after` after that many bytes of
        the response body. `drip` pauses that many seconds after every `drip_bytes` bytes of it.
        """
        fault = Fault(
            path=path,
            status=status,
            body=body,
            headers=headers or {},
            delay=delay,
            hold=hold,
            drop=drop,
            drop_after=drop_after,
            drip=drip,
            drip_bytes=drip_bytes,
            times=times,
        )
        self._faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        """Inject no more faults; those that a request has already met go on."""
        self._faults.clear()

    def reset(self) -> None:
        """Forget the requests, the chosen answers and the faults. Tokens stay good."""
        self.requests.clear()
        self._answers.clear()
        self._faults.clear()

    def _respond(self, request: SeenRequest) -> Reply:
        self.requests.append(request)
        fault = self._faults.next_for(request.path)
        reply = self.handle(request) if fault is None else self._spoilt(request, fault)
        return replace(reply, headers={"x-request-id": str(uuid.uuid4()), **reply.headers})

    def _spoilt(self, request: SeenRequest, fault: Fault) -> Reply:
        stopping = self._listener.stopping
        if fault.delay:
            pause(fault.delay, stopping)
        if fault.hold is not None:
            wait_for(fault.hold, stopping)
        if fault.drop == "before":
            raise ConnectionAbortedError("cut by a fault")
        if fault.status is None:
            reply = self.handle(request)
        else:
            reply = Reply.of(fault.status, fault.body, fault.headers)
        return replace(reply, pieces=fault.spoil(reply.pieces, stopping))
