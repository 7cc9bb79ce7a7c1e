"""What of a course one learner may see, and when. Spec: python-api.md 9, host-platform.md 7."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey
from opaque_keys.edx.locator import BlockUsageLocator

from edx_proctoring import host, runtime
from edx_proctoring.models import ProctoredExam

__all__ = [
    "categorize_inaccessible_exams_by_date",
    "get_user_course_outline_details",
    "get_visibility_check_date",
]


def get_user_course_outline_details(user: Any, course_id: str) -> host.UserOutlineDetails | None:
    """Return outline and dates of a course as they are for this user now; None without the service."""
    service: host.LearningSequencesService | None = runtime.get_runtime_service(host.LEARNING_SEQUENCES)
    if service is None:
        return None
    return service.get_user_course_outline_details(CourseKey.from_string(str(course_id)), user, timezone.now())


def get_visibility_check_date(course_schedule: Any, usage_key: UsageKey) -> datetime:
    """Return when a sequence closes for the learner: its due date, else the course end, else never."""
    sequence = course_schedule.sequences.get(usage_key)
    due: datetime | None = sequence.due if sequence else None
    end: datetime | None = course_schedule.course_end
    return due or end or datetime.max.replace(tzinfo=UTC)


def categorize_inaccessible_exams_by_date(
    onboarding_exams: Iterable[ProctoredExam], details: host.UserOutlineDetails
) -> tuple[list[ProctoredExam], list[ProctoredExam], list[ProctoredExam]]:
    """Sort the exams that a learner cannot see by the reason.

    Returns three lists: closed for a reason other than dates, not open yet, closed already. Exams
    that the learner can see are in none of them.
    """
    now = timezone.now()
    non_date: list[ProctoredExam] = []
    future: list[ProctoredExam] = []
    past_due: list[ProctoredExam] = []
    for exam in onboarding_exams:
        usage_key = BlockUsageLocator.from_string(exam.content_id)
        if usage_key in details.outline.accessible_sequences:
            continue
        sequence = details.schedule.sequences.get(usage_key)
        if sequence is None:
            non_date.append(exam)
        elif sequence.effective_start and now < sequence.effective_start:
            future.append(exam)
        elif now > get_visibility_check_date(details.schedule, usage_key):
            past_due.append(exam)
        else:
            non_date.append(exam)
    return non_date, future, past_due
