"""Models that the fast way has never seen: a newer SDK's, and those that only the SDK can build."""

# Without `from __future__ import annotations`: pydantic reads these classes where they are made.

# Types are written as the SDK writes them: openai 2 cannot build a union that says `X | None`.
# ruff: noqa: UP006, UP007, UP035, UP045, RUF012, RUF036

from datetime import datetime
from typing import Annotated, Any, Dict, List, Literal, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BaseModel
from openai._utils import PropertyInfo
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk
from pydantic import Field, PrivateAttr, field_validator

from gloo_openai.answers.building import built

from .observed import asked, fuzzed, same, shaped

assert asked  # a fixture


class Newer(ChatCompletionChunk):
    """What a newer SDK might add to a chunk."""

    mood: Optional[Literal["joyful", "sober"]] = None
    weight: float
    inner: Optional["Inner"] = None


class Inner(BaseModel):
    """A model that has models of its kind in it."""

    text: str
    more: Optional[List["Inner"]] = None


Newer.model_rebuild()  # as the SDK does where a model names one that comes after it


class Cat(BaseModel):
    type: Literal["cat"]
    lives: int


class Dog(BaseModel):
    type: Literal["dog", "puppy"]
    name: Optional[str] = None


class Stray(BaseModel):
    type: str
    name: Optional[str] = None


class Pets(BaseModel):
    """Unions that tell their variants apart, and unions that do not."""

    told: Annotated[Union[Cat, Dog], PropertyInfo(discriminator="type")]
    some: Optional[List[Union[Cat, Dog]]] = None
    stray: Union[Cat, Stray, None] = None
    mixed: Union[str, List[str], Cat, None] = None
    number: Union[int, Literal["many"], None] = None
    text: Union[None, str] = None
    words: Optional[Dict[str, List[str]]] = None
    anything: Optional[object] = None


class Renamed(BaseModel):
    kind: Optional[str] = Field(alias="type", default=None)
    schema_: Dict[str, object] = Field(alias="schema")
    read_as: Optional[str] = Field(validation_alias="read", default=None)


class Validated(BaseModel):
    a: Optional[str] = None

    @field_validator("a")
    @classmethod
    def upper(cls, value: Any) -> Any:
        return str(value).upper()


class Private(BaseModel):
    a: Optional[str] = None
    _kept: int = PrivateAttr(7)


class TypedExtra(BaseModel):
    a: Optional[str] = None
    __pydantic_extra__: Dict[str, CompletionUsage]


class OwnConstruct(BaseModel):
    a: Optional[str] = None

    @classmethod
    def construct(cls, _fields_set: Any = None, **values: Any) -> Any:
        return super().construct(_fields_set, **{**values, "a": "its own"})


class Strict(BaseModel, extra="ignore"):
    a: Optional[str] = None


class Defaults(BaseModel):
    a: Optional[str] = "joy"
    b: List[str] = ["x"]
    c: List[str] = Field(default_factory=list)
    d: Optional[datetime] = None
    e: Optional[Annotated[str, Field(max_length=1)]] = None


class Around(BaseModel):
    """Each of them where pydantic looks at it."""

    one: Optional[Renamed] = None
    two: Optional[Validated] = None
    three: Optional[Private] = None
    four: Optional[TypedExtra] = None
    five: Optional[OwnConstruct] = None
    six: Optional[Strict] = None
    seven: Optional[Defaults] = None


ODD = [Renamed, Validated, Private, TypedExtra, OwnConstruct, Strict, Defaults]


@pytest.mark.parametrize("kind", [Newer, Pets, Around, *ODD], ids=lambda kind: kind.__name__)
@fuzzed
@given(st.data())
def test_any_model_is_built_as_the_sdk_builds_it(kind: Any, data: st.DataObject) -> None:
    """Whatever it has in it: validators, aliases, defaults, unions, what is private."""
    same(kind, data.draw(shaped(kind)))


def test_the_fields_of_a_newer_sdk_are_known(asked: list[object]) -> None:
    """They are read from the model: nothing is released here for a field that is added there."""
    body = {"mood": "joyful", "weight": 2, "inner": {"text": "x", "more": [{"text": "y"}]}}
    newer = built(Newer, body)
    asked.clear()
    newer = built(Newer, body)
    assert asked == []
    assert (newer.mood, newer.weight, newer.inner.more[0].text) == ("joyful", 2.0, "y")


def test_another_way_of_building_is_the_sdks(
    monkeypatch: pytest.MonkeyPatch, asked: list[object]
) -> None:
    """Where the SDK begins to build otherwise than is assumed here, the SDK builds everything."""
    usual = BaseModel.construct.__func__

    def otherwise(cls: Any, _fields_set: Any = None, **values: Any) -> Any:
        model = usual(cls, _fields_set, **values)
        model.__pydantic_extra__["built"] = "otherwise"
        return model

    monkeypatch.setattr(BaseModel, "construct", classmethod(otherwise))

    class Unseen(ChatCompletionChunk):
        pass

    built(Unseen, {"id": "x"})
    asked.clear()
    assert built(Unseen, {"id": "x"}).model_extra == {"built": "otherwise"}
    assert Unseen in asked
