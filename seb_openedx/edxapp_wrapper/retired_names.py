"""How the host calls a retired user, and its signal that one is being retired."""

from importlib import import_module
from typing import Any

from django.utils.crypto import salted_hmac


def retired_name_of(user: Any) -> str:
    """Return the name under which a user is known after the retirement.

    The host's own. Without a host it is made from the user's id, so that it tells nothing and is always the same.
    """
    try:
        students = import_module("common.djangoapps.student.models")
        return str(students.get_retired_username_by_username(user.username))
    except (ImportError, AttributeError):
        return f"retired__user_{salted_hmac('seb_openedx.retirement', str(user.pk)).hexdigest()[:20]}"


def retirement_signal() -> Any:
    """Return the host's signal, or None."""
    try:
        return import_module("openedx.core.djangoapps.user_api.accounts.signals").USER_RETIRE_LMS_MISC
    except (ImportError, AttributeError):
        return None
