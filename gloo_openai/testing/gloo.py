"""What Gloo does: its endpoints, from a request seen to the reply, without the wire."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from . import catalogue, refusals
from .answers import Answer, completion_v1, completion_v2
from .checks import check_completion, json_object
from .newer import embeddings, messages_in, response, response_events
from .refusals import RefusedError
from .routing import route
from .shapes import Json, as_object
from .streams import chunks_of, events
from .tokens import Tokens
from .wire import Reply, SeenRequest

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

Endpoint = Callable[[SeenRequest], Reply]


class Gloo:
    """Gloo's endpoints and what they answer from; all of it can be changed at any time."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        token_lifetime: float | None,
        static_keys: Iterable[str],
        done: bool,
        clock: Callable[[], float],
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.token_lifetime = token_lifetime
        """Seconds the next tokens live; None leaves `expires_in` out of the token answer."""
        self.static_keys = set(static_keys)
        """Keys that are good as bearer tokens, without an exchange."""
        self.done = done
        """Whether streams end with `[DONE]`."""
        self.models = catalogue.default_models()
        """The rows of the model catalogue, broken ones included."""
        self.publishers = set(catalogue.PUBLISHERS)
        """The names `rag_publisher` may have; any other is a 403."""
        self.sources = catalogue.default_sources()
        """What grounded answers can cite; empty means that nothing is ever retrieved."""
        self.reasoning_floor: int | None = None
        """Fewer `max_tokens` than this end as in a reasoning model: 503, code 2006."""
        self._clock = clock
        self._tokens = Tokens(clock)
        self._answers: deque[Answer] = deque()
        self._endpoints: dict[str, tuple[str, Endpoint]] = {
            TOKEN_PATH: ("POST", self._token),
            MODELS_PATH: ("GET", self._catalogue),
            EMBEDDINGS_PATH: ("POST", self._embeddings),
            RESPONSES_PATH: ("POST", self._responses),
            **dict.fromkeys(COMPLETION_PATHS, ("POST", self._completions)),
        }

    def handle(self, request: SeenRequest) -> Reply:
        """What Gloo replies to this request."""
        try:
            if request.path not in self._endpoints:
                raise refusals.not_found()
            method, endpoint = self._endpoints[request.path]
            if request.method != method:
                raise refusals.method_not_allowed(method)
            return endpoint(request)
        except RefusedError as refused:
            return Reply.of(refused.status, refused.body, refused.headers)

    def _token(self, request: SeenRequest) -> Reply:
        credentials = (self.client_id, self.client_secret)
        return Reply.of(200, self._tokens.exchange(request, credentials, self.token_lifetime))

    def _catalogue(self, _request: SeenRequest) -> Reply:
        return Reply.of(200, {"object": "list", "data": self.models})

    def _completions(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = json_object(request)
        v2, grounded = request.path != V1_PATH, request.path in GROUNDED_PATHS
        check_completion(body, v2=v2, grounded=grounded)
        metadata = route(body, self.models) if v2 else {}
        if grounded:
            metadata |= self._retrieved(body)
        self._check_reasoning(body)
        answer = self._next_answer()
        done = self.done if answer.done is None else answer.done
        if answer.chunks is not None:
            return Reply.events(events(answer.chunks, done=done))
        if v2:
            completion = completion_v2(body, answer, metadata, self._clock())
        else:
            completion = completion_v1(body, answer, self._clock())
        if not body.get("stream"):
            return Reply.of(200, completion)
        include_usage = bool(as_object(body.get("stream_options")).get("include_usage"))
        return Reply.events(events(chunks_of(completion, include_usage=include_usage), done=done))

    def _embeddings(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        return Reply.of(200, embeddings(json_object(request)))

    def _responses(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = json_object(request)
        body["messages"] = messages_in(body)
        check_completion(body, v2=True, grounded=False)
        metadata = route(body, self.models)
        answer = response(completion_v2(body, self._next_answer(), metadata, self._clock()))
        if not body.get("stream"):
            return Reply.of(200, answer)
        return Reply.events(events(response_events(answer), done=False))

    def _authorize(self, request: SeenRequest) -> None:
        if not request.bearer:
            raise refusals.missing_authorization()
        if request.bearer not in self.static_keys and not self._tokens.accepts(request.bearer):
            raise refusals.bad_token()

    def _retrieved(self, body: Json) -> Json:
        publisher = body.get("rag_publisher")
        if publisher is not None and publisher not in self.publishers:
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

    def _next_answer(self) -> Answer:
        try:
            return self._answers.popleft()
        except IndexError:
            return Answer()
