"""How a request says which model answers it: pure functions from a body to a body and a path.

Gloo's V2 takes exactly one of `model`, `auto_routing` and `model_family` (protocol §3). Pseudo
models, which no Gloo model is called, say the other two where only a model name can be given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final, Literal

from openai import NotGiven, Omit

from .endpoints import grounded_path, is_grounded_path, is_v1
from .errors import RoutingError
from .traditions import Tradition, warn_of_tradition

__all__ = [
    "AUTO",
    "FIELDS",
    "FIELD_SET",
    "Defaults",
    "Family",
    "Tradition",
    "auto_model",
    "family_of",
    "gloo_body",
    "is_pseudo_model",
    "is_settled",
    "named_model",
    "route",
]

AUTO: Final = "gloo-auto"
"""The pseudo model for `auto_routing=True`."""

Family = Literal["openai", "anthropic", "google", "open source"] | str

GROUNDING = ("rag_publisher", "sources_limit", "include_citations")
FIELDS = ("auto_routing", "model_family", "tradition", *GROUNDING)
FIELD_SET = frozenset(FIELDS)
_NOTHING = frozenset({Omit, NotGiven})
HOW_TO_ROUTE = (
    'Write one of model="gloo-…", auto_routing=True or model_family="…"; where only a model name '
    f'can be given, model="{AUTO}" or model="{AUTO}-anthropic".'
)


@dataclass(frozen=True)
class Defaults:
    """What a client fills in for calls that leave it out."""

    default_model: str | None = None
    tradition: Tradition | None = None
    rag_publisher: str | None = None
    sources_limit: int | None = None
    include_citations: bool | None = None
    grounded: bool | None = None
    """True: every call is grounded. None: with `rag_publisher` every call is. False: none is."""

    @cached_property
    def are_none(self) -> bool:
        """Whether nothing is filled in, but for the model of calls that name none."""
        return replace(self, default_model=None) == Defaults()


def auto_model(family: Family | None = None) -> str:
    """The pseudo model of a family: `auto_model("open source")` is `gloo-auto-open-source`.

    Without a family it is `AUTO`. A hyphen in a family's name is doubled.

    Raises:
        RoutingError: the family cannot be written as a model name.
    """
    if family is None:
        return AUTO
    name = f"{AUTO}-{family.replace('-', '--').replace(' ', '-')}"
    if not family.strip() or "/" in family or family_of(name) != family:
        raise RoutingError(f"model_family {family!r} cannot be written as a model name.")
    return name


def family_of(model: str) -> str | None:
    """The family that a pseudo model names; None for `AUTO`. The opposite of `auto_model`."""
    if model == AUTO:
        return None
    family = re.sub(
        "--|-", lambda match: "-" if len(match[0]) == 2 else " ", model[len(AUTO) + 1 :]
    )
    if not family.strip():
        raise RoutingError(f"model {model!r} names no family. {HOW_TO_ROUTE}")
    return family


def named_model(asked: Mapping[str, Any], default: str | None) -> str | None:
    """How a call that names no model is routed, said as a model name; None if nothing says it.

    `asked` is its `extra_body`, `default` the client's model. On the wire the name becomes the
    routing that it stands for.
    """
    if asked.get("auto_routing") is True:
        return AUTO
    family = asked.get("model_family")
    if family and isinstance(family, str):
        with suppress(RoutingError):
            return auto_model(family)
        return AUTO  # beside the family itself, which wins
    model = asked.get("model")
    return model if model and isinstance(model, str) else default


def is_pseudo_model(model: object) -> bool:
    """Whether a model name stands for Gloo's own routing."""
    return isinstance(model, str) and (model == AUTO or model.startswith(f"{AUTO}-"))


def gloo_body(
    *,
    auto_routing: bool | None = None,
    model_family: Family | None = None,
    tradition: Tradition | None = None,
    rag_publisher: str | None = None,
    sources_limit: int | None = None,
    include_citations: bool | None = None,
) -> dict[str, object]:
    """Gloo's fields as an `extra_body`, for frameworks that pass nothing else on.

    Raises:
        RoutingError: a value that Gloo would refuse.
    """
    body = {
        "auto_routing": auto_routing,
        "model_family": model_family,
        "tradition": tradition,
        "rag_publisher": rag_publisher,
        "sources_limit": sources_limit,
        "include_citations": include_citations,
    }
    given: dict[str, object] = {n: value for n, value in body.items() if value is not None}
    _validate(given)
    return given


def is_settled(body: Mapping[str, Any], defaults: Defaults) -> bool:
    """Whether a call is what it would be routed to: it names a model, and nothing of Gloo's."""
    model = body.get("model")
    return (
        defaults.are_none
        and isinstance(model, str)
        and model != ""
        and not model.startswith(AUTO)
        and FIELD_SET.isdisjoint(body)
        and _NOTHING.isdisjoint(map(type, body.values()))
    )


def route(body: Mapping[str, Any], path: str, defaults: Defaults) -> tuple[dict[str, Any], str]:
    """Body and path as Gloo wants them, from those of a chat completion as the SDK made them.

    Args:
        body: the JSON body, `extra_body` merged in; it is not changed.
        path: the whole path of the call, such as `/ai/v2/chat/completions`, without a query.
        defaults: what the client fills in.

    Raises:
        RoutingError: no mechanism, two of them, or a field that Gloo would refuse.
    """
    body = {name: value for name, value in body.items() if not isinstance(value, (Omit, NotGiven))}
    if is_v1(path):
        return _v1(body, defaults), path
    routed = _with_defaults(body, defaults)
    grounded = _is_grounded(body, defaults) or is_grounded_path(path)
    if grounded:
        for name in GROUNDING:
            if name not in body and getattr(defaults, name) is not None:
                routed[name] = getattr(defaults, name)
    _validate(routed)
    routed = _one_mechanism(routed, defaults)
    if routed.get("tradition", "").lower() == "not_faith_specific" and "model" not in routed:
        raise RoutingError(
            "tradition='not_faith_specific' needs a model of its own choice: Gloo's routing "
            'always has a tradition. Write model="gloo-…" beside it.'
        )
    return routed, grounded_path(path) if grounded else path


def _v1(body: dict[str, Any], defaults: Defaults) -> dict[str, Any]:
    """V1 knows none of the V2 rules; a default model that is a real one is filled in."""
    named = [name for name in FIELDS if body.get(name) is not None and body[name] is not False]
    named += [
        f.name
        for f in fields(Defaults)
        if f.name != "default_model" and getattr(defaults, f.name) and f.name not in body
    ]
    if named:
        raise RoutingError(
            f"{', '.join(named)}: only Gloo's V2 knows this, and the base URL is that of V1. "
            "Use a base URL that ends in /ai/v2."
        )
    body = {name: value for name, value in body.items() if name not in FIELDS}
    if body.get("model") is None:
        body.pop("model", None)
        if defaults.default_model and not is_pseudo_model(defaults.default_model):
            body["model"] = defaults.default_model
    return body


def _with_defaults(body: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    """A call wins over the client, also when it says None; None itself is not sent."""
    routed = dict(body)
    if "tradition" not in body and defaults.tradition is not None:
        routed["tradition"] = defaults.tradition
    for name in ("model", *FIELDS):
        if routed.get(name, ...) in (None, ""):
            del routed[name]
    return routed


def _is_grounded(body: Mapping[str, Any], defaults: Defaults) -> bool:
    if any(body.get(name) not in (None, "") for name in GROUNDING):
        return True
    if defaults.grounded is None:
        return defaults.rag_publisher is not None and "rag_publisher" not in body
    return defaults.grounded


def _one_mechanism(routed: dict[str, Any], defaults: Defaults) -> dict[str, Any]:
    """Leave exactly one of `model`, `auto_routing` and `model_family` active."""
    auto, family = routed.get("auto_routing") is True, "model_family" in routed
    if auto and family:
        raise RoutingError(
            "auto_routing=True and model_family both say how the model is chosen. " + HOW_TO_ROUTE
        )
    if auto or family:
        # The model is then a framework's default or placeholder, as in Gloo's own example code.
        return {name: value for name, value in routed.items() if name != "model"}
    model = routed.get("model", defaults.default_model)
    if model is None:
        raise RoutingError(f"Nothing says how the model is chosen. {HOW_TO_ROUTE}")
    if not is_pseudo_model(model):
        return {**routed, "model": model}
    rest = {name: value for name, value in routed.items() if name not in ("model", "auto_routing")}
    chosen = family_of(model)
    return {**rest, "auto_routing": True} if chosen is None else {**rest, "model_family": chosen}


def _validate(body: Mapping[str, Any]) -> None:
    for name in ("model_family", "tradition", "rag_publisher"):
        if name in body and not isinstance(body[name], str):
            raise RoutingError(f"{name} must be a string, not {_shown(body[name])}.")
    if body.get("tradition"):
        warn_of_tradition(body["tradition"])
    for name in ("auto_routing", "include_citations"):
        if name in body and not isinstance(body[name], bool):
            raise RoutingError(f"{name} must be True or False, not {_shown(body[name])}.")
    limit = body.get("sources_limit", 1)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 10:
        raise RoutingError(
            f"sources_limit must be a whole number from 1 to 10, not {_shown(limit)}."
        )


def _shown(value: object) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"
