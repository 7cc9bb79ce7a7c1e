"""Which enrolment modes may take proctored exams."""

from __future__ import annotations

from django.conf import settings

from demo.host.models import CourseRun

PROCTORED_MODES = frozenset({"verified", "masters", "professional", "executive-education"})


def proctored_modes(course: CourseRun) -> frozenset[str]:
    """The platform's four modes, and honor when the course's provider allows it."""
    options = settings.PROCTORING_BACKENDS.get(course.proctoring_provider or "", {})
    allows_honor = isinstance(options, dict) and options.get("allow_honor_mode", False)
    return PROCTORED_MODES | {"honor"} if allows_honor else PROCTORED_MODES
