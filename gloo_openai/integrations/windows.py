"""How much fits into a model, by the catalogue: frameworks know the windows of OpenAI's only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import openai

from .. import GlooModel, GlooOpenAI
from ..routing import family_of, is_pseudo_model

__all__ = ["answering", "catalogue", "windows"]

log = logging.getLogger("gloo_openai")

PATIENCE = 5.0
"""Seconds that a program waits for the catalogue."""


def catalogue(client: Callable[[], GlooOpenAI]) -> list[GlooModel]:
    """The rows of Gloo's catalogue, which is public; none where it cannot be had now."""
    try:
        page = client().with_options(max_retries=0, timeout=PATIENCE).models.list()
    except openai.OpenAIError as error:
        log.debug("nothing is known of Gloo's models: %s", type(error).__name__)
        return []
    return list(page.data)


def answering(model: str, rows: Iterable[GlooModel]) -> list[GlooModel]:
    """The rows of what may answer for a model or a pseudo model."""
    if not is_pseudo_model(model):
        return [row for row in rows if row.id == model]
    family = family_of(model)
    return [
        row
        for row in rows
        if "text" in row.output_modalities
        and (family is None or (row.family or "").lower() == family.lower())
    ]


def windows(rows: Sequence[GlooModel]) -> tuple[int | None, int | None]:
    """Tokens of context, and of an answer, that fit whichever of these models answers."""
    inputs = [row.context_window for row in rows if row.context_window]
    outputs = [row.max_output_tokens for row in rows if row.max_output_tokens]
    return min(inputs, default=None), min(outputs, default=None)
