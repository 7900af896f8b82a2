"""Who asks: where credentials come from, and the hook that puts a fresh bearer on each request.

It knows HTTP and the token endpoint, and nothing of what is asked or answered.
"""

from .background import run_within
from .copies import (
    check_other_credentials,
    credentials_of_copy,
    hide_secrets,
    refuse_openais,
    take_credentials,
)
from .env_files import EnvFile
from .hook import BoundAuth, GlooAuth
from .loopback import direct_mounts, is_detour
from .placeholder import PLACEHOLDER
from .replay import refusal_note
from .settings import default_model_of
from .urls import api_url, origin
from .values import SecretOrText, Vault, hidden

__all__ = [
    "PLACEHOLDER",
    "BoundAuth",
    "EnvFile",
    "GlooAuth",
    "SecretOrText",
    "Vault",
    "api_url",
    "check_other_credentials",
    "credentials_of_copy",
    "default_model_of",
    "direct_mounts",
    "hidden",
    "hide_secrets",
    "is_detour",
    "origin",
    "refusal_note",
    "refuse_openais",
    "run_within",
    "take_credentials",
]
