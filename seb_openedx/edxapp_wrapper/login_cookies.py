"""Cookies with which the host's front ends recognise a login, besides the session of Django."""

import logging
from importlib import import_module
from typing import Any

from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

_MODULE = "openedx.core.djangoapps.user_authn.cookies"


def set_login_cookies(request: Any, response: Any, user: Any) -> None:
    """Add the host's cookies of a login to a response, where the host has such cookies."""
    _call("set_logged_in_cookies", request, response, user)


def delete_login_cookies(response: Any) -> None:
    """Remove them."""
    _call("delete_logged_in_cookies", response)


def _call(name: str, *args: Any) -> None:
    try:
        function = getattr(import_module(_MODULE), name)
    except (ImportError, AttributeError):
        return
    try:
        function(*args)
    except Exception as error:
        # The host's code: the learner has a session nevertheless.
        if first_time("login cookies", name, type(error).__name__):
            log.exception("the host's cookies of a login are not changed: function=%s", name)
