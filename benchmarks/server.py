"""A small, fast Gloo in a process of its own, so that the client is what is measured.

Hand-written HTTP/1.1 on asyncio, connections kept alive, answers ready-made. It checks bearers and
lets them expire, since a benchmark that never notices an old token measures nothing.
`python -m benchmarks.server` prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import Counter
from typing import Any

STATIC_KEY = "static-key-".ljust(89, "x")
"""As long as the tokens below: what is longer takes longer to send."""
CHUNKS = 100
ROUTING = {
    "provider": "Gloo AI",
    "model_family": "Anthropic",
    "auto_routing": True,
    "routing_mechanism": "auto_routing",
    "routing_tier": "tier_2",
    "routing_confidence": 0.557,
}
BASE = {"id": "gen-1", "created": 1_768_500_882, "model": "gloo-anthropic-claude-sonnet-4.5"}
USAGE = {"prompt_tokens": 12, "completion_tokens": 100, "total_tokens": 112}


def _completion() -> bytes:
    message = {"role": "assistant", "content": "Count it all joy. " * 10}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {**BASE, "object": "chat.completion", "choices": [choice], "usage": USAGE, **ROUTING}
    return _response(200, json.dumps(body).encode())


def _whole_response() -> bytes:
    text = {"type": "output_text", "text": "Count it all joy. " * 10, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    body = {
        **{"id": "resp_1", "object": "response", "created_at": BASE["created"]},
        **{"status": "completed", "model": BASE["model"]},
        "output": [{**message, "content": [text]}],
        "usage": {"input_tokens": 12, "output_tokens": 100, "total_tokens": 112},
    }
    return _response(200, json.dumps(body).encode())


def _chunk(delta: dict[str, str], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {**BASE, "object": "chat.completion.chunk", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


def _stream() -> list[bytes]:
    """The pieces of a streamed answer, as they are flushed."""
    events = [_chunk({"role": "assistant", "content": "Count"}, None)]
    events += [_chunk({"content": " joy"}, None) for _ in range(CHUNKS - 2)]
    events += [_chunk({}, "stop"), b"data: [DONE]\n\n"]
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return [head, *(b"%x\r\n%b\r\n" % (len(e), e) for e in events), b"0\r\n\r\n"]


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


COMPLETION = _completion()
WHOLE_RESPONSE = _whole_response()
STREAM = _stream()
REFUSED = _response(401, b'{"error": "Unauthorized", "code": "unauthorized"}')


class Gloo:
    """The state of the server: what it counts, which tokens are good, and how it is set."""

    def __init__(self) -> None:
        self.lifetime = 3600.0
        self.delay = 0.0
        self.pace = 0.0
        """Seconds between the pieces of a stream; without, they are sent at once."""
        self.counts: Counter[str] = Counter()
        self._expiry: dict[str, float] = {}

    def token(self) -> bytes:
        """The answer to a token request."""
        self.counts["exchanges"] += 1
        claims = {"iat": int(time.time()), "exp": int(time.time() + self.lifetime)}
        parts: Any = ({"alg": "none"}, {**claims, "jti": self.counts["exchanges"]}, {})
        encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
        token = b".".join(encoded).decode().replace("=", "")
        self._expiry[token] = time.monotonic() + self.lifetime
        answer = {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}
        return _response(200, json.dumps(answer).encode())

    def completion(self, path: str, bearer: str, body: bytes) -> list[bytes]:
        """The answer to a chat completion, or to a Responses call, in pieces."""
        self.counts["completions"] += 1
        if bearer != STATIC_KEY and time.monotonic() >= self._expiry.get(bearer, 0):
            self.counts["refused"] += 1
            return [REFUSED]
        if path.endswith("/responses"):
            return [WHOLE_RESPONSE]
        return STREAM if b'"stream":true' in body.replace(b": ", b":") else [COMPLETION]

    def control(self, settings: dict[str, float]) -> bytes:
        """Set `lifetime`, `delay` and `pace` in seconds, hand out the counts and start anew."""
        for name, value in settings.items():
            setattr(self, name, value)
        counts, self.counts = dict(self.counts), Counter()
        return _response(200, json.dumps(counts).encode())


class Connection(asyncio.Protocol):
    """One connection: requests with a Content-Length, one after the other."""

    def __init__(self, gloo: Gloo) -> None:
        self._gloo = gloo
        self._buffer = b""
        self._counted = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1").split("\r\n")
            fields = (line.partition(": ") for line in head[1:])
            headers = {name.lower(): value for name, _, value in fields}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._answer(head[0].split(" ")[1], headers.get("authorization", ""), body)

    def _answer(self, path: str, authorization: str, body: bytes) -> None:
        if path == "/control":
            self._transport.write(self._gloo.control(json.loads(body or b"{}")))
            return
        self._gloo.counts["requests"] += 1
        if not self._counted:
            self._counted = True
            self._gloo.counts["connections"] += 1
        if path.endswith("/token"):
            loop = asyncio.get_running_loop()
            loop.call_later(self._gloo.delay, self._late, self._gloo.token())
        else:
            self._send(self._gloo.completion(path, authorization[7:], body))

    def _send(self, pieces: list[bytes]) -> None:
        if not self._gloo.pace:
            self._transport.write(b"".join(pieces))
            return
        loop = asyncio.get_running_loop()
        for number, piece in enumerate(pieces):
            loop.call_later(number * self._gloo.pace, self._late, piece)

    def _late(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


async def main() -> None:
    """Serve until standard input ends."""
    gloo = Gloo()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(gloo), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
