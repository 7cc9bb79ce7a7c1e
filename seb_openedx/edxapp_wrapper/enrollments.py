"""Who takes a course, as the host says."""

import logging
from importlib import import_module
from typing import Any

from seb_openedx import conf
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)


def is_enrolled(user: Any, course_key: Any) -> bool:
    """Return whether a user is actively enrolled in a course; False if the host cannot be asked.

    True for everybody on a host without enrolments, which the module named by ``SEB_ENROLLMENTS_MODULE`` says by None.
    """
    try:
        found = import_module(conf.seb.host_module("SEB_ENROLLMENTS_MODULE")).is_enrolled(user, course_key)
    except Exception as error:
        # The host's code may raise anything; then no learner counts as enrolled.
        if first_time("enrolment", type(error).__name__):
            log.exception("the host does not say who is enrolled: course_id=%s", course_key)
        return False
    return found is None or bool(found)
