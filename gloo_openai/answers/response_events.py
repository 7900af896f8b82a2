"""The events of a Responses stream as OpenAI would have sent them, from those that Gloo sends.

Gloo may leave out what begins and ends a response, an item or a part, and flatten the response into
the events that carry one (protocol §5, Stream). What is complete goes on as it is, the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from ..shapes import as_list, as_object
from .response_items import TEXT
from .response_output import Output

__all__ = ["ResponseEvents"]

Event = Mapping[str, Any]

CREATED: Final = "response.created"
IN_PROGRESS: Final = "response.in_progress"
BEGINNINGS: Final = {
    CREATED: "in_progress",
    "response.queued": "queued",
    IN_PROGRESS: "in_progress",
}
"""Events that carry the response as it is so far, and its status by then."""
ENDS: Final = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
"""Events that carry the whole response, and its status by then."""
PAUSES: Final = {"ping", "keepalive", "keep-alive", "keep_alive", "heartbeat"}
OF_THE_EVENT: Final = {"type", "sequence_number", "response"}
WITH_LOGPROBS: Final = {f"{TEXT.event}.delta", f"{TEXT.event}.done"}


class Outbox:
    """Gives each event the next number, and keeps it until it is fetched."""

    def __init__(self) -> None:
        self._number = 0
        self._given: list[Event] = []

    def give(self, event: Event, said: Mapping[str, Any]) -> None:
        """Give an event that says this, and has the next number; as it is, if it does already."""
        missing = {name: value for name, value in said.items() if event.get(name) != value}
        if "logprobs" not in event and event["type"] in WITH_LOGPROBS:
            missing["logprobs"] = []
        number = event.get("sequence_number")
        if not isinstance(number, int) or number < self._number:
            number = missing["sequence_number"] = self._number
        self._number = number + 1
        self._given.append({**event, **missing} if missing else event)

    def fetch(self) -> list[Event]:
        """What has been given since the last time."""
        given, self._given = self._given, []
        return given


class ResponseEvents:
    """Takes events one by one, and gives for each what OpenAI would have sent by then."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        """What has been said of the response so far, but for its output."""
        self.response: dict[str, Any] | None = None
        """The whole response, when its end has come."""
        self._outbox = Outbox()
        self._output = Output(self._outbox.give)
        self._begun: set[str] = set()

    @property
    def text(self) -> str:
        """The text of the answer so far."""
        return self._output.text

    def take(self, event: Event) -> list[Event]:
        """What is to be sent for one event: itself, made whole, after what was missing before it.

        An event that has no `type` is a whole response, as it comes outside a stream; or nothing.
        """
        name = event.get("type")
        if not isinstance(name, str):
            event, name = _typed(event)
        if self.response is not None or name in PAUSES or name is None:
            return []
        if name in BEGINNINGS:
            self._beginning(event, name)
            return self._outbox.fetch()
        if IN_PROGRESS not in self._begun:
            self._begin()
        if name in ENDS:
            self._end(event, ENDS[name])
        else:
            self._output.take(event)
        return self._outbox.fetch()

    def _begin(self) -> None:
        """Before anything else comes a response that was created and is in progress."""
        for name in (CREATED, IN_PROGRESS):
            if name not in self._begun:
                self._beginning({"type": name}, name)

    def _beginning(self, event: Event, name: str) -> None:
        said = _response_of(event)
        self.known |= {n: v for n, v in said.items() if n not in ("output", "status")}
        if name != CREATED and CREATED not in self._begun:
            self._beginning({"type": CREATED}, CREATED)
        if name not in self._begun:
            self._begun.add(name)
            status = {"object": "response", "status": BEGINNINGS[name]}
            self._give_response(event, {**status, **self.known, **said, "output": []})

    def _end(self, event: Event, status: str) -> None:
        said = _response_of(event)
        output = self._output.end(as_list(said.get("output")), status)
        whole = {"object": "response", **self.known, **said, "output": output}
        whole["status"] = said.get("status") or status
        self.known = self.response = whole
        self._give_response(event, whole)

    def _give_response(self, event: Event, whole: dict[str, Any]) -> None:
        nested = as_object(event.get("response"))
        if not nested:  # flattened: the event was the response
            event = {name: event[name] for name in event if name in OF_THE_EVENT}
        self._outbox.give(event, {"response": whole})


def _response_of(event: Event) -> Mapping[str, Any]:
    """What an event says of the response: under its own name, or flattened into the event."""
    nested = event.get("response")
    if isinstance(nested, dict):
        return cast("Mapping[str, Any]", nested)
    return {name: value for name, value in event.items() if name not in OF_THE_EVENT}


def _typed(response: Event) -> tuple[Event, str | None]:
    """A whole response as the event that ends its stream; what is none has no name."""
    if response.get("object") != "response" and not isinstance(response.get("output"), list):
        return response, None
    unfinished = response.get("status") == "incomplete"
    name = "response.incomplete" if unfinished else "response.completed"
    return {"type": name, "response": response}, name
