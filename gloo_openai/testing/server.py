"""`LocalGloo`: the local Gloo AI, its endpoints and what a test can do to it."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from typing_extensions import Self

from . import catalogue, refusals
from .answers import Answer, completion_v1, completion_v2, refusal
from .faults import Body, Fault, pause, wait_for
from .listener import Listener, Reply
from .newer import embeddings, messages_in, response, response_events
from .refusals import Refusal
from .routing import route
from .seen import SeenRequest
from .streams import chunks_of, events
from .tokens import HOUR, Tokens

Json = dict[str, Any]

TOKEN_PATH = "/oauth2/token"
MODELS_PATH = "/platform/v2/models"
V1_PATH = "/ai/v1/chat/completions"
GROUNDED_PATHS = ("/ai/v2/chat/completions/grounded", "/ai/v2/grounded/chat/completions")
# Whether the newer families take access tokens, and not only static keys, is unknown: both do here.
COMPLETION_PATHS = (
    V1_PATH,
    "/ai/v2/chat/completions",
    *GROUNDED_PATHS,
    "/ai/v2/guarded/chat/completions",
    "/ai/v2/direct/chat/completions",
)
EMBEDDINGS_PATH = "/ai/v2/direct/embeddings"
RESPONSES_PATH = "/ai/v2/guarded/responses"


class LocalGloo:
    """A Gloo AI on loopback: real HTTP, and no model behind it.

    It keeps to what is known of Gloo's protocol, not to what this package sends. Everything about it
    can be changed while it runs, from any thread.
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
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token_lifetime = token_lifetime
        """Seconds the next tokens live; None leaves `expires_in` out of the token answer."""
        self.done = done
        """Whether streams end with `[DONE]`."""
        self.static_keys = set(static_keys)
        """Keys that are good as bearer tokens, without an exchange."""
        self.models = catalogue.default_models()
        """The rows of the model catalogue, broken ones included."""
        self.publishers = set(catalogue.PUBLISHERS)
        """The names `rag_publisher` may have; another is a 403."""
        self.sources = catalogue.default_sources()
        """What grounded answers can cite; empty means that nothing is retrieved."""
        self.reasoning_floor: int | None = None
        """Refuse completions with fewer `max_tokens`, as a reasoning model does (503, 2006)."""
        self.requests: list[SeenRequest] = []
        """Every request so far, in the order of arrival."""
        self._clock = clock
        self._tokens = Tokens(client_id, client_secret, clock)
        self._answers: deque[Answer] = deque()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._listener = Listener("127.0.0.1", port, self._respond)
        self._routes = self._make_routes()

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
        return f"<LocalGloo 127.0.0.1:{self._listener.port}>"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as `GLOO_BASE_URL` wants it."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def base_url(self) -> str:
        """The base URL for a plain OpenAI client."""
        return f"{self.origin}/ai/v2"

    @property
    def client_id(self) -> str:
        """The client id that the token endpoint knows."""
        return self._tokens.client_id

    @property
    def client_secret(self) -> str:
        """The secret that goes with it; another one is refused from the moment it is set."""
        return self._tokens.client_secret

    @client_secret.setter
    def client_secret(self, secret: str) -> None:
        self._tokens.client_secret = secret

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that point a client here."""
        return {
            "GLOO_CLIENT_ID": self.client_id,
            "GLOO_CLIENT_SECRET": self.client_secret,
            "GLOO_BASE_URL": self.origin,
        }

    @property
    def completions(self) -> list[SeenRequest]:
        """The requests for completions, of whatever family, the refused ones included."""
        return [request for request in self.requests if request.path in COMPLETION_PATHS]

    @property
    def exchanges(self) -> list[SeenRequest]:
        """The requests for a token."""
        return [request for request in self.requests if request.path == TOKEN_PATH]

    @property
    def connections(self) -> int:
        """How many TCP connections the requests came over."""
        return len({request.peer for request in self.requests})

    @property
    def tokens(self) -> list[str]:
        """The access tokens issued so far, in order."""
        return list(self._tokens.issued)

    def issue_token(self, lifetime: float | None = None) -> str:
        """A good token without an exchange, for `lifetime` seconds or as long as the others."""
        return self._tokens.issue(lifetime or self.token_lifetime or HOUR)

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
        **fields: Any,
    ) -> Answer:
        """Choose the next answer; more calls queue up, and then the default answer is back.

        `tool_calls` are `{"name": …, "arguments": {…}}`; `message` adds to the message, and
        `fields` to the completion around it (`model=`, `routing_tier=`, …). `citations` are sent
        as they are, whether or not the request asked for them. `body` replaces the whole
        completion. `chunks` replaces the events of a stream, whether or not the request asked for
        one: a mapping is one event, text and bytes go out as they are. `done` overrides
        `LocalGloo.done`.
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
            fields=fields,
        )
        self._answers.append(answer)
        return answer

    def refuse(self) -> Answer:
        """Make the next answer a guardrail refusal: a 200 with canned text and no routing."""
        self._answers.append(refusal())
        return self._answers[-1]

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
        """Inject a fault into the next `times` requests to `path` (None: until it is cleared).

        `path` is a whole path, the end of one, or `*`. Several faults for one path queue up.
        With `status` the answer is that, with this `body` and these `headers`; else it is the
        usual one. `delay` waits that many seconds before it, `hold` until the event is set.
        `drop="before"` cuts the connection instead of handling the request; `drop_after` cuts it
        after that many bytes of the body. `drip` pauses that many seconds after every `drip_bytes`
        bytes of the body.
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
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Inject no more faults; those that a request has already met go on."""
        with self._lock:
            self._faults.clear()

    def reset(self) -> None:
        """Forget the requests, the chosen answers and the faults. Tokens stay good."""
        self.requests.clear()
        self._answers.clear()
        self.clear_faults()

    def _respond(self, request: SeenRequest) -> Reply:
        self.requests.append(request)
        fault = self._next_fault(request.path)
        reply = self._handle(request) if fault is None else self._spoilt(request, fault)
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
            reply = self._handle(request)
        else:
            reply = Reply.of(fault.status, fault.body, fault.headers)
        return replace(reply, pieces=fault.spoil(reply.pieces, stopping))

    def _next_fault(self, path: str) -> Fault | None:
        with self._lock:
            matching = [fault for fault in self._faults if fault.matches(path)]
        return next((fault for fault in matching if fault.take()), None)

    def _make_routes(self) -> dict[str, tuple[str, Callable[[SeenRequest], Reply]]]:
        routes: dict[str, tuple[str, Callable[[SeenRequest], Reply]]] = {
            TOKEN_PATH: ("POST", self._token),
            MODELS_PATH: ("GET", self._catalogue),
            EMBEDDINGS_PATH: ("POST", self._embeddings),
            RESPONSES_PATH: ("POST", self._responses),
        }
        return routes | {path: ("POST", self._completions) for path in COMPLETION_PATHS}

    def _handle(self, request: SeenRequest) -> Reply:
        try:
            if request.path not in self._routes:
                raise refusals.not_found()
            method, endpoint = self._routes[request.path]
            if request.method != method:
                raise refusals.method_not_allowed(method)
            return endpoint(request)
        except Refusal as refused:
            return Reply.of(refused.status, refused.body, refused.headers)

    def _authorize(self, request: SeenRequest) -> None:
        if not request.bearer:
            raise refusals.missing_authorization()
        if request.bearer not in self.static_keys and not self._tokens.accepts(request.bearer):
            raise refusals.bad_token()

    def _token(self, request: SeenRequest) -> Reply:
        return Reply.of(200, self._tokens.exchange(request, self.token_lifetime))

    def _catalogue(self, _request: SeenRequest) -> Reply:
        return Reply.of(200, {"object": "list", "data": self.models})

    def _completions(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = refusals.json_object(request)
        v2, grounded = request.path != V1_PATH, request.path in GROUNDED_PATHS
        refusals.check_completion(body, v2=v2, grounded=grounded)
        metadata = route(body, self.models) if v2 else {}
        if grounded:
            metadata |= self._retrieved(body)
        self._check_reasoning(body)
        answer = self._next_answer()
        done = self.done if answer.done is None else answer.done
        if answer.chunks is not None:
            return Reply.events(events(answer.chunks, done=done))
        if answer.body is not None:
            completion: Json = dict(answer.body)
        elif v2:
            completion = completion_v2(body, answer, metadata, self._clock())
        else:
            completion = completion_v1(body, answer, self._clock())
        if not body.get("stream"):
            return Reply.of(200, completion)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return Reply.events(events(chunks_of(completion, include_usage=include_usage), done=done))

    def _retrieved(self, body: Json) -> Json:
        if body.get("rag_publisher", catalogue.DEFAULT_PUBLISHER) not in self.publishers:
            raise refusals.forbidden()
        found: Json = {"sources_returned": bool(self.sources)}
        if body.get("include_citations"):
            limit = body.get("sources_limit") or catalogue.DEFAULT_SOURCES_LIMIT
            found["citations"] = self.sources[:limit]
        return found

    def _check_reasoning(self, body: Json) -> None:
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if self.reasoning_floor is not None and limit is not None and limit < self.reasoning_floor:
            raise refusals.empty_completion()

    def _embeddings(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        return Reply.of(200, embeddings(refusals.json_object(request)))

    def _responses(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = refusals.json_object(request)
        body = body | {"messages": messages_in(body)}
        refusals.check_completion(body, v2=True, grounded=False)
        metadata = route(body, self.models)
        completion = completion_v2(body, self._next_answer(), metadata, self._clock())
        answer = response(completion)
        if body.get("stream"):
            return Reply.events(events(response_events(answer), done=False))
        return Reply.of(200, answer)

    def _next_answer(self) -> Answer:
        try:
            return self._answers.popleft()
        except IndexError:
            return Answer()
