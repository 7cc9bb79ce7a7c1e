"""Tokens of the host, of which only those with a verified signature count.

Requests with one are authenticated inside the view, after the middleware; until then their user is anonymous. Without
public keys in its settings the host's library accepts tokens with any signature. The app for special exams verifies it
in each case; that app may be absent, so it is found by name, and without it no token counts.
"""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model


def signed_authentication() -> Any:
    """Return the class that authenticates by ``Authorization: JWT``; None where no token can be verified."""
    try:
        if not apps.is_installed("edx_proctoring"):
            return None
        return import_module("edx_proctoring.utils.signed_jwt").SignedJwtAuthentication
    except Exception:
        # The host's library may need settings or apps that are absent.
        return None


def user_of_token(request: Any) -> Any:
    """Return the active user of a valid ``Authorization: JWT`` header, else None."""
    meta = getattr(request, "META", None)
    header = meta.get("HTTP_AUTHORIZATION") if isinstance(meta, dict) else None
    if not isinstance(header, str) or not header.upper().startswith("JWT "):
        return None
    try:
        claims = signed_authentication().jwt_decode_token(header.split(" ", 1)[1].strip())
        username = claims.get("preferred_username") or claims.get("username")
        return get_user_model().objects.filter(username=username, is_active=True).first()
    except Exception:
        # An invalid token, or a host without tokens: either way nobody is authenticated by it.
        return None
