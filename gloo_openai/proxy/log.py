"""One line for every request: what came, what went, how long it took; no prompt and no secret."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .entry import ENTRY, Entry, reason_shown, shown
from .errors import RefusedError

log = logging.getLogger("gloo_openai.proxy")


class Log:
    """Middleware, the outermost: writes the line, and answers what nobody else caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; write the line once it has ended, however it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = scope[ENTRY] = Entry()
        started = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            else:
                entry.sent += len(message.get("body", b""))
                entry.complete = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception as error:
            entry.remark = f"internal error: {type(error).__name__}: {error}"
            log.debug("the traceback of the next line", exc_info=error)
            if not entry.status:
                refused = RefusedError(500, "The proxy failed. Its log says more.", "proxy_error")
                await refused.response()(scope, receive, counted)
        except BaseException:
            entry.remark = "ended by the proxy's own end"
            raise
        finally:
            took = 1000 * (time.monotonic() - started)
            what = f"{scope['method']} {shown(scope['path'])} {entry.status or '-'}"
            size = f"{took:.0f} ms {entry.sent} bytes"
            line = f"{what} {shown(entry.model)} {size} {reason_shown(entry.remark)}"
            log.info(line.rstrip())
