"""What instructors can do to a learner (Spec: host-platform.md 7.4)."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from demo.host import content, queue, roles
from demo.host.models import CourseRun, LearnerState, Submission, SupportTicket
from demo.services.keys import course_key, course_key_from_string_only, usage_key_from_string_only

log = logging.getLogger(__name__)


class InstructorService:
    """Learner state, completion, staff checks, support tickets."""

    def delete_student_attempt(
        self, student_identifier: str, course_id: str, content_id: str, requesting_user: Any
    ) -> None:
        """Delete the learner's answers below a block, then enqueue a completion of 0.0.

        Unknown user or bad content id: error log and return. Ids must be ``str``.
        """
        key = course_key_from_string_only(course_id)
        learner = _find_user(student_identifier)
        if learner is None:
            log.error("cannot reset answers, learner unknown: course_id=%s", course_id)
            return
        try:
            block = usage_key_from_string_only(content_id)
        except InvalidKeyError:
            log.error("cannot reset answers, content unknown: course_id=%s content_id=%s", course_id, content_id)
            return
        requesting_user.id  # noqa: B018  (AttributeError when the caller passed something that is no user)
        problems = content.problem_keys_below(CourseRun.objects.filter(course_id=str(key)).first(), str(block))
        LearnerState.objects.filter(user=learner, usage_key__in=problems).delete()
        Submission.objects.filter(user=learner, usage_key__in=problems).delete()
        queue.enqueue("update_completion", {"user_id": learner.pk, "usage_key": str(block), "completion": 0.0})

    def complete_student_attempt(self, user_identifier: str, content_id: str) -> None:
        """Enqueue a completion of 1.0 for everything below the block."""
        block = usage_key_from_string_only(content_id)
        learner = _find_user(user_identifier)
        if learner is None:
            log.error("cannot complete, learner unknown: content_id=%s", content_id)
            return
        queue.enqueue("update_completion", {"user_id": learner.pk, "usage_key": str(block), "completion": 1.0})

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        """Global staff, course staff or course instructor; an inactive user never. Bad id: InvalidKeyError."""
        return roles.has_staff_access(user, str(course_key_from_string_only(course_id)))

    def send_support_notification(
        self,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str | None = None,
    ) -> None:
        """Open a ticket when the course wants them; an unknown course raises AttributeError, as there."""
        key = course_key_from_string_only(course_id)
        course: Any = CourseRun.objects.filter(course_id=str(key)).first()
        if course.create_zendesk_tickets:
            SupportTicket.objects.create(
                course_id=str(key),
                subject=f"Proctored exam review: {review_status}",
                body=(
                    f"Exam {exam_name} of learner {student_username} in {course.display_name} was reviewed as "
                    f"{review_status}. Review: {review_url or 'no link'}"
                ),
            )

    def get_proctoring_escalation_email(self, course_id: CourseKey | str) -> str | None:
        """The course's address; unknown course ``DoesNotExist``, malformed id ``InvalidKeyError``."""
        return CourseRun.objects.get(course_id=str(course_key(course_id))).proctoring_escalation_email


def _find_user(identifier: str) -> Any | None:
    return get_user_model().objects.filter(Q(username=identifier) | Q(email=identifier)).first()
