"""URLs of course pages. Contract: contract/helpers#addresses."""

import logging

from django.urls import reverse
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import conf

__all__ = ["get_course_home_url", "get_exam_url", "get_url_scheme", "resolve_exam_url_for_learning_mfe"]

log = logging.getLogger(__name__)


def get_url_scheme() -> str:
    """Return ``https`` unless the host's settings turn it off."""
    return conf.proctoring.url_scheme


def resolve_exam_url_for_learning_mfe(course_id: str, content_id: str) -> str:
    """Return the exam's URL in the learning MFE. Raises ``InvalidKeyError`` for ids that are not keys."""
    course_key = CourseKey.from_string(str(course_id))
    usage_key = UsageKey.from_string(str(content_id))
    return f"{conf.proctoring.learning_mfe_url}/course/{course_key}/{usage_key}"


def get_course_home_url(course_id: str) -> str:
    """Return the course's URL in the learning MFE, or in the LMS for a host without one.

    Raises ``InvalidKeyError`` for an id that is not a key.
    """
    course_key = CourseKey.from_string(str(course_id))
    if not conf.proctoring.learning_mfe_url:
        return f"{conf.proctoring.lms_root_url or ''}/courses/{course_key}/"
    return f"{conf.proctoring.learning_mfe_url}/course/{course_key}/home"


def get_exam_url(course_id: str, content_id: str, is_learning_mfe: bool) -> str:
    """Return the exam's URL in the learning MFE, or its path in the LMS.

    The LMS is also used for ids that are not keys and for hosts without the MFE, so that there is always a link.
    """
    if is_learning_mfe and conf.proctoring.learning_mfe_url:
        try:
            return resolve_exam_url_for_learning_mfe(course_id, content_id)
        except InvalidKeyError:
            log.info("exam has no address in the learning MFE: course_id=%s content_id=%s", course_id, content_id)
    return reverse("jump_to", args=[course_id, content_id])
