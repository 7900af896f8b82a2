"""A call as the SDK made it becomes one that Gloo takes: its path, and the body for that path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

from .endpoints import call_of, embeddings_path, path_of, responses_path, url_of
from .responses_body import responses_body
from .routing import Defaults, route

__all__ = ["rewrite"]


def rewrite(options: Any, base_url: object, defaults: Defaults) -> None:
    """Apply Gloo's rules to a call that Gloo has; anything else passes untouched.

    Args:
        options: the SDK's own copy for this one attempt (`FinalRequestOptions`); it is changed.
        base_url: that of the client.
        defaults: what the client fills in.

    Raises:
        RoutingError: Gloo would refuse the body.
    """
    url = str(options.url)
    call = call_of(url)
    if call is None or options.method.lower() != "post":
        return
    base = str(base_url)
    path = path_of(url, base)
    # Thrice pydantic's __setattr__ would cost as much as all of the routing.
    fields = cast("dict[str, Any]", vars(options))
    if call == "embeddings":
        path = embeddings_path(path)
    elif (body := _json_body(options)) is not None:
        if call == "response":
            path = responses_path(path)
            body = responses_body(body, path, defaults)
        else:
            body, path = route(body, path, defaults)
        fields.update(json_data=body, extra_json=None)
    fields["url"] = url_of(path, base, url)


def _json_body(options: Any) -> dict[str, Any] | None:
    """The JSON object of a call, with `extra_body` merged in; None if it sends something else."""
    body: Any = {} if options.json_data is None else options.json_data
    if isinstance(body, BaseModel):  # as the SDK would write it
        body = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if not isinstance(body, Mapping) or options.content is not None:
        return None
    return {**cast("Mapping[str, Any]", body), **(options.extra_json or {})}
