"""Answers cross processes: what a pool hands back is what was asked for."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from gloo_openai import RoutingMetadata
from gloo_openai.testing import LocalGloo

from .. import forms
from ..traps import ASK
from ..worlds import World

WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "oldest": lambda value: pickle.loads(pickle.dumps(value, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_form_of_an_answer_is_copied(
    gloo: LocalGloo, world: World, way: Callable[[Any], Any]
) -> None:
    """Equal, of the same type, with its request id, and with Gloo's fields."""
    heard: list[RoutingMetadata] = []
    client = world.client(on_routing=heard.append)
    for form in (forms.plain, forms.parsed, forms.raw_of_parse, forms.post, forms.helper):
        gloo.answer(forms.VERSE, citations=[{"item_title": "A Guide to Joy"}], usage={"cost": 0.5})
        answer = form(world, client)
        again = way(answer)
        assert (type(again), again) == (type(answer), answer)
        # The final completion of a stream has none.
        assert getattr(again, "_request_id", None) == getattr(answer, "_request_id", None)
        assert again.routing == answer.routing == way(heard[-1])
        assert way(heard[-1]).usage == heard[-1].usage
        assert again.citations == answer.citations == way(answer.citations)
        assert again.to_dict(warnings=False) == answer.to_dict(warnings=False)
    gloo.answer(forms.VERSE)
    final = forms.helped(world, client, response_format=forms.Verse, **ASK)
    assert way(final).choices[0].message.parsed == forms.Verse(book="James", chapter=1)
    chunks = forms.streamed(world, client)
    assert way(chunks) == chunks


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_page_of_the_catalogue_is_copied(
    gloo: LocalGloo, world: World, way: Callable[[Any], Any]
) -> None:
    """Without its client: there is no next page."""
    page = world.call(world.client().models.list)
    again = way(page)
    assert again.data == page.data
    assert world.read(again) == page.data
    assert again.data[0].pricing == page.data[0].pricing
    assert again.has_next_page() is False
