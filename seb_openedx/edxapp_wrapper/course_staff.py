"""Who is staff of a course, as the host says.

Asked through the runtime service ``instructor``, which hosts register for special exams. That app may be absent, so it
is found by name when it is needed.
"""

import logging
from importlib import import_module
from typing import Any

from django.apps import apps

from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)


def is_course_staff(user: Any, course_key: Any) -> bool:
    """Return whether the host counts ``user`` to the staff of the course; False if it cannot be asked."""
    if not getattr(user, "is_authenticated", False) or not apps.is_installed("edx_proctoring"):
        return False
    try:
        service = import_module("edx_proctoring.runtime").get_runtime_service("instructor")
        return bool(service) and bool(service.is_course_staff(user, str(course_key)))
    except Exception as error:
        # The host's code: whatever it raises, the user is not known to be staff.
        if first_time("course staff", type(error).__name__):
            log.exception("the host does not say who is course staff: course_id=%s", course_key)
        return False
