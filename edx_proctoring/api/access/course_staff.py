"""Who is staff of a course, according to the host.

Contract: contract/rest-rules#course-staff, contract/host-services#course-staff.
"""

import logging
from typing import Any

from opaque_keys import InvalidKeyError

from edx_proctoring import host, runtime

__all__ = ["is_user_course_or_global_staff"]

log = logging.getLogger(__name__)


def is_user_course_or_global_staff(user: Any, course_id: Any) -> bool:
    """Return whether ``user`` is global staff, or staff of the course according to the host."""
    return bool(user.is_staff) or is_course_staff(user, course_id)


def is_course_staff(user: Any, course_id: Any) -> bool:
    """Return whether ``user`` is staff of the course according to the host.

    False without an ``instructor`` service, when the service fails, and for a course id that is
    not a valid key.
    """
    service: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if service is None:
        return False
    try:
        return bool(service.is_course_staff(user, str(course_id)))
    except InvalidKeyError:
        return False
    except Exception:  # pylint: disable=broad-except
        # The host's own exceptions cannot be imported here. Unknown means refused.
        log.exception("host does not tell who is course staff: course_id=%s user_id=%s", course_id, user.id)
        return False
