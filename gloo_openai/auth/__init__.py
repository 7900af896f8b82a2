"""Who asks: where credentials come from, and the hook that puts a fresh bearer on each request.

It knows HTTP and the token endpoint, and nothing of what is asked or answered.
"""

from .copies import check_other_credentials, credentials_of_copy, take_credentials
from .hook import PLACEHOLDER, BoundAuth, GlooAuth
from .loopback import direct_mounts, is_detour
from .replay import refusal_note
from .settings import EnvFile, default_model_of
from .urls import api_url, origin

__all__ = [
    "PLACEHOLDER",
    "BoundAuth",
    "EnvFile",
    "GlooAuth",
    "api_url",
    "check_other_credentials",
    "credentials_of_copy",
    "default_model_of",
    "direct_mounts",
    "is_detour",
    "origin",
    "refusal_note",
    "take_credentials",
]
