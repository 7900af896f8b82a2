"""Who asks: where credentials come from, and the hook that puts a fresh bearer on each request.

It knows HTTP and the token endpoint, and nothing of what is asked or answered.
"""

from .copies import check_other_credentials, credentials_of_copy, take_credentials
from .hook import PLACEHOLDER, BoundAuth, GlooAuth
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
    "origin",
    "take_credentials",
]
