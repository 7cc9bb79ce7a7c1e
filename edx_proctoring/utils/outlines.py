"""What a learner may see of a course, and when, according to the host.

Contract: contract/outline-status#details, contract/outline-status#accessibility.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey
from opaque_keys.edx.locator import BlockUsageLocator

from edx_proctoring import host, runtime
from edx_proctoring.models import ProctoredExam

__all__ = [
    "categorize_inaccessible_exams_by_date",
    "get_user_course_outline_details",
    "get_visibility_check_date",
]

log = logging.getLogger(__name__)


def get_user_course_outline_details(user: Any, course_id: str) -> host.UserOutlineDetails | None:
    """Return outline and dates of a course for this user now; None without the host's service or when it fails.

    The service fails, for example, for a course without a published outline. Such a failure must not
    hide exams from learners (contract/host-services#learning-sequences).
    """
    service: host.LearningSequencesService | None = runtime.get_runtime_service(host.LEARNING_SEQUENCES)
    if service is None:
        return None
    try:
        return service.get_user_course_outline_details(CourseKey.from_string(str(course_id)), user, timezone.now())
    except Exception:  # pylint: disable=broad-except
        # The host's own exceptions cannot be imported here.
        log.exception("course outline not available: course_id=%s user_id=%s", course_id, user.id)
        return None


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

    Returns three lists: hidden for a reason other than dates, not open yet, already closed. Exams
    that the learner can see are in none of them. An exam whose content id is not a block key is in
    the first, because it cannot be in an outline.
    """
    now = timezone.now()
    non_date: list[ProctoredExam] = []
    future: list[ProctoredExam] = []
    past_due: list[ProctoredExam] = []
    for exam in onboarding_exams:
        try:
            usage_key = BlockUsageLocator.from_string(exam.content_id)
        except InvalidKeyError:
            non_date.append(exam)
            continue
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
