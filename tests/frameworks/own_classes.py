"""What is asked of the adapter's own class for a framework, beside the checklist."""

from __future__ import annotations

import asyncio
from traceback import format_exception
from typing import Any

import pytest
from pydantic import SecretStr

from gloo_openai import GlooAuth
from gloo_openai.testing import LocalGloo

from .checklist import QUESTION, Checklist, run

FOREIGN = {
    "workload_identity": {"provider": "s3cret"},
    "admin_api_key": "s3cret",
    "webhook_secret": "s3cret",
}


class OwnClass(Checklist):
    """Credentials and options of the clients as keywords of a framework's object."""

    def shown(self, model: Any) -> str:
        """Everything that prints, dumps and serialises the object, or is given to tracers."""
        raise NotImplementedError

    @pytest.fixture
    def credentials(self, gloo: LocalGloo, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """The local Gloo's id and secret, which are nowhere else."""
        monkeypatch.delenv("GLOO_CLIENT_ID")
        monkeypatch.delenv("GLOO_CLIENT_SECRET")
        return {"client_id": gloo.client_id, "client_secret": gloo.client_secret}

    def test_credentials_as_keywords(self, credentials: dict[str, str]) -> None:
        """Id and secret are taken as the clients take them, and shown nowhere."""
        model = self.model("gloo-auto", **credentials)
        assert QUESTION in self.asked(model)
        shown = self.shown(model)
        for secret in (*credentials.values(), self.gloo.tokens[-1]):
            assert secret not in shown
        assert credentials["client_secret"] not in str(self.sent())

    def test_a_key_as_keyword(self, gloo: LocalGloo, credentials: dict[str, str]) -> None:
        """So is a static key, also one that is held back from being printed."""
        key = gloo.environ["GLOO_API_KEY"]
        for given in (key, SecretStr(key)):
            model = self.model("gloo-auto", api_key=given)
            assert QUESTION in self.asked(model)
            assert gloo.completions[-1].bearer == key
            assert key not in self.shown(model)

    def test_an_auth_and_credentials(self, credentials: dict[str, str]) -> None:
        """Two answers to who asks are an error, which shows neither."""
        auth = GlooAuth(**credentials)
        with pytest.raises(Exception, match="auth= brings its own") as caught:
            self.asked(self.model("gloo-auto", auth=auth, **credentials))
        assert credentials["client_secret"] not in str(caught.value)

    @pytest.mark.parametrize("name", FOREIGN)
    def test_foreign_keywords(self, name: str) -> None:
        """What only OpenAI's clients take is refused by its name, and shown nowhere."""
        with pytest.raises(TypeError, match=name) as caught:
            self.model("gloo-auto", **{name: FOREIGN[name]})
        assert "s3cret" not in str(caught.value)

    def test_a_loop_after_another(self) -> None:
        """One object serves one event loop after another, with one token."""
        model = self.model("gloo-auto")
        for _ in range(3):
            assert QUESTION in self.asked(model)
            asyncio.run(asyncio.sleep(0))
        assert len(self.gloo.exchanges) == 1
        assert len(self.gloo.completions) == 3  # none is sent again, on a connection that works

    def test_grounded_promise(self) -> None:
        """`grounded=False` holds back what a publisher would make grounded."""
        model = self.model("gloo-auto", rag_publisher="Bezalel", grounded=False)
        run(self.ask(model, QUESTION))
        assert not self.gloo.completions[-1].path.endswith("/grounded")

    def test_a_refusal_has_no_shape(self) -> None:
        """Where guardrails answer in place of a shape, the error says so, with their text."""
        if "structured" in self.lacks:
            pytest.skip(self.lacks["structured"])
        for _ in range(5):  # a framework may ask again
            self.gloo.refuse()
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each framework has its own
            run(self.structured(self.model("gloo-auto"), QUESTION))
        told = "".join(format_exception(caught.value))
        assert "Gloo's guardrails" in told
        assert "I can't help with that" in told

    def test_an_endpoint(self) -> None:
        """An endpoint of Gloo's is chosen as the clients choose it."""
        self.asked(self.model("gloo-auto", endpoint="guarded"))
        assert self.gloo.completions[-1].path == "/ai/v2/guarded/chat/completions"
