"""Signatures at run time: the SDK's own with Gloo's keywords, made when somebody asks for one.

`help()`, `inspect.signature` and whatever filters keywords by them see them. They cost nothing
until then: `inspect` looks for them where a function says that it wraps another.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from openai import omit

__all__ = ["ClassSignature", "signed"]

F = TypeVar("F", bound=Callable[..., Any])
NAMED = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def signed(sdk: Callable[..., Any], gloo: Callable[..., Any]) -> Callable[[F], F]:
    """A function that has the signature of the SDK's, and the keywords of another of Gloo's."""

    def sign(function: F) -> F:
        vars(function)["__wrapped__"] = _Signed(sdk, gloo)
        return function

    return sign


class _Signed:
    """What a function wraps, for who asks: it has a signature, and is the SDK's in all else."""

    def __init__(self, sdk: Callable[..., Any], gloo: Callable[..., Any]) -> None:
        self.__wrapped__ = sdk
        self._gloo = gloo

    @cached_property
    def __signature__(self) -> inspect.Signature:
        return _merged(self.__wrapped__, self._gloo)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)


class ClassSignature:
    """The signature of a class that is constructed as the SDK's is, with keywords of Gloo's."""

    def __init__(self, sdk: type, gloo: Callable[..., Any]) -> None:
        self._sdk = sdk
        self._gloo = gloo

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner

    def __get__(self, instance: object, owner: Any) -> inspect.Signature:
        # A subclass with a constructor of its own has a signature of its own.
        if instance is not None or owner.__init__ is not vars(self._owner)["__init__"]:
            raise AttributeError("__signature__")
        signature = _merged(vars(self._sdk)["__init__"], self._gloo)
        return signature.replace(parameters=list(signature.parameters.values())[1:])


def _merged(sdk: Any, gloo: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(sdk)
    # Of a call is left out what the SDK's `omit` stands for, of a client what is None.
    left_out: dict[str, Any] = {"default": omit} if "model" in signature.parameters else {}
    theirs = [
        each.replace(**left_out) if each.name == "model" else each
        for each in signature.parameters.values()
    ]
    ours = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY, **left_out)
        for name, each in inspect.signature(gloo).parameters.items()
        if name not in signature.parameters and each.kind in NAMED and name != "self"
    ]
    return signature.replace(parameters=[*theirs, *ours])
