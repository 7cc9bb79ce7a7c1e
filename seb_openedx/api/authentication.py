"""How callers of the REST API authenticate. Contract: contract/safe-exam-browser#rest."""

from importlib import import_module

from django.apps import apps
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from seb_openedx.edxapp_wrapper.jwt_user import signed_authentication


def authentication_classes() -> list[type[BaseAuthentication]]:
    """Return OAuth2 where the host has it, session, and the host's tokens.

    OAuth2 comes first, so that an anonymous request is told to authenticate by a bearer token.
    """
    found: list[type[BaseAuthentication]] = [SessionAuthentication]
    # The module defines models: it cannot be imported where the app is not installed.
    if apps.is_installed("oauth2_provider"):
        found.insert(0, import_module("oauth2_provider.contrib.rest_framework").OAuth2Authentication)
    if (by_token := signed_authentication()) is not None:
        found.append(by_token)
    return found
