"""The catalogue of models."""

from __future__ import annotations

from gloo_openai.testing import LocalGloo

from .bare_client import HELLO, MODEL, V2, send


def test_catalogue_needs_no_authorization(local_gloo: LocalGloo) -> None:
    """And has rows of every kind, broken ones too."""
    got = send(local_gloo, "/platform/v2/models", method="GET", token=None).json
    assert set(got) == {"object", "data"}
    rows = got["data"]
    whole = next(row for row in rows if row.get("id") == MODEL)
    assert set(whole) == {
        "id",
        "provider_id",
        "name",
        "family",
        "description",
        "context_window",
        "max_output_tokens",
        "input_modalities",
        "output_modalities",
        "supports_tools",
        "supports_reasoning",
        "pricing",
    }
    assert isinstance(whole["pricing"]["input"]["rate_per_1k_tokens"], str)
    assert len({row.get("family") for row in rows}) > 4
    assert any("id" not in row for row in rows)
    assert any(row.get("output_modalities") == ["image"] for row in rows)
    assert any("id" in row and "output_modalities" not in row for row in rows)
    assert any(row.get("supports_tools") is False for row in rows)


def test_catalogue_is_settable(local_gloo: LocalGloo) -> None:
    """Routing then picks from it."""
    local_gloo.models = [{"id": "gloo-one", "family": "One"}]
    assert send(local_gloo, "/platform/v2/models", method="GET").json["data"] == local_gloo.models
    assert send(local_gloo, V2, {"model_family": "one", "messages": HELLO}).json["model"] == (
        "gloo-one"
    )
