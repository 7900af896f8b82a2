"""The routing rules as pure functions: what holds for every body."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import Omit, not_given

from gloo_openai import AUTO, RoutingError, auto_model, gloo_body
from gloo_openai.routing import Defaults, family_of, is_pseudo_model, is_settled, route

PATH = "/ai/v2/chat/completions"
GROUNDED = PATH + "/grounded"
MECHANISMS = ("model", "auto_routing", "model_family")
OURS = {*MECHANISMS, "tradition", "rag_publisher", "sources_limit", "include_citations"}

families = st.sampled_from(["openai", "anthropic", "google", "open source", "x-ai", "", None])
models = st.sampled_from([AUTO, "gloo-auto-openai", "gloo-auto-open-source", "gloo-x", "", None])
traditions = st.sampled_from(["catholic", "mainline", "not_faith_specific", "", None])
flags = st.sampled_from([True, False, None])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
unknown = st.dictionaries(st.text().filter(lambda name: name not in OURS), values, max_size=3)
bodies = st.builds(
    lambda unknown, known: {**unknown, **known},
    unknown,
    st.fixed_dictionaries(
        {},
        optional={
            "model": models,
            "auto_routing": flags,
            "model_family": families,
            "tradition": traditions,
            "rag_publisher": st.sampled_from(["Bezalel", None]),
            "sources_limit": st.integers(1, 10) | st.none(),
            "include_citations": flags,
        },
    ),
)
defaults = st.builds(
    Defaults,
    default_model=models.filter(lambda model: model != ""),
    tradition=st.sampled_from(["catholic", None]),
    rag_publisher=st.sampled_from(["Bezalel", None]),
    sources_limit=st.integers(1, 10) | st.none(),
    include_citations=flags,
    grounded=flags,
)


def routed(body: dict[str, Any], given_defaults: Defaults) -> tuple[dict[str, Any], str] | None:
    """The body and path, or None where the rules refuse it."""
    try:
        return route(body, PATH, given_defaults)
    except RoutingError:
        return None


def active(body: dict[str, Any]) -> list[str]:
    """The mechanisms that Gloo would see as active (protocol §3)."""
    return [name for name in MECHANISMS if body.get(name) not in (None, False, "")]


@given(bodies, defaults)
def test_exactly_one_mechanism_remains(body: dict[str, Any], given_defaults: Defaults) -> None:
    """Or the call is refused; and no pseudo model ever reaches Gloo."""
    result = routed(body, given_defaults)
    if result is not None:
        assert len(active(result[0])) == 1
        assert not is_pseudo_model(result[0].get("model"))


@given(
    bodies | unknown.map(lambda body: {**body, "model": "gloo-x"}),
    st.builds(Defaults, default_model=models) | defaults,
    st.sampled_from([PATH, "/ai/v1/chat/completions"]),
)
def test_a_settled_call_is_what_it_would_be_routed_to(
    body: dict[str, Any], given_defaults: Defaults, path: str
) -> None:
    """Skipping the rules then changes nothing, on either version of the API."""
    if is_settled(body, given_defaults):
        assert route(body, path, given_defaults) == (body, path)


@pytest.mark.parametrize("value", [Omit(), not_given, None])
def test_what_was_left_out_with_the_sdks_own_words_is_not_sent(value: object) -> None:
    """`omit` and `not_given` are dropped from any body; None is JSON's null."""
    body = {"model": "gloo-x", "messages": [], "top_p": value}
    assert is_settled(body, Defaults()) == (value is None)
    sent = {"top_p": None} if value is None else {}
    assert route(body, PATH, Defaults())[0] == {"model": "gloo-x", "messages": [], **sent}


@given(bodies, defaults)
def test_the_input_is_never_changed(body: dict[str, Any], given_defaults: Defaults) -> None:
    """The SDK builds each retry from what the caller passed."""
    before = copy.deepcopy(body)
    routed(body, given_defaults)
    assert body == before


@given(bodies, defaults)
def test_routing_twice_is_routing_once(body: dict[str, Any], given_defaults: Defaults) -> None:
    """As with a proxy behind, which has no defaults of its own."""
    once = routed(body, given_defaults)
    if once is not None:
        assert route(once[0], once[1], Defaults()) == once


@given(bodies, defaults)
def test_unknown_fields_pass_untouched(body: dict[str, Any], given_defaults: Defaults) -> None:
    """The very same objects; nothing is added that is not Gloo's."""
    result = routed(body, given_defaults)
    if result is not None:
        unknown = {name: value for name, value in body.items() if name not in OURS}
        sent = {name: value for name, value in result[0].items() if name not in OURS}
        assert sent.keys() == unknown.keys()
        assert all(sent[name] is unknown[name] for name in unknown)


@given(bodies, defaults)
def test_grounding_goes_to_the_grounded_path_only(
    body: dict[str, Any], given_defaults: Defaults
) -> None:
    """Fields of grounding and its path come together."""
    result = routed(body, given_defaults)
    if result is not None:
        fields = {"rag_publisher", "sources_limit", "include_citations"} & set(result[0])
        assert result[1] in (PATH, GROUNDED)
        assert not fields or result[1] == GROUNDED


@given(bodies, defaults)
def test_a_call_wins_over_the_client(body: dict[str, Any], given_defaults: Defaults) -> None:
    """Also when it says None, which is not sent."""
    result = routed(body, given_defaults)
    if result is not None:
        for name in OURS - set(MECHANISMS):
            if name in body:
                assert result[0].get(name) == (body[name] if body[name] != "" else None)
        assert None not in [result[0].get(name, "") for name in OURS]


@given(st.text())
def test_a_family_and_its_pseudo_model_are_one_another_s_opposite(family: str) -> None:
    """Or it is refused; a name with a slash is one that a framework would split."""
    try:
        model = auto_model(family)
    except RoutingError:
        return
    assert "/" not in model
    assert is_pseudo_model(model)
    assert family_of(model) == family


@given(st.text().map(lambda rest: f"{AUTO}-{rest}"))
def test_any_pseudo_model_names_a_family_or_is_refused(model: str) -> None:
    """Never an empty one, which would be no mechanism."""
    try:
        family = family_of(model)
    except RoutingError:
        return
    assert family is not None
    assert family.strip()


@pytest.mark.parametrize(
    ("family", "model"),
    [
        (None, "gloo-auto"),
        ("anthropic", "gloo-auto-anthropic"),
        ("open source", "gloo-auto-open-source"),
        ("x-ai", "gloo-auto-x--ai"),
    ],
)
def test_the_names_of_the_pseudo_models(family: str | None, model: str) -> None:
    """As people write them."""
    assert auto_model(family) == model
    assert family_of(model) == family


@pytest.mark.parametrize("family", ["", " ", "a/b", " -"])
def test_a_family_that_is_no_model_name_is_refused(family: str) -> None:
    """Rather than becoming another family on the way back."""
    with pytest.raises(RoutingError, match="cannot be written as a model name"):
        auto_model(family)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Nothing says how"),
        ({"model": None}, "Nothing says how"),
        ({"auto_routing": False}, "Nothing says how"),
        ({"auto_routing": True, "model_family": "openai"}, "both say"),
        ({"model": "m", "model_family": 3}, "model_family must be a string"),
        ({"model": "m", "tradition": ["catholic"]}, "tradition must be a string"),
        ({"model": "m", "rag_publisher": 3}, "rag_publisher must be a string"),
        ({"auto_routing": "true"}, "auto_routing must be True or False"),
        ({"auto_routing": 1}, "auto_routing must be True or False"),
        ({"model": "m", "include_citations": "yes"}, "include_citations must be True or False"),
        ({"model": "m", "sources_limit": 0}, "from 1 to 10"),
        ({"model": "m", "sources_limit": 11}, "from 1 to 10"),
        ({"model": "m", "sources_limit": True}, "from 1 to 10"),
        ({"model": "m", "sources_limit": 3.0}, "from 1 to 10"),
        ({"auto_routing": True, "tradition": "not_faith_specific"}, "needs a model"),
        ({"model": AUTO, "tradition": "not_faith_specific"}, "needs a model"),
        ({"model": "gloo-auto-"}, "names no family"),
    ],
)
def test_what_gloo_would_refuse_is_refused_before(body: dict[str, Any], message: str) -> None:
    """With what to write instead; catchable as `ValueError`."""
    with pytest.raises(RoutingError, match=message):
        route(body, PATH, Defaults())


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"model": "m"}, {"model": "m"}),
        ({"model": AUTO}, {"auto_routing": True}),
        ({"model": "gloo-auto-open-source"}, {"model_family": "open source"}),
        ({"model": "placeholder", "auto_routing": True}, {"auto_routing": True}),
        ({"model": "placeholder", "model_family": "google"}, {"model_family": "google"}),
        ({"model": AUTO, "model_family": "google"}, {"model_family": "google"}),
        ({"model": "gloo-autopilot"}, {"model": "gloo-autopilot"}),
        ({"model": AUTO, "auto_routing": False}, {"auto_routing": True}),
        ({"model": None, "auto_routing": True}, {"auto_routing": True}),
    ],
)
def test_what_each_way_of_writing_becomes(body: dict[str, Any], sent: dict[str, Any]) -> None:
    """A placeholder beside a mechanism of Gloo's is dropped."""
    assert route(body, PATH, Defaults()) == (sent, PATH)


def test_v1_has_none_of_the_rules() -> None:
    """`model` is optional and untouched; fields of V2 are an error that says so."""
    for path in ("/ai/v1/chat/completions", "/gateway/ai/v1/chat/completions"):
        assert route({"model": AUTO}, path, Defaults())[0] == {"model": AUTO}
        assert route({}, path, Defaults())[0] == {}
        assert route({}, path, Defaults(default_model="m"))[0] == {"model": "m"}
        for name in ("auto_routing", "include_citations", "tradition"):
            for nothing in (None, False):
                assert route({name: nothing}, path, Defaults())[0] == {}
        for name, value in (
            ("auto_routing", True),
            ("tradition", "catholic"),
            ("sources_limit", 0),
        ):
            with pytest.raises(RoutingError, match="only Gloo's V2 knows this"):
                route({name: value}, path, Defaults())


@pytest.mark.parametrize("path", [GROUNDED, "/ai/v2/grounded/chat/completions"])
def test_a_call_that_is_grounded_by_its_url_has_the_defaults_of_grounding(path: str) -> None:
    """Though neither the call nor the client asks for it."""
    given = Defaults(sources_limit=2, include_citations=True)
    assert route({"model": "m"}, path, given) == (
        {"model": "m", "sources_limit": 2, "include_citations": True},
        path,
    )


def test_a_publisher_of_no_name_is_none() -> None:
    """As an empty tradition and an empty model are."""
    assert route({"model": "m", "rag_publisher": ""}, PATH, Defaults())[1] == PATH


def test_gloo_body_is_what_extra_body_takes() -> None:
    """What is None is left out; what Gloo would refuse is refused here."""
    assert gloo_body() == {}
    assert gloo_body(auto_routing=True, tradition="catholic") == {
        "auto_routing": True,
        "tradition": "catholic",
    }
    with pytest.raises(RoutingError):
        gloo_body(sources_limit=99)
