"""`GlooGuardrails`: the clients of OpenAI's guardrails library, talking to Gloo AI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import AsyncGlooOpenAI, GlooAuth, GlooOpenAI
from . import CREDENTIALS, extra

with extra("openai-guardrails"):
    from guardrails import GuardrailsAsyncOpenAI, GuardrailsOpenAI
    from guardrails.context import GuardrailsContext

__all__ = ["AsyncGlooGuardrails", "GlooGuardrails"]


class GlooGuardrails(GuardrailsOpenAI, GlooOpenAI):
    """`GuardrailsOpenAI`, whose answers, and whose checks that ask a model, are Gloo's.

    Args:
        config: the pipeline of checks, or a path to it.
        raise_guardrail_errors: whether a check that fails to run is an error.
        openai_kwargs: those of `GlooOpenAI`; `on_routing` hears of the checks' answers, too.

    Raises:
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def _initialize_client(self, config: Any, openai_kwargs: Any, client_class: Any) -> None:
        super()._initialize_client(config, _shared(openai_kwargs, self.auth), GlooOpenAI)

    def _create_default_context(self) -> Any:
        return GuardrailsContext(guardrail_llm=self._resource_client)


class AsyncGlooGuardrails(GuardrailsAsyncOpenAI, AsyncGlooOpenAI):
    """`GuardrailsAsyncOpenAI`, as `GlooGuardrails` is `GuardrailsOpenAI`."""

    def _initialize_client(self, config: Any, openai_kwargs: Any, client_class: Any) -> None:
        super()._initialize_client(config, _shared(openai_kwargs, self.auth), AsyncGlooOpenAI)

    def _create_default_context(self) -> Any:
        return GuardrailsContext(guardrail_llm=self._resource_client)


def _shared(options: Mapping[str, Any], auth: GlooAuth) -> dict[str, Any]:
    """The same keywords for another client, over the token of the first."""
    rest = {name: value for name, value in options.items() if name not in CREDENTIALS}
    return {**rest, "auth": auth}
