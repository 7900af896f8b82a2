"""All that can be seen of a model, and JSON of the shapes that the SDK's models have."""

from __future__ import annotations

import copy
import json
import os
import pickle
import random
import warnings
from collections.abc import Callable, Iterator
from types import NoneType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from openai import BaseModel
from openai._models import construct_type

from gloo_openai.answers import building

BY_HAND = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzed = settings(
    max_examples=BY_HAND or 60,
    derandomize=not BY_HAND,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking a whole Response takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

TEXT = st.sampled_from(["", "x", "é", "\ud800", "5", "true"]) | st.text(max_size=4)
NUMBERS = st.integers(-2, 3) | st.sampled_from([2**53 + 1, -(2**70), 10**400])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats() | TEXT
NAMES = st.sampled_from(
    ["_request_id", "_fields_set", "_BaseModel__cls", "self", "é", "\ud800", "model_config"]
)
NAMES |= st.sampled_from(["type", "index", "cost", "provider", "id", ""]) | st.text(max_size=3)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=5,
)
DEPTH = 7


@st.composite
def shaped(draw: st.DrawFn, kind: Any, *, of: Any = None, breaks: int = 3) -> str:
    """JSON that has the shape of a type of the SDK's, or this one, and is broken here and there."""
    luck = draw(st.randoms(use_true_random=False))
    value = _sound(kind, luck, DEPTH) if of is None else copy.deepcopy(of)
    for _ in range(draw(st.integers(0, breaks))):
        value = _broken(value, draw)
    return json.dumps(value)


def _sound(kind: Any, luck: random.Random, depth: int) -> Any:  # noqa: PLR0911 - a case a line
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _sound(inner[0], luck, depth)
    if origin is Literal:
        return luck.choice(inner)
    if origin is Union or type(kind).__name__ == "UnionType":
        usual = [each for each in inner if each is not NoneType]
        return _sound(luck.choice(usual if depth > 0 else inner[-1:]), luck, depth - 1)
    if origin is list:
        return [_sound(inner[0], luck, depth - 1) for _ in range(luck.randrange(3) if depth else 0)]
    if origin is dict:
        return {name: _sound(inner[1], luck, depth - 1) for name in "ab"[: luck.randrange(3)]}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {
            field.alias or name: _sound(field.annotation, luck, depth - 1)
            for name, field in kind.model_fields.items()
            if field.is_required() or (depth > 0 and luck.random() < 0.5)
        }
    if kind is NoneType:
        return None
    examples: dict[Any, list[Any]] = {int: [0, 1], float: [0.5, 2], bool: [True], str: ["x", ""]}
    return luck.choice(examples.get(kind, [None, {"a": [1]}]))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _broken(value: Any, draw: st.DrawFn) -> Any:
    places = list(_places(value))
    if not places:
        return draw(JSON)
    inside, key = places[draw(st.integers(0, len(places) - 1))]
    how = draw(st.sampled_from(["other", "null", "missing", "more", "text"]))
    if how == "missing":
        del inside[key]
    elif how == "more" and isinstance(inside, dict):
        inside[draw(NAMES)] = draw(JSON)
    else:
        others = {"null": st.none(), "text": st.just(str(inside[key]))}
        inside[key] = draw(others.get(how, JSON))
    return value


def state(value: Any, given: Any) -> object:
    """What a value consists of, in its order; and whether it is a part of what was given."""
    parts = {id(each) for each in _all(given)}

    def of(value: Any) -> object:
        if isinstance(value, BaseModel):
            names = ("__dict__", "__pydantic_extra__", "__pydantic_private__")
            slots = [of(getattr(value, name)) for name in names]
            given = cast("object", value.model_fields_set)  # the JSON's own `_fields_set` may be it
            return type(value), list(given) if isinstance(given, set) else given, slots
        shared = id(value) in parts
        if isinstance(value, dict):
            return shared, [(name, of(each)) for name, each in value.items()]
        if isinstance(value, list):
            return shared, [of(each) for each in value]
        return type(value), repr(value)

    return of(value)


def _all(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _all(each)


LOOKS: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "python": lambda model: model.model_dump(),
    "json": lambda model: model.model_dump(mode="json"),
    "by alias": lambda model: model.model_dump(by_alias=True),
    "exclude unset": lambda model: model.model_dump(exclude_unset=True),
    "exclude defaults": lambda model: model.model_dump(exclude_defaults=True),
    "exclude none": lambda model: model.model_dump(exclude_none=True),
    "round trip": lambda model: model.model_dump(round_trip=True),
    "text": lambda model: model.model_dump_json(),
    "to_dict": lambda model: model.to_dict(),
    "to_json": lambda model: model.to_json(),
    "extra": lambda model: model.model_extra,
    "set": lambda model: model.model_fields_set,
    "iterated": dict,
    "validated": lambda model: state(type(model).model_validate(model.to_dict()), None),
    "copied": lambda model: state(copy.copy(model), None),
    "model_copy": lambda model: state(model.model_copy(deep=True), None),
    "deepcopied": lambda model: state(copy.deepcopy(model), None),
    "pickled": lambda model: state(pickle.loads(pickle.dumps(model)), None),
}


def outcome(look: Callable[[Any], Any], model: Any) -> object:
    """What a look at a model gives, raises and warns of."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = repr(look(model))
        except Exception as error:  # noqa: BLE001 - the same for both, whatever it is
            result = f"{type(error)}: {error}"
    return result, [str(warning.message) for warning in warned]


def same(kind: Any, text: str) -> None:
    """Build one JSON both ways and look at both from all sides."""
    body = json.loads(text)

    def result(build: Callable[..., Any]) -> tuple[Any, str]:
        try:
            return build(), ""
        except Exception as error:  # noqa: BLE001 - the same for both, whatever it is
            return None, repr(error)

    theirs, their_error = result(lambda: construct_type(type_=kind, value=body))
    ours, our_error = result(lambda: building.built(kind, body))
    assert our_error == their_error
    assert json.dumps(body) == json.dumps(json.loads(text)), "the JSON itself was changed"
    assert state(ours, body) == state(theirs, body)
    if isinstance(ours, BaseModel):
        for name, look in LOOKS.items():
            assert outcome(look, ours) == outcome(look, theirs), name
        again = construct_type(type_=kind, value=body)
        assert (ours == theirs) == (again == theirs)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The types that the SDK was asked to read, of what is built directly."""
    kinds: list[object] = []
    construct = BaseModel.construct.__func__

    def read(*, type_: Any, value: object) -> object:
        kinds.append(type_)
        return construct_type(type_=type_, value=value)

    def counted(cls: Any, _fields_set: Any = None, **values: Any) -> Any:
        kinds.append(cls)
        return construct(cls, _fields_set, **values)

    monkeypatch.setattr(building, "construct_type", read)
    monkeypatch.setattr(BaseModel, "construct", classmethod(counted))
    return kinds
