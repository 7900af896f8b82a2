"""Inspect's provider `gloo`: `inspect eval task.py --model gloo/auto`."""

from __future__ import annotations

from typing import Any

from .. import AUTO, PLACEHOLDER, AsyncGlooOpenAI, GlooAuth
from . import GLOO_OPTIONS, extra, refuse, take

with extra("inspect-ai"):
    from inspect_ai.model import GenerateConfig, modelapi
    from inspect_ai.model._providers.openai_compatible import OpenAICompatibleAPI

__all__ = ["GlooAPI"]

OF_A_CLIENT = ("timeout", "max_retries", "default_headers", "default_query")


@modelapi(name="gloo")
class GlooAPI(OpenAICompatibleAPI):
    """Inspect's models named `gloo/…`: `gloo/auto`, or `gloo/` and a model.

    Args:
        model_name: what follows `gloo/`.
        auth, api_key: who asks, if that is not in the environment. Inspect writes its other options
            into the log of an evaluation.
        tradition, rag_publisher, sources_limit, include_citations, grounded, endpoint, on_routing:
            those of `GlooOpenAI`; on the command line, `-M tradition=catholic`.
        options: those of Inspect's `openai-api` provider, but for what only OpenAI has.

    Raises:
        TypeError: a keyword that means nothing here.
        MissingCredentialsError: nothing to authenticate with was found.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - as Inspect has it
        **options: Any,
    ) -> None:
        auth = options.pop("auth", None)
        if auth is not None and api_key:
            raise TypeError("auth= brings its own key: leave out api_key.")
        self._auth = auth or GlooAuth(api_key=api_key, base_url=base_url)
        self._gloo = take(options, GLOO_OPTIONS)
        if base_url:
            self._gloo["base_url"] = base_url
        refuse("gloo", options, (*OF_A_CLIENT, "http_client"))
        super().__init__(
            model_name=model_name,
            base_url=str(base_url or self._auth.base_url),
            api_key=PLACEHOLDER,
            config=config,
            service="gloo",
            **options,
        )

    def _create_client(self) -> AsyncGlooOpenAI:
        given = {"http_client": self.http_client, **self.model_args, **self._gloo}
        if self.client_timeout is not None:
            given["timeout"] = self.client_timeout
        return AsyncGlooOpenAI(auth=self._auth, **given)

    def service_model_name(self) -> str:
        """The name on the wire: `auto` is `gloo-auto`."""
        name = super().service_model_name()
        return AUTO + name.removeprefix("auto") if name.split("-")[0] == "auto" else name
