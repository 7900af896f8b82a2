"""`GlooModel`: a backend for CAMEL's agents, from Gloo AI."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER
from . import GLOO_OPTIONS, WHO_ASKS, extra, refuse, take
from .clients import Clients, OfTheLoop

with extra("camel-ai"):
    from camel.models import OpenAICompatibleModel
    from camel.utils import BaseTokenCounter

__all__ = ["GlooModel"]

TAKEN = ("base_url", "timeout", "max_retries", "default_headers", "default_query")
PER_TOKEN, PER_MESSAGE = 4, 4
"""Letters of a token, and tokens around a message: an estimate, as Gloo names no tokenizer."""
FIRST = b"\x01"
"""Before each piece of an encoded text: a number keeps no zeros in front."""


class Estimate(BaseTokenCounter):
    """Counts tokens roughly, for which nothing is downloaded."""

    def count_tokens_from_messages(self, messages: Any) -> int:
        """How many tokens these messages have, about."""
        return sum(
            len(str(each.get("content") or "")) // PER_TOKEN + PER_MESSAGE for each in messages
        )

    def encode(self, text: str) -> list[int]:
        """As many numbers as the text has tokens, about."""
        pieces = (text[at : at + PER_TOKEN] for at in range(0, len(text), PER_TOKEN))
        return [int.from_bytes(FIRST + piece.encode(), "big") for piece in pieces]

    def decode(self, token_ids: list[int]) -> str:
        """What `encode` was given."""
        pieces = (each.to_bytes((each.bit_length() + 7) // 8, "big") for each in token_ids)
        return b"".join(piece.removeprefix(FIRST) for piece in pieces).decode()


class GlooModel(OpenAICompatibleModel):
    """CAMEL's `OpenAICompatibleModel` on Gloo's clients: `ChatAgent(model=GlooModel())`.

    Args:
        model_type: a Gloo model or a pseudo model.
        model_config_dict: for every call, such as `{"temperature": 0, "stream": True}`.
        token_counter: CAMEL's own downloads a tokenizer; left out, tokens are estimated.
        auth, client_id, client_secret, api_key, token_url, env_file, allow_insecure_http: who asks,
            if that is not in the environment.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`, as are base_url, timeout, max_retries, default_headers and
            default_query.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def __init__(
        self,
        model_type: str = AUTO,
        model_config_dict: dict[str, Any] | None = None,
        *,
        token_counter: BaseTokenCounter | None = None,
        **options: Any,
    ) -> None:
        self._clients = Clients(kept=take(options, WHO_ASKS))
        refuse("GlooModel", options, (*TAKEN, *GLOO_OPTIONS))
        if foreign := sorted(set(options).difference(TAKEN, GLOO_OPTIONS)):
            raise TypeError(f"GlooModel takes no {', '.join(foreign)}.")
        self.gloo = options
        super().__init__(
            model_type,
            model_config_dict,
            api_key=PLACEHOLDER,
            token_counter=token_counter or Estimate(),
            client=self._clients.sync(options),
            async_client=OfTheLoop(self._clients, lambda: self.gloo),
        )

    def _prepare_request_config(self, tools: Any = None) -> dict[str, Any]:
        """A stream tells its usage only if it is asked to."""
        config: dict[str, Any] = super()._prepare_request_config(tools)
        if config.get("stream"):
            config.setdefault("stream_options", {"include_usage": True})
        return config

    @property
    def token_limit(self) -> int:
        """How much fits into the model, by the catalogue, and if that does not say, by CAMEL."""
        size = self._clients.window(str(self.model_type), self.gloo)
        return int(size or super().token_limit)
