"""What is asked of every tracer; its own file says only how its spans are read.

Each form of call is made on a plain `openai` client and on a Gloo client, with the same tracer,
against the same Gloo. What the span of the plain client shows, that of the Gloo client has to show
as well; what both lack is the tracer's own, and recorded as such.
"""

from __future__ import annotations

import base64
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import openai
import pytest

from gloo_openai import RoutingMetadata
from gloo_openai.testing import LocalGloo

from ..worlds import World
from .calls import FAILURES, FORMS, MODEL, WORD, Form


@dataclass(frozen=True)
class Span:
    """What a tracer shows of a call, in whatever way it does."""

    asked: object = None
    answered: object = None
    tokens: tuple[Any, Any] = (0, 0)
    """Those of the prompt and of the answer."""
    text: str = ""
    """All that it shows of the answer."""
    error: str = ""


Facets = dict[str, int]
ALWAYS = ("create", "stream", "auto", "auto_stream", "grounded_stream")
"""Forms of which every tracer shows model, usage and output."""


class Checklist:
    """The checks, and the methods in which a tracer's file says how it is used and read."""

    section: ClassVar[str]
    """The heading in docs/tracing.md."""
    packages: ClassVar[tuple[str, ...]]
    """What the tracer is on the package index; their versions are recorded."""
    lacks: ClassVar[dict[str, tuple[str, ...]]] = {}
    """What it cannot show of a form; each has its reason beside it."""
    names: ClassVar[str] = "both"
    """Which names of models it keeps: `both`, or that of the model which `answered` only."""

    def watched(self, client: Any) -> Any:
        """The client as it is used with the tracer."""
        return client

    def within(self, call: Callable[[], Any]) -> Any:
        """Make a call where the tracer expects it."""
        return call()

    def spans(self) -> list[Span]:
        """What the tracer has exported since it was last asked."""
        raise NotImplementedError

    def exported(self) -> str:
        """All that it has ever exported, as text."""
        raise NotImplementedError

    @pytest.mark.parametrize("form", FORMS)
    def test_form(self, form: str, world: World, gloo: LocalGloo, note: Any) -> None:
        """A form of call is shown as it is for the plain client, and the caller notices nothing."""
        kind = FORMS[form]
        broken: tuple[type[BaseException], ...] = ()
        try:
            plain, _ = self._shown(kind, world, gloo, None)
        except Exception as error:  # noqa: BLE001 - whatever this tracer does to a plain client
            broken, plain = (type(error),), {type(error).__name__: True}
        told: list[RoutingMetadata] = []
        try:
            ours, got = self._shown(kind, world, gloo, told)
        except broken as error:
            note(form, world, plain, {type(error).__name__: True})
            return
        note(form, world, plain, ours)
        if form in ALWAYS:
            self._assert_shown(form, ours, ("model", "usage", "output"))
        self._assert_as_plain(form, ours, plain)
        assert WORD in got.text or form == "embeddings"
        assert len(told) == kind.told
        if told:
            assert told[0].model == got.model

    @pytest.mark.parametrize("failure", FAILURES)
    def test_failure(self, failure: str, world: World, gloo: LocalGloo, note: Any) -> None:
        """A failed call is shown as one, and the caller gets the exception."""
        plain = self._failed(failure, world, gloo, None)
        told: list[RoutingMetadata] = []
        ours = self._failed(failure, world, gloo, told)
        note(failure, world, plain, ours)
        self._assert_as_plain(failure, ours, plain)
        assert len(told) <= 1  # what a stream had carried before it broke

    def test_rejected_credentials(self, world: World, gloo: LocalGloo) -> None:
        """An exchange that fails is a failed call, and shows no secret."""
        secret = "not-the-secret-of-anybody"
        client = self.watched(world.client(client_id=gloo.client_id, client_secret=secret))
        self.spans()
        with pytest.raises(openai.AuthenticationError):
            self.within(lambda: FORMS["create"].ours(world, client))
        spans = self.spans()
        assert any(span.error for span in spans) or self.lacks.get("rejected") == ("error",)
        assert secret not in self.exported()

    def _shown(self, form: Form, world: World, gloo: LocalGloo, told: Any) -> tuple[Facets, Any]:
        client = self._client(world, gloo, told, form.family)
        # A plain client can read the documented form of a Responses stream only.
        gloo.reset()
        gloo.answer(form.answer, nested=told is None)
        make = form.plain if told is None else form.ours
        got = self.within(lambda: make(world, client))
        model = MODEL if told is None and form.told else form.model
        self.check_secrets(gloo)
        spans = self.spans()
        asked = model if self.names == "both" else got.model
        shown = {
            "spans": len(spans),
            "model": any(span.asked == asked for span in spans),
            "answering model": any(span.answered == got.model for span in spans),
            "usage": any(span.tokens == got.tokens for span in spans),
            "output": any(WORD in span.text for span in spans),
            "no error": not any(span.error for span in spans),
            "own stream": got.whole,
        }
        return shown, got

    def _failed(self, failure: str, world: World, gloo: LocalGloo, told: Any) -> Facets:
        call, prepare = FAILURES[failure]
        client = self._client(world, gloo, told, "")
        prepare(gloo)
        # A stream of a plain client that is cut is httpx's own exception.
        with pytest.raises(Exception) as caught:  # noqa: PT011 - see above
            self.within(lambda: Form(call).ours(world, client))
        gloo.clear_faults()
        assert told is None or isinstance(caught.value, openai.APIError)
        del caught
        self.check_secrets(gloo)
        spans = self.spans()
        return {
            "spans": len(spans),
            "model": any(span.asked == MODEL for span in spans),
            "error": any(span.error for span in spans),
        }

    def _client(self, world: World, gloo: LocalGloo, told: Any, family: str) -> Any:
        options: dict[str, Any] = {"max_retries": 0}
        if told is None:
            url = f"{gloo.base_url}{family}"
            client = world.openai(api_key=gloo.api_key, base_url=url, **options)
        else:
            client = world.client(on_routing=told.append, **options)
        gc.collect()
        self.spans()  # what is left of the one before, which may end with its last reference
        return self.watched(client)

    def _assert_shown(self, form: str, ours: Facets, wanted: tuple[str, ...]) -> None:
        lacks = self.lacks.get(form, ())
        missing = [facet for facet in wanted if not ours[facet] and facet not in lacks]
        assert not missing, f"no {missing} in the span of {form}"

    def _assert_as_plain(self, form: str, ours: Facets, plain: Facets) -> None:
        lacks = self.lacks.get(form, ())
        wanted = [facet for facet in plain if plain[facet] and facet not in lacks]
        other = [facet for facet in wanted if ours.get(facet, plain[facet]) != plain[facet]]
        assert not other, f"{form}: {other} differ; a plain client has {plain}, ours {ours}"

    def check_secrets(self, gloo: LocalGloo) -> None:
        """Neither the credentials nor a token are in anything exported."""
        pair = f"{gloo.client_id}:{gloo.client_secret}".encode()
        secrets = [gloo.client_secret, base64.b64encode(pair).decode(), *gloo.tokens]
        exported = self.exported()
        assert not [secret for secret in secrets if secret in exported]
