"""What Gloo does: its endpoints, from a request seen to the reply, without the wire."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from . import catalogue, paths, refusals
from .answers import Answer, completion_v1, completion_v2
from .checks import check_cache, check_completion, json_object
from .embeddings import check_embeddings, embeddings
from .refusals import RefusedError
from .response_checks import check_response
from .response_events import response_events
from .responses import response
from .routing import check_tools, route, row_of
from .shapes import Json, as_object
from .streams import chunks_of, events
from .tokens import Tokens
from .wire import Reply, SeenRequest

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
        nested: bool,
        clock: Callable[[], float],
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.token_lifetime = token_lifetime
        """Seconds the next tokens live; None leaves `expires_in` out of the token answer."""
        self.static_keys = set(static_keys)
        """Keys that are good as bearer tokens, without an exchange."""
        self.done = done
        """Whether streams of completions end with `[DONE]`."""
        self.nested = nested
        """Whether Responses streams have the documented form, each response under `response`."""
        self.flat_tools = False
        """Whether Responses take function tools in OpenAI's flat form too."""
        self.models = catalogue.default_models()
        """The rows of the model catalogue; what they lack or have wrong goes out as it is."""
        self.publishers = set(catalogue.PUBLISHERS)
        """The names `rag_publisher` may have; any other is a 403."""
        self.sources = catalogue.default_sources()
        """What grounded answers can cite; empty means that nothing is ever retrieved."""
        self.reasoning_floor: int | None = None
        """Fewer `max_tokens` than this end as in a reasoning model: 503, code 2006."""
        self._clock = clock
        self._tokens = Tokens(clock)
        self._cache_keys: set[str] = set()
        self._answers: deque[Answer] = deque()
        self._endpoints: dict[str, tuple[str, Endpoint]] = {
            paths.TOKEN: ("POST", self._token),
            paths.MODELS: ("GET", self._catalogue),
            paths.LEAN_MODELS: ("GET", self._lean_catalogue),
            paths.EMBEDDINGS: ("POST", self._embeddings),
            **dict.fromkeys(paths.RESPONSES, ("POST", self._responses)),
            **dict.fromkeys(paths.COMPLETIONS, ("POST", self._completions)),
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

    def _lean_catalogue(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        rows = catalogue.lean(self.models, int(self._clock()))
        return Reply.of(200, {"object": "list", "data": rows})

    def _completions(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = json_object(request)
        check_cache(request)
        v2, grounded = request.path != paths.COMPLETIONS_V1, request.path in paths.GROUNDED
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
            row = catalogue.find(metadata["model"], self.models) or {}
            cached = self._is_cached(body)
            completion = completion_v2(
                body, answer, metadata, row, cached=cached, now=self._clock()
            )
        else:
            completion = completion_v1(body, answer, self._clock())
        if not body.get("stream"):
            return Reply.of(200, completion)
        include_usage = bool(as_object(body.get("stream_options")).get("include_usage"))
        return Reply.events(events(chunks_of(completion, include_usage=include_usage), done=done))

    def _embeddings(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = json_object(request)
        check_embeddings(body)
        row = row_of(body["model"], self.models, unknown=404)
        return Reply.of(200, embeddings(body, row))

    def _responses(self, request: SeenRequest) -> Reply:
        self._authorize(request)
        body = json_object(request)
        check_response(body, flat_tools=self.flat_tools)
        check_cache(request)
        row = row_of(body["model"], self.models, unknown=400)
        if "embeddings" in catalogue.outputs(row):
            raise refusals.invalid_request(f"{row['id']} only makes embeddings")
        check_tools(row, body)
        retrieved = {}
        if request.path == paths.GROUNDED_RESPONSES:
            retrieved = self._retrieved(body | {"include_citations": False})
        answer = self._next_answer()
        if answer.chunks is not None:
            return Reply.events(events(answer.chunks, done=bool(answer.done), named=True))
        whole = retrieved | response(
            body,
            answer,
            row,
            bare=request.path in paths.BARE_RESPONSES,
            floor=self.reasoning_floor,
            now=self._clock(),
        )
        if not body.get("stream"):
            return Reply.of(200, whole)
        nested = self.nested if answer.nested is None else answer.nested
        parts = response_events(whole, nested=nested, leave_out=answer.leave_out)
        return Reply.events(events(parts, done=bool(answer.done), named=True))

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

    def _is_cached(self, body: Json) -> bool:
        """Whether a prompt was sent with this `prompt_cache_key` before."""
        key = body.get("prompt_cache_key")
        known = isinstance(key, str) and key in self._cache_keys
        if isinstance(key, str):
            self._cache_keys.add(key)
        return known

    def _check_reasoning(self, body: Json) -> None:
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if self.reasoning_floor is not None and limit is not None and limit < self.reasoning_floor:
            raise refusals.empty_completion()

    def _next_answer(self) -> Answer:
        answer = self._answers.popleft() if self._answers else Answer()
        if answer.status == 403:
            raise refusals.guardrail_block()
        return answer
