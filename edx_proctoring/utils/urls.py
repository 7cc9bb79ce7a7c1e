"""Addresses of course pages. Spec: python-api.md 9."""

import logging

from django.urls import reverse
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import conf

__all__ = ["get_course_home_url", "get_exam_url", "get_url_scheme", "resolve_exam_url_for_learning_mfe"]

log = logging.getLogger(__name__)


def get_url_scheme() -> str:
    """Return ``https`` unless the host says that it does not speak it."""
    return conf.proctoring.url_scheme


def resolve_exam_url_for_learning_mfe(course_id: str, content_id: str) -> str:
    """Return the exam's address in the learning MFE. Raises ``InvalidKeyError`` for ids that are no keys."""
    course_key = CourseKey.from_string(str(course_id))
    usage_key = UsageKey.from_string(str(content_id))
    return f"{conf.proctoring.learning_mfe_url}/course/{course_key}/{usage_key}"


def get_course_home_url(course_id: str) -> str:
    """Return the course's address in the learning MFE; of a host without one, in the LMS itself.

    Raises ``InvalidKeyError`` for an id that is no key.
    """
    course_key = CourseKey.from_string(str(course_id))
    if not conf.proctoring.learning_mfe_url:
        return f"{conf.proctoring.lms_root_url or ''}/courses/{course_key}/"
    return f"{conf.proctoring.learning_mfe_url}/course/{course_key}/home"


def get_exam_url(course_id: str, content_id: str, is_learning_mfe: bool) -> str:
    """Return the exam's address: in the learning MFE, or in the LMS itself (a path).

    Ids that the MFE cannot address, and hosts without it, lead to the LMS as well: a learner needs some way back.
    """
    if is_learning_mfe and conf.proctoring.learning_mfe_url:
        try:
            return resolve_exam_url_for_learning_mfe(course_id, content_id)
        except InvalidKeyError:
            log.info("exam has no address in the learning MFE: course_id=%s content_id=%s", course_id, content_id)
    return reverse("jump_to", args=[course_id, content_id])
