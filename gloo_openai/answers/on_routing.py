"""Who is told of an answer: the client's `on_routing`, once per answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .routed import RoutingMetadata

__all__ = ["OnRouting", "Report"]

log = logging.getLogger("gloo_openai")

OnRouting = Callable[[RoutingMetadata], object]


class Report:
    """Tells a callback about one answer, once; what it raises is logged and goes no further."""

    def __init__(self, callback: OnRouting | None) -> None:
        self._callback = callback

    @property
    def is_due(self) -> bool:
        """Whether there is somebody who has not been told."""
        return self._callback is not None

    def __call__(self, metadata: RoutingMetadata) -> None:
        callback, self._callback = self._callback, None
        if callback is None:
            return
        try:
            callback(metadata)
        except Exception:
            log.exception("on_routing raised; the answer is not affected")
