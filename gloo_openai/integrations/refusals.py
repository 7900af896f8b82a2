"""`refusals_raise()`: a client that says so where guardrails answered in place of a shape."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .. import AsyncGlooOpenAI, GlooOpenAI, GuardrailRefusalError

__all__ = ["refusals_raise"]

Client = TypeVar("Client", GlooOpenAI, AsyncGlooOpenAI)


def refusals_raise(client: Client, *, always: bool = False) -> Client:
    """A view of the client for frameworks that read JSON out of an answer by themselves.

    Where a call asks for a shape (`response_format`, or a tool that has to be called) and Gloo's
    guardrails answer in words, its `chat.completions.create` raises `GuardrailRefusalError` with
    these words. A framework would find that they are no JSON, and ask again.

    Args:
        client: it stays as it is.
        always: whatever a call asks for, as where a prompt describes the shape.

    Returns:
        A copy of the client, over the same token and connections. Streams, raw responses and
        copies of the copy are as ever.
    """
    view = client.with_options()
    completions: Any = view.chat.completions
    completions.create = _watched(completions.create, always)
    return view


def _watched(create: Callable[..., Any], always: bool) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(create):

        @functools.wraps(create)
        async def awaited(*args: Any, **call: Any) -> Any:
            return _checked(await create(*args, **call), call, always)

        return awaited

    @functools.wraps(create)
    def called(*args: Any, **call: Any) -> Any:
        return _checked(create(*args, **call), call, always)

    return called


def _checked(answer: Any, call: Mapping[str, Any], always: bool) -> Any:
    refused = not call.get("stream") and getattr(answer, "guardrail_refusal", False)
    if not refused or not (always or _asks_for_a_shape(call)):
        return answer
    said = (choice.message.content for choice in answer.choices)
    raise GuardrailRefusalError(text=next(filter(None, said), ""), completion=answer)


def _asks_for_a_shape(call: Mapping[str, Any]) -> bool:
    form, tool = call.get("response_format"), call.get("tool_choice")
    shaped = isinstance(form, Mapping) and form.get("type") not in (None, "text")
    return shaped or isinstance(tool, Mapping) or tool == "required"
