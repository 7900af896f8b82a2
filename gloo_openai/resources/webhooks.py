"""`client.webhooks`: the SDK's; Gloo sends none, and OpenAI's environment is not read for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openai.resources.webhooks import AsyncWebhooks, Webhooks

__all__ = ["AsyncGlooWebhooks", "GlooWebhooks"]


def _secret(client: Any, secret: str | None) -> str:
    found = client.webhook_secret if secret is None else secret
    if found is None:
        raise ValueError(
            "There is no webhook secret: pass secret=, or webhook_secret= to the client. Webhooks "
            "are OpenAI's; Gloo sends none."
        )
    return str(found)


class GlooWebhooks(Webhooks):
    """`client.webhooks`."""

    if not TYPE_CHECKING:  # for type checkers they are the SDK's

        def unwrap(self, payload: Any, headers: Any, *, secret: str | None = None) -> Any:
            """The SDK's `unwrap`, with the client's secret if none is given."""
            return super().unwrap(payload, headers, secret=_secret(self._client, secret))

        def verify_signature(
            self, payload: Any, headers: Any, *, secret: str | None = None, tolerance: int = 300
        ) -> None:
            """The SDK's `verify_signature`, with the client's secret if none is given."""
            secret = _secret(self._client, secret)
            super().verify_signature(payload, headers, secret=secret, tolerance=tolerance)


class AsyncGlooWebhooks(AsyncWebhooks):
    """`client.webhooks` of the asynchronous client; nothing in it is awaited."""

    if not TYPE_CHECKING:  # for type checkers they are the SDK's

        def unwrap(self, payload: Any, headers: Any, *, secret: str | None = None) -> Any:
            """The SDK's `unwrap`, with the client's secret if none is given."""
            return super().unwrap(payload, headers, secret=_secret(self._client, secret))

        def verify_signature(
            self, payload: Any, headers: Any, *, secret: str | None = None, tolerance: int = 300
        ) -> None:
            """The SDK's `verify_signature`, with the client's secret if none is given."""
            secret = _secret(self._client, secret)
            super().verify_signature(payload, headers, secret=secret, tolerance=tolerance)
