"""Enrolments."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from demo.host import enrollment_modes
from demo.host.models import CourseRun, Enrollment
from demo.services.keys import course_key_from_string_only


class EnrollmentsService:
    """Enrolments of a course."""

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None = None
    ) -> QuerySet[Enrollment] | None:
        """Active enrolments whose mode may be proctored, unordered.

        Platform oddity: None, not an empty list, when the course is unknown or offers no proctored exams.
        """
        key = course_key_from_string_only(course_id)
        course = CourseRun.objects.filter(course_id=str(key)).first()
        if course is None or not course.enable_proctored_exams:
            return None
        found = Enrollment.objects.filter(
            course=course, is_active=True, mode__in=enrollment_modes.proctored_modes(course)
        ).select_related("user")
        if text_search:
            found = found.filter(Q(user__username__icontains=text_search) | Q(user__email__icontains=text_search))
        return found

    def get_active_enrollments_by_course(self, course_id: str) -> QuerySet[Enrollment]:
        """All active enrolments of a course."""
        key = course_key_from_string_only(course_id)
        return Enrollment.objects.filter(course__course_id=str(key), is_active=True).select_related("user")

    def get_active_enrollments_by_course_and_user(self, course_id: str, user: Any) -> Enrollment | None:
        """One learner's active enrolment, or None."""
        return self.get_active_enrollments_by_course(course_id).filter(user=user).first()
