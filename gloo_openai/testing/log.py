"""One line for every request: what came, what went, how long it took; no prompt and no secret."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from .shapes import as_object
from .wire import Reply, SeenRequest

log = logging.getLogger("gloo_openai.testing")


def logged(request: SeenRequest, respond: Callable[[SeenRequest], Reply]) -> Reply:
    """The reply to a request, which writes its line once it has gone out, however that ended."""
    started = time.monotonic()
    try:
        reply = respond(request)
    except Exception:
        _write(request, "-", started, 0)
        raise
    return replace(reply, pieces=_counted(request, reply.status, started, reply.pieces))


def _counted(
    request: SeenRequest, status: int, started: float, pieces: Iterable[bytes]
) -> Iterator[bytes]:
    sent = 0
    try:
        for piece in pieces:
            yield piece
            sent += len(piece)
    finally:
        _write(request, status, started, sent)


def _write(request: SeenRequest, status: object, started: float, sent: int) -> None:
    if not log.isEnabledFor(logging.INFO):
        return
    took = 1000 * (time.monotonic() - started)
    model = _shown(_model_of(request))
    log.info(f"{request.method} {_shown(request.path)} {status} {model} {took:.0f} ms {sent} bytes")


def _model_of(request: SeenRequest) -> str:
    """How a call says which model answers it, as one word."""
    body = as_object(request.json)
    family = body.get("model_family")
    if family:
        return f"gloo-auto-{str(family).lower().replace(' ', '-')}"
    return "gloo-auto" if body.get("auto_routing") else str(body.get("model") or "-")


def _shown(text: str) -> str:
    """A text of the client's own, without what could break the line."""
    return "".join(char if char.isprintable() else "?" for char in text[:80])
