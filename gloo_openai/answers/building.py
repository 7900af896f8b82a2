"""The fast way from JSON to the SDK's objects.

The one rule: what is built is what the SDK would have built. Its `construct` walks the types of
every answer anew, and has pydantic validate each union, `Optional` included. Here the fields are
read once, from the models themselves; then each value costs a look at its own type. What would
not come out as it went in (`"5"` for a number) or is unknown (a variant, a kind of type) has no
reader: that is a `KeyError`, and the SDK reads it.
"""

from collections.abc import Callable
from functools import cache, cached_property, lru_cache
from inspect import get_annotations, getattr_static
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from openai import BaseModel
from openai._models import construct_type
from openai._utils import PropertyInfo, is_union
from openai.types import CompletionUsage

Readers = dict[type, Callable[[Any], Any] | None]  # by a value's own type; None: it stays as it is
JSON: tuple[type[Any], ...] = (str, int, float, bool, NoneType, list, dict)
# What a model has from the SDK's BaseModel, if nothing of its own happens when it is built.
PLAIN = "construct", "__init__", "model_config", "model_post_init", "__pydantic_decorators__"


def built(kind: Any, value: Any) -> Any:
    """What the SDK's `construct_type` makes of decoded JSON, for a model or a union of models."""
    try:
        return _read(_outermost(kind), value)
    except KeyError:
        return construct_type(type_=kind, value=value)


@cache
def _outermost(kind: Any) -> Readers:
    """Readers of a type; none if this SDK or this pydantic builds otherwise, seen on a sample."""
    body: Any = {"later": [1], "prompt_tokens_details": {"later": 2, "audio_tokens": None}}
    both: Any = _Model(CompletionUsage, False).read(body), CompletionUsage.construct(**body)
    ours, theirs = ([m.__getstate__(), m.prompt_tokens_details.__getstate__()] for m in both)
    return _readers(kind, False) if ours == theirs else {}


def _read(readers: Readers, value: Any) -> Any:
    read = readers[type(value)]
    return value if read is None else read(value)


def _readers(kind: Any, valid: bool) -> Readers:
    """How the values of a type are read; `valid` where pydantic looks at them."""
    kind, *metadata = get_args(kind) if get_origin(kind) is Annotated else [kind]
    origin, inner = get_origin(kind), get_args(kind)
    found: Readers = {}
    if kind in (Any, object, str, int, bool):
        found = {each: None for each in JSON if kind in (Any, object, each)}
    elif kind is float:
        found = {float: None, int: lambda n: float(n) if abs(n) <= 2**53 else _read({}, n)}
    elif origin is Literal and all(type(each) is str for each in inner):
        found[str] = {each: each for each in inner}.__getitem__ if valid else None
    elif origin is list:
        items = _readers(inner[0], valid)
        found[list] = lambda values: [_read(items, value) for value in values]
    elif origin is dict and inner[0] is str:
        items = _readers(inner[1], valid)
        found[dict] = lambda values: {name: _read(items, values[name]) for name in values}
    elif is_union(get_origin(kind)):
        found = _of_union(inner)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        found[dict] = _Model(kind, valid).read
    return found if all(isinstance(each, PropertyInfo) for each in metadata) else {}


def _of_union(kinds: tuple[Any, ...]) -> Readers:
    """Pydantic takes the variant that is valid: only one may be, for a value that is read here."""
    variants = {each: _readers(each, True) for each in kinds if each is not NoneType}
    found: Readers = {NoneType: None} if NoneType in kinds else {}
    for kind in JSON if all(variants.values()) else ():
        claims = [each for each, readers in variants.items() if kind in readers]
        if len(claims) == 1 or str in claims:
            found[kind] = variants[str if str in claims else claims[0]][kind]
        elif claims and (read := _by_type(claims)):
            found[kind] = read
    return found


def _by_type(models: list[Any]) -> Callable[[Any], Any] | None:
    """A reader of models of which each requires a `type` of its own; None if not all of them do."""
    found: dict[Any, Callable[[Any], Any]] = {}
    for model in models:
        field = getattr(model, "model_fields", {}).get("type")
        types = get_args(field.annotation) if field and field.is_required() else [None]
        if found.keys() & types or {type(each) for each in types} != {str}:
            return None
        found |= dict.fromkeys(types, _Model(model, True).read)
    return lambda value: _read({str: found.__getitem__}, value["type"])(value)


@cache
class _Model:
    """Builds the objects of one model: as `construct` does, or as pydantic does if `valid`."""

    def __init__(self, kind: Any, valid: bool) -> None:
        self.kind, self.valid = kind, valid
        self.shape = lru_cache(maxsize=100)(self._shape_of)

    @cached_property
    def fields(self) -> dict[str, tuple[Readers, Any, bool]]:
        """How each is read, its default, and if it must be there; none if only the SDK can."""
        odd = any(getattr_static(self.kind, n) != getattr_static(BaseModel, n) for n in PLAIN)
        odd |= any("__pydantic_extra__" in get_annotations(c) for c in self.kind.__mro__[:-3])
        found = {}
        for name, field in self.kind.model_fields.items():
            readers = _readers(field.rebuild_annotation(), self.valid)
            required = field.is_required()
            default = None if required else field.get_default()
            odd |= NoneType in readers and default is not None
            odd |= field.alias != field.validation_alias or field.default_factory is not None
            found[name] = readers, default, (required and self.valid) or default.__hash__ is None
        return {} if odd else found

    def _shape_of(self, keys: tuple[str, ...]) -> tuple[Any, ...]:
        """Of objects with these keys: all defaults, what to read, what is set, what is extra."""
        extra = [key for key in keys if key not in self.fields]
        missing = any(each[2] and name not in keys for name, each in self.fields.items())
        aliases = [a for n, f in self.kind.model_fields.items() if f.alias for a in (n, f.alias)]
        # `construct(**values)` takes some names for its parameters, and pydantic refuses some.
        odd = any(key[:1] == "_" or not key.isascii() or key in aliases for key in keys)
        if missing or odd or not self.fields:
            raise KeyError(keys)
        rows = [(name, each[0]) for name, each in self.fields.items() if name in keys]
        given = [name for name, _ in rows] + extra * self.valid
        return {name: each[1] for name, each in self.fields.items()}, rows, given, extra

    def read(self, data: dict[str, Any]) -> Any:
        """Build one from a JSON object."""
        defaults, rows, given, extra = self.shape(tuple(data))
        values = defaults.copy()
        for name, readers in rows:
            try:
                values[name] = _read(readers, data[name])
            except KeyError:
                if self.valid:
                    raise
                values[name] = vars(self.kind.construct(**{name: data[name]}))[name]
        model, put = object.__new__(self.kind), object.__setattr__
        put(model, "__dict__", values)
        put(model, "__pydantic_fields_set__", set(given))
        put(model, "__pydantic_extra__", {name: data[name] for name in extra})
        put(model, "__pydantic_private__", None)
        return model
