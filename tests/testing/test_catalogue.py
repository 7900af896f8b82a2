"""The catalogue of models."""

from __future__ import annotations

from gloo_openai.testing import LocalGloo, odd_models

from .bare_client import AUTO, HELLO, MODEL, V2, send


def test_catalogue_needs_no_authorization(local_gloo: LocalGloo) -> None:
    """And every row is whole, in one or the other notation of rates."""
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
        "supports_streaming",
        "is_deprecated",
        "pricing",
    }
    assert all(set(row) == set(whole) for row in rows)
    assert whole["pricing"] == {
        "input": {"rate_per_1k_tokens": "0.00175", "rate_per_1m_tokens": "1.75"},
        "output": {"rate_per_1k_tokens": "0.014", "rate_per_1m_tokens": "14"},
        "cache_read": {"rate_per_1k_tokens": "0.000175", "rate_per_1m_tokens": "0.175"},
    }
    notations = {tuple(row["pricing"]["input"]) for row in rows}
    assert notations >= {("rate_per_1k_tokens",), ("rate_per_1m_tokens",)}
    assert any("cache_read" not in row["pricing"] for row in rows)
    assert len({row["family"] for row in rows}) > 4
    assert any(row["output_modalities"] == ["image"] for row in rows)
    assert any(row["output_modalities"] == ["text", "image"] for row in rows)
    assert any(row["supports_tools"] is False for row in rows)
    assert any(row["is_deprecated"] for row in rows)


def test_odd_rows_are_asked_for(local_gloo: LocalGloo) -> None:
    """Rows that lack nearly everything, or their id; routing goes round them."""
    local_gloo.models = [*odd_models(), *local_gloo.models]
    rows = send(local_gloo, "/platform/v2/models", method="GET", token=None).json["data"]
    assert any("id" not in row for row in rows)
    assert any("id" in row and "output_modalities" not in row for row in rows)
    assert send(local_gloo, V2, AUTO).status == 200


def test_deprecated_models_answer_but_are_not_picked(local_gloo: LocalGloo) -> None:
    """Who names one still has it."""
    (old,) = [row["id"] for row in local_gloo.models if row["is_deprecated"]]
    assert send(local_gloo, V2, {"model": old, "messages": HELLO}).json["model"] == old
    local_gloo.models = [row for row in local_gloo.models if row["id"] == old]
    assert send(local_gloo, V2, AUTO).status == 400


def test_lean_list(local_gloo: LocalGloo) -> None:
    """OpenAI's shape, without prices, behind the same door as the rest of `/ai`."""
    assert send(local_gloo, "/ai/v1/models", method="GET", token=None).status == 401
    got = send(local_gloo, "/ai/v1/models", method="GET").json
    assert got["object"] == "list"
    assert [row["id"] for row in got["data"]] == [row["id"] for row in local_gloo.models]
    assert {tuple(row) for row in got["data"]} == {("id", "object", "created", "owned_by")}


def test_catalogue_is_settable(local_gloo: LocalGloo) -> None:
    """Routing then picks from it."""
    local_gloo.models = [{"id": "gloo-one", "family": "One"}]
    assert send(local_gloo, "/platform/v2/models", method="GET").json["data"] == local_gloo.models
    assert send(local_gloo, V2, {"model_family": "one", "messages": HELLO}).json["model"] == (
        "gloo-one"
    )
