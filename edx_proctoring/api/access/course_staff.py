"""Who is staff of a course? The host knows. Spec: rest-api.md 2.2, host-platform.md 7.4."""

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

    Nobody is without an ``instructor`` service, when it fails, or for a course id that the host
    cannot read: who is not known to be staff is refused.
    """
    service: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if service is None:
        return False
    try:
        return bool(service.is_course_staff(user, str(course_id)))
    except InvalidKeyError:
        return False
    except Exception:  # pylint: disable=broad-except
        log.exception("host does not tell who is course staff: course_id=%s user_id=%s", course_id, user.id)
        return False
