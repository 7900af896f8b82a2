"""Langfuse, which watches the SDK's own calls."""

from __future__ import annotations

from typing import Any

from .checklist import Checklist
