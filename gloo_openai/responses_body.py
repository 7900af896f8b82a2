"""What a Responses call looks like on the wire: pure functions from a body to a body.

Gloo's Responses API takes a `model` and nothing else that says who answers, function tools in the
nested form of chat completions, and no trace of an earlier answer that OpenAI's would know again:
`reasoning` items and the ids of items are a 400 (protocol §5, Responses).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from openai import NotGiven, Omit
from pydantic import BaseModel

from .endpoints import is_v1
from .errors import RoutingError
from .routing import AUTO, FIELDS, Defaults, gloo_body, is_pseudo_model

__all__ = ["responses_body"]

ROUTING = ("auto_routing", "model_family")
GROUNDING = ("rag_publisher", "sources_limit", "include_citations")
NAME_ONE = 'model="gloo-…", a name from client.models.list()'
INPUT_IDS = {"item_reference", "local_shell_call_output"}
"""Items whose `id` is what they say, not what an earlier answer called them."""


def responses_body(body: Mapping[str, Any], path: str, defaults: Defaults) -> dict[str, Any]:
    """The body of a Responses call as Gloo wants it, from one as the SDK made it.

    Args:
        body: the JSON body, `extra_body` merged in; it is not changed, nor is anything in it.
        path: the whole path of the call, such as `/ai/v2/guarded/responses`.
        defaults: what the client fills in.

    Raises:
        RoutingError: no model, or something that only chat completions have.
    """
    sent = {name: value for name, value in body.items() if not isinstance(value, (Omit, NotGiven))}
    _check_routing(sent)
    _check_grounding(sent, path, defaults)
    model, tradition = _model(sent, defaults), _tradition(sent, path, defaults)
    # What is left of grounding is for the grounded path that V1 has.
    for name in FIELDS:
        if name not in GROUNDING or sent.get(name) in (None, ""):
            sent.pop(name, None)
    sent["model"] = model
    if tradition is not None:
        sent["tradition"] = tradition
    for name, written in (("tools", _tools), ("tool_choice", _nested), ("input", _input)):
        if sent.get(name) is not None:
            sent[name] = written(sent[name])
    return sent


def _check_routing(sent: Mapping[str, Any]) -> None:
    """Gloo chooses no model here; `False` and None ask for nothing."""
    asked = [name for name in ROUTING if sent.get(name)]
    if is_pseudo_model(sent.get("model")):
        asked.append(f"model={sent['model']!r}")
    if asked:
        raise RoutingError(
            f"{', '.join(asked)}: the Responses API does not choose a model. "
            f"client.chat.completions.create does; here, write {NAME_ONE}."
        )


def _check_grounding(sent: Mapping[str, Any], path: str, defaults: Defaults) -> None:
    """What a call asks for or a client promises is never dropped in silence."""
    if is_v1(path) and "/grounded/" in path:
        return
    asked = [name for name in GROUNDING if sent.get(name) not in (None, "")]
    if asked:
        raise RoutingError(
            f"{', '.join(asked)}: Gloo's Responses are not grounded. "
            "client.chat.completions.create has this."
        )
    promised = defaults.grounded
    if promised is None:
        promised = defaults.rag_publisher is not None and "rag_publisher" not in sent
    if promised:
        named = (
            "grounded=True" if defaults.grounded else f"rag_publisher={defaults.rag_publisher!r}"
        )
        raise RoutingError(
            f"The client was made with {named}, and Gloo's Responses are not grounded. "
            "client.chat.completions.create is; for an answer that is not, call "
            "client.with_options(grounded=False).responses.create."
        )


def _model(sent: Mapping[str, Any], defaults: Defaults) -> object:
    model = sent.get("model")
    if model not in (None, ""):
        return model
    default = defaults.default_model
    if default and not is_pseudo_model(default):
        return default
    why = (
        f"The client's default_model is {default!r}, and the Responses API does not choose a model"
        if default
        else "The call names no model, and the Responses API does not choose one"
    )
    raise RoutingError(
        f'{why}. Write {NAME_ONE}; client.chat.completions.create(model="{AUTO}") chooses one.'
    )


def _tradition(sent: Mapping[str, Any], path: str, defaults: Defaults) -> str | None:
    """The call's own, else the client's; a call that says None has none."""
    tradition = sent.get("tradition", defaults.tradition) or None
    if tradition is None:
        return None
    gloo_body(tradition=tradition)
    if is_v1(path):
        raise RoutingError(
            f"tradition={tradition!r}: only Gloo's V2 knows this, and the base URL is that of V1. "
            "Use a base URL that ends in /ai/v2."
        )
    return cast("str", tradition)


def _tools(tools: object) -> object:
    return [_nested(tool) for tool in _items(tools)] if _is_list(tools) else tools


def _nested(tool: object) -> object:
    """A function tool, or the choice of one, in the form of chat completions.

    There, nothing may be null.
    """
    fields = _fields(tool)
    if fields.get("type") != "function" or "name" not in fields or "function" in fields:
        return fields if isinstance(tool, BaseModel) else tool
    given = {name: value for name, value in fields.items() if value is not None}
    return {"type": given.pop("type"), "function": given}


def _input(items: object) -> object:
    """Items of a conversation; of `reasoning` Gloo takes none."""
    if not _is_list(items):
        return items
    read = [(item, _fields(item)) for item in _items(items)]
    return [_replayed(item, fields) for item, fields in read if fields.get("type") != "reasoning"]


def _replayed(item: object, fields: Mapping[str, Any]) -> object:
    """An item without what an earlier answer, or the SDK's `parse`, has put on it."""
    if not fields:
        return item
    names = {"parsed_arguments"}
    if fields.get("type") not in INPUT_IDS:
        names |= {"id", "status"}
    kept = {name: value for name, value in fields.items() if name not in names}
    content = kept.get("content")
    if isinstance(content, list):
        parts = [_part(part) for part in cast("list[object]", content)]
        if parts != content:
            kept["content"] = parts
    return item if kept == item else kept


def _part(part: object) -> object:
    fields = _fields(part)
    if "parsed" in fields:
        return {name: value for name, value in fields.items() if name != "parsed"}
    return fields if isinstance(part, BaseModel) else part


def _fields(item: object) -> Mapping[str, Any]:
    """An item's fields as JSON has them; empty if it is no object."""
    if isinstance(item, BaseModel):
        return item.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else {}


def _is_list(value: object) -> bool:
    """Whether it has items; those of an iterator would be gone when the SDK tries again."""
    scalar = (str, bytes, Mapping, BaseModel, Iterator)
    return isinstance(value, Iterable) and not isinstance(value, scalar)


def _items(value: object) -> Iterable[object]:
    return cast("Iterable[object]", value)
