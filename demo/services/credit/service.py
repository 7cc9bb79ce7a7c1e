"""Credit for a course."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from demo.host.models import (
    CourseRun,
    CreditEligibility,
    CreditRequest,
    CreditRequirement,
    CreditRequirementStatus,
    Enrollment,
)
from demo.services.keys import course_key

CREDIT_MODES = {"verified", "professional", "no-id-professional", "masters", "executive-education", "credit", "honor"}


class CreditService:
    """A learner's credit requirements and their statuses."""

    def get_credit_state(
        self, user_id: int, course_key_or_id: CourseKey | str, return_course_info: bool = False
    ) -> dict[str, Any] | None:
        """State of one learner; None for unknown users and without an active enrolment.

        Platform oddities: a user without a profile raises; an unpublished course has no ``course_name``, and its end
        date is naive and one hour in the past.
        """
        key = course_key(course_key_or_id)
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None:
            return None
        enrollment = Enrollment.objects.filter(user=user, course__course_id=str(key)).first()
        if enrollment is None or not enrollment.is_active:
            return None
        state: dict[str, Any] = {
            "enrollment_mode": enrollment.mode,
            "profile_fullname": user.profile.name,  # raises UserProfile.DoesNotExist, as the platform does
            "student_email": user.email,
            "is_credit_course": self.is_credit_course(key),
            "credit_requirement_status": self._requirement_statuses(user_id, key),
        }
        if return_course_info:
            course = CourseRun.objects.filter(course_id=str(key), published_version__gt=0).first()
            if course is None:
                state["course_end_date"] = datetime.now() - timedelta(hours=1)  # noqa: DTZ005  (naive on purpose)
            else:
                state["course_name"] = course.display_name
                state["course_end_date"] = course.ends_at
        return state

    def set_credit_requirement_status(
        self,
        user_id: int,
        course_key_or_id: CourseKey | str,
        req_namespace: str,
        req_name: str,
        status: str = "satisfied",
        reason: dict[str, Any] | None = None,
    ) -> None:
        """Set a status. Does nothing, without an error, in the many cases in which the platform does nothing."""
        key = course_key(course_key_or_id)
        requirement = self._writable_requirement(user_id, key, req_namespace, req_name)
        if requirement is None:
            return
        eligible = CreditEligibility.objects.filter(user_id=user_id, course=requirement.course)
        if status == "failed" and eligible.exists():
            return
        CreditRequirementStatus.objects.update_or_create(
            user_id=user_id, requirement=requirement, defaults={"status": status, "reason": reason}
        )
        if status == "satisfied" and not self._open_requirements(user_id, requirement.course):
            CreditEligibility.objects.get_or_create(user_id=user_id, course=requirement.course)

    def remove_credit_requirement_status(
        self, user_id: int, course_key_or_id: CourseKey | str, req_namespace: str, req_name: str
    ) -> None:
        """Remove a status, if there is one."""
        key = course_key(course_key_or_id)
        if not self.is_credit_course(key):
            return
        CreditRequirementStatus.objects.filter(
            user_id=user_id,
            requirement__course__course_id=str(key),
            requirement__namespace=req_namespace,
            requirement__name=req_name,
        ).delete()

    def is_credit_course(self, course_key_or_id: CourseKey | str) -> bool:
        """Whether the course offers credit."""
        return CourseRun.objects.filter(course_id=str(course_key(course_key_or_id)), is_credit_course=True).exists()

    def _writable_requirement(
        self, user_id: int, key: CourseKey, namespace: str, name: str
    ) -> CreditRequirement | None:
        if not self.is_credit_course(key):
            return None
        enrollment = Enrollment.objects.filter(user_id=user_id, course__course_id=str(key)).first()
        if enrollment is None or enrollment.mode not in CREDIT_MODES:
            return None
        if CreditRequest.objects.filter(user_id=user_id, course__course_id=str(key)).exists():
            return None
        return (
            CreditRequirement.objects.filter(
                course__course_id=str(key), namespace=namespace, name=str(name), is_active=True
            )
            .select_related("course")
            .first()
        )

    def _open_requirements(self, user_id: int, course: CourseRun) -> bool:
        satisfied = CreditRequirementStatus.objects.filter(
            user_id=user_id, requirement__course=course, requirement__is_active=True, status="satisfied"
        ).count()
        return satisfied < CreditRequirement.objects.filter(course=course, is_active=True).count()

    def _requirement_statuses(self, user_id: int, key: CourseKey) -> list[dict[str, Any]]:
        if not self.is_credit_course(key):
            return []
        known = {
            status.requirement_id: status
            for status in CreditRequirementStatus.objects.filter(
                user_id=user_id, requirement__course__course_id=str(key)
            )
        }
        rows = []
        for requirement in CreditRequirement.objects.filter(course__course_id=str(key), is_active=True):
            status = known.get(requirement.pk)
            rows.append(
                {
                    "namespace": requirement.namespace,
                    "name": requirement.name,
                    "display_name": requirement.display_name,
                    "criteria": requirement.criteria,
                    "reason": status.reason if status else None,
                    "status": status.status if status else None,
                    "status_date": status.modified if status else None,
                    "order": requirement.position,
                }
            )
        return rows
