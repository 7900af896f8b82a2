"""Access tokens: Gloo's "Authentication" guide, and sections 2.3.1 and 4.4 of RFC 6749."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import uuid
from collections.abc import Callable
from urllib.parse import parse_qs, unquote_plus

from .refusals import denied
from .shapes import Json
from .wire import SeenRequest

SCOPE = "api/access"
HOUR = 3600.0
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_LocalGloo"


class Tokens:
    """The access tokens of one local Gloo. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.issued: list[str] = []
        self._clock = clock
        self._expiry: dict[str, float] = {}
        self._key_id = _base64url(secrets.token_bytes(32))
        self._lock = threading.Lock()

    def issue(self, client_id: str, lifetime: float) -> str:
        """A new token that is good for `lifetime` seconds."""
        now = self._clock()
        token = self._jwt(client_id, int(now), lifetime)
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

    def exchange(
        self, request: SeenRequest, credentials: tuple[str, str], lifetime: float | None
    ) -> Json:
        """The answer to a token request; a lifetime of None leaves `expires_in` out."""
        _check_form(request)
        if not _presents(request.headers.get("authorization", ""), credentials):
            raise denied("invalid_client", "invalid_client_secret")
        token = self.issue(credentials[0], HOUR if lifetime is None else lifetime)
        expiry = {} if lifetime is None else {"expires_in": _number(lifetime)}
        return {"access_token": token, **expiry, "token_type": "Bearer"}

    def _jwt(self, client_id: str, now: int, lifetime: float) -> str:
        header = {"kid": self._key_id, "alg": "RS256"}
        claims = {
            "sub": client_id,
            "token_use": "access",
            "scope": SCOPE,
            "auth_time": now,
            "iss": ISSUER,
            "exp": _number(now + lifetime),
            "iat": now,
            "version": 2,
            "jti": str(uuid.uuid4()),
            "client_id": client_id,
        }
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
        # Nobody verifies the signature, so any 256 bytes have the look of RS256.
        return ".".join(_base64url(part) for part in [*parts, secrets.token_bytes(256)])


def _check_form(request: SeenRequest) -> None:
    if request.content_type != "application/x-www-form-urlencoded":
        raise denied("invalid_request", "the body must be a form")
    form = parse_qs(request.body.decode("latin-1"))
    if "grant_type" not in form:
        raise denied("invalid_request", "grant_type is missing")
    if form["grant_type"] != ["client_credentials"]:
        raise denied("unsupported_grant_type", "only client_credentials")
    if form.get("scope") != [SCOPE]:
        raise denied("invalid_scope", f"only {SCOPE}")


def _presents(authorization: str, credentials: tuple[str, str]) -> bool:
    """Whether this is HTTP Basic with these credentials; nothing in the form counts instead."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return False
    # Gloo's TypeScript percent-encodes both halves, its Python does not: it takes either.
    decoded = ":".join(unquote_plus(half) for half in pair.split(":", 1))
    return scheme.lower() == "basic" and ":".join(credentials) in {pair, decoded}


def _number(seconds: float) -> int | float:
    """Whole seconds as Gloo sends them; fractions only for the short lives that tests need."""
    return int(seconds) if seconds == int(seconds) else seconds


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
