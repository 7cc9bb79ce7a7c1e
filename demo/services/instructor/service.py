"""What instructors can do for a learner."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from demo.host import access, published_course
from demo.host.completion import update_completion
from demo.host.models import CourseRun, LearnerState, Submission, SupportTicket
from demo.host.task_queue import enqueue
from demo.services.keys import course_key, course_key_from_string_only, usage_key_from_string_only

log = logging.getLogger(__name__)


class InstructorService:
    """Learner state, completion, staff checks, support tickets."""

    def delete_student_attempt(
        self, student_identifier: str, course_id: str, content_id: str, requesting_user: Any
    ) -> None:
        """Delete the learner's answers in a block and queue a completion of 0.0.

        Unknown users and malformed content ids are only logged. Ids must be ``str``.
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
        requesting_user.id  # noqa: B018  (like the platform: AttributeError for anything but a user)
        problems = published_course.problem_keys_below(CourseRun.objects.filter(course_id=str(key)).first(), str(block))
        LearnerState.objects.filter(user=learner, usage_key__in=problems).delete()
        Submission.objects.filter(user=learner, usage_key__in=problems).delete()
        enqueue(update_completion, user_id=learner.pk, usage_key=str(block), completion=0.0)

    def complete_student_attempt(self, user_identifier: str, content_id: str) -> None:
        """Queue a completion of 1.0 for the block and its problems."""
        block = usage_key_from_string_only(content_id)
        learner = _find_user(user_identifier)
        if learner is None:
            log.error("cannot complete, learner unknown: content_id=%s", content_id)
            return
        enqueue(update_completion, user_id=learner.pk, usage_key=str(block), completion=1.0)

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        """Whether the user is global staff, course staff or course instructor, and active. Raises InvalidKeyError."""
        return access.has_staff_access(user, str(course_key_from_string_only(course_id)))

    def send_support_notification(
        self,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str | None = None,
    ) -> None:
        """Open a ticket when the course wants tickets. Platform oddity: AttributeError for an unknown course."""
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
        """The course's escalation address. Raises ``DoesNotExist`` or, for a malformed id, ``InvalidKeyError``."""
        return CourseRun.objects.get(course_id=str(course_key(course_id))).proctoring_escalation_email

    def is_proctoring_opt_out_allowed(self, course_id: str) -> bool:
        """Return whether the course lets learners opt out of proctoring. False for a course that does not exist."""
        course = CourseRun.objects.filter(course_id=course_id).first()
        return course is not None and course.allow_proctoring_opt_out


def _find_user(identifier: str) -> Any | None:
    return get_user_model().objects.filter(Q(username=identifier) | Q(email=identifier)).first()
