"""Whether a viewer may see the content of a subsection, or sees the exam page of this package instead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import dates, onboarding, published_course
from demo.host.models import BlockCompletion, CourseRun
from demo.host.view_as import Viewer
from edx_proctoring.runtime import get_runtime_service
from edx_proctoring.services import ProctoringService


def is_locked(sequence: published_course.Sequence, viewer: Viewer) -> bool:
    """Whether the prerequisite subsection is not completed yet. Never for staff."""
    if viewer.role == "staff" or sequence.prerequisite is None:
        return False
    return not BlockCompletion.objects.filter(
        user_id=viewer.user_id, usage_key=sequence.prerequisite, completion=1.0
    ).exists()


def is_hidden(course: CourseRun, sequence: published_course.Sequence, viewer: Viewer) -> bool:
    """Whether it is hidden after its due date (in self-paced courses: after the course's end). Never for staff."""
    if viewer.role == "staff" or not sequence.hide_after_due:
        return False
    moment: datetime | None = course.ends_at if course.self_paced else due(course, sequence, viewer)
    return moment is not None and moment < timezone.now()


def exam_view(course: CourseRun, sequence: published_course.Sequence, viewer: Viewer) -> str | None:
    """HTML of this package's page for a timed subsection, or None when the content may be shown.

    Like the platform, the host asks only when both services exist and the provider is not the external LTI one. The
    context has exactly the platform's keys.
    """
    proctoring, credit = ProctoringService(), get_runtime_service("credit")
    if proctoring is None or credit is None or not sequence.is_time_limited:
        return None
    if course.proctoring_provider == onboarding.EXTERNAL_PROVIDER:
        return None
    course_key = CourseKey.from_string(course.course_id)
    context: dict[str, Any] = {
        "display_name": sequence.display_name,
        "default_time_limit_mins": sequence.default_time_limit_minutes or 0,
        "is_practice_exam": sequence.is_practice_exam,
        "allow_proctoring_opt_out": course.allow_proctoring_opt_out,
        "due_date": due(course, sequence, viewer),
        "grace_period": timedelta(seconds=course.graceperiod) if course.graceperiod else None,
    }
    credit_state = credit.get_credit_state(viewer.user_id, course_key)
    if credit_state:
        context["credit_state"] = credit_state
    html: str | None = proctoring.get_student_view(
        user_id=viewer.user_id,
        course_id=course_key,
        content_id=UsageKey.from_string(sequence.usage_key),
        context=context,
        user_role=viewer.role,
    )
    return html


def due(course: CourseRun, sequence: published_course.Sequence, viewer: Viewer) -> datetime | None:
    """The viewer's own due date."""
    return dates.due(course, sequence.usage_key, viewer.user_id)
