"""Issuing and judging access tokens (Gloo's "Authentication" guide; RFC 6749 sections 2.3.1, 4.4)."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from .refusals import Refusal
from .seen import SeenRequest

SCOPE = "api/access"
HOUR = 3600.0
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_LocalGloo"


class Tokens:
    """The access tokens of one local Gloo. Safe to use from many threads."""

    def __init__(self, client_id: str, client_secret: str, clock: Callable[[], float]) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.issued: list[str] = []
        self._clock = clock
        self._expiry: dict[str, float] = {}
        self._key_id = _base64url(secrets.token_bytes(32))
        self._lock = threading.Lock()

    def issue(self, lifetime: float) -> str:
        """A new token that is good for `lifetime` seconds."""
        now = self._clock()
        token = self._jwt(int(now), lifetime)
        with self._lock:
            self.issued.append(token)
            self._expiry[token] = now + lifetime
        return token

    def accepts(self, token: str) -> bool:
        """Whether this token was issued here and is still good."""
        return self._clock() < self._expiry.get(token, float("-inf"))

    def expire(self) -> None:
        """End the life of every token issued so far."""
        with self._lock:
            self._expiry.clear()

    def exchange(self, request: SeenRequest, lifetime: float | None) -> dict[str, Any]:
        """The answer to a token request; a lifetime of None leaves `expires_in` out."""
        self._check_form(request)
        if not self._knows(request.headers.get("authorization", "")):
            raise _denied("invalid_client", "invalid_client_secret")
        answer: dict[str, Any] = {
            "access_token": self.issue(HOUR if lifetime is None else lifetime)
        }
        if lifetime is not None:
            answer["expires_in"] = _number(lifetime)
        return answer | {"token_type": "Bearer"}

    def _check_form(self, request: SeenRequest) -> None:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/x-www-form-urlencoded":
            raise _denied("invalid_request", "the body must be a form")
        form = parse_qs(request.body.decode("latin-1"))
        grants = form.get("grant_type", [])
        if len(grants) != 1:
            raise _denied("invalid_request", "grant_type is required, once")
        if grants != ["client_credentials"]:
            raise _denied("unsupported_grant_type", "only client_credentials")
        if form.get("scope") != [SCOPE]:
            raise _denied("invalid_scope", f"only {SCOPE}")

    def _knows(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        # Gloo's TypeScript percent-encodes both halves, its Python does not: it takes either.
        user, _, password = pair.partition(":")
        decoded = f"{unquote_plus(user)}:{unquote_plus(password)}"
        expected = f"{self.client_id}:{self.client_secret}"
        return scheme.lower() == "basic" and expected in {pair, decoded}

    def _jwt(self, now: int, lifetime: float) -> str:
        header = {"kid": self._key_id, "alg": "RS256"}
        claims = {
            "sub": self.client_id,
            "token_use": "access",
            "scope": SCOPE,
            "auth_time": now,
            "iss": ISSUER,
            "exp": _number(now + lifetime),
            "iat": now,
            "version": 2,
            "jti": str(uuid.uuid4()),
            "client_id": self.client_id,
        }
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
        # Nobody verifies the signature, so any 256 bytes have the look of RS256.
        return ".".join(_base64url(part) for part in [*parts, secrets.token_bytes(256)])


def _denied(error: str, description: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": description})


def _number(seconds: float) -> int | float:
    """Whole seconds as Gloo sends them; fractions only for the short lives that tests need."""
    return int(seconds) if seconds == int(seconds) else seconds


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
