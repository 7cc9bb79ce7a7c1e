"""Permissions that the host registers, because the package does not."""

from __future__ import annotations

from typing import Any

import rules
from django.conf import settings

from demo.host import enrollment_modes
from demo.host.models import CourseRun, Enrollment

RETIREMENT_WORKER = "wanda"


@rules.predicate
def can_take_proctored_exam(user: Any, exam: dict[str, Any] | None = None) -> bool:
    """Special exams on, active enrolment in a mode that may be proctored, course offers proctored exams."""
    if not settings.ENABLE_SPECIAL_EXAMS or not exam or not user.is_authenticated:
        return False
    course = CourseRun.objects.filter(course_id=exam["course_id"]).first()
    if course is None or not course.enable_proctored_exams:
        return False
    enrollment = Enrollment.objects.filter(user=user, course=course, is_active=True).first()
    return enrollment is not None and enrollment.mode in enrollment_modes.proctored_modes(course)


@rules.predicate
def can_retire_user(user: Any) -> bool:
    """The retirement worker and superusers."""
    return bool(user.is_superuser or user.username == RETIREMENT_WORKER)


rules.add_perm("edx_proctoring.can_take_proctored_exam", can_take_proctored_exam)
rules.add_perm("accounts.can_retire_user", can_retire_user)
