"""A client of the local Gloo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from gloo_openai.testing import LocalGloo


@pytest.fixture
def client(local_gloo: LocalGloo) -> Iterator[OpenAI]:
    """The plain OpenAI client, as Gloo's guide sets it up: with a token for a key."""
    with OpenAI(
        api_key=local_gloo.issue_token(), base_url=local_gloo.base_url, max_retries=0
    ) as client:
        yield client
