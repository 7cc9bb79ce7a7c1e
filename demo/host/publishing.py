"""Publishing a course: the draft becomes what learners see, then exams and credit requirements are registered."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from opaque_keys.edx.keys import CourseKey

from demo.host import dates, published_course
from demo.host.models import CourseRun, CreditRequirement, Task
from demo.host.task_queue import enqueue, task
from edx_proctoring.api import (
    create_exam,
    create_exam_review_policy,
    get_all_exams_for_course,
    get_exam_by_content_id,
    remove_review_policy,
    update_exam,
    update_review_policy,
)
from edx_proctoring.exceptions import ProctoredExamNotFoundException, ProctoredExamReviewPolicyNotFoundException

log = logging.getLogger(__name__)


def publish(course: CourseRun) -> Task:
    """Show the draft to learners. The returned task registers the exams after the commit."""
    with transaction.atomic():
        course.published = published_course.snapshot(course)
        course.published_version += 1
        course.save(update_fields=["published", "published_version"])
        dates.publish(course)
        return enqueue(publish_course, course_id=course.course_id)


@task
def publish_course(course_id: str) -> None:
    """Register the exams of a published course, then its credit requirements.

    Like the platform, it logs an error while registering exams, skips the remaining exams, and still registers the
    credit requirements.
    """
    course = CourseRun.objects.get(course_id=course_id)
    try:
        register_special_exams(CourseKey.from_string(course.course_id))
    except Exception:  # the platform's task catches everything
        log.exception("exams could not be registered: course_id=%s", course.course_id)
    update_credit_requirements(course)


def register_special_exams(course_key: CourseKey) -> None:
    """Register the timed subsections as exams, exactly as the platform does, and deactivate removed ones."""
    if not settings.ENABLE_SPECIAL_EXAMS:
        return
    course = CourseRun.objects.get(course_id=str(course_key))
    if course.exams_ida or not (course.enable_proctored_exams or course.enable_timed_exams):
        return

    timed = [sequence for sequence in published_course.sequences(course) if sequence.is_time_limited]
    for sequence in timed:
        exam_id = _register_exam(course, sequence)
        _register_review_policy(exam_id, sequence)

    listed = {sequence.usage_key for sequence in timed}
    for exam in get_all_exams_for_course(course_key):
        if exam["is_active"] and exam["content_id"] not in listed:
            update_exam(exam_id=exam["id"], is_proctored=False, is_active=False)


def update_credit_requirements(course: CourseRun) -> None:
    """Write one credit requirement per active proctored exam, without practice exams."""
    if not course.is_credit_course:
        return
    starts = {sequence.usage_key: sequence.starts_at for sequence in published_course.sequences(course)}
    required = [
        exam
        for exam in get_all_exams_for_course(course.course_id)
        if exam["is_proctored"] and exam["is_active"] and not exam["is_practice_exam"]
    ]

    def by_start_then_name(exam: dict[str, Any]) -> tuple[datetime, str]:
        return starts.get(exam["content_id"]) or course.starts_at, exam["exam_name"]

    required.sort(key=by_start_then_name)
    for position, exam in enumerate(required):
        CreditRequirement.objects.update_or_create(
            course=course,
            namespace="proctored_exam",
            name=exam["content_id"],
            defaults={
                "display_name": exam["exam_name"],
                "criteria": {},
                "position": position,
                "is_active": True,
            },
        )
    CreditRequirement.objects.filter(course=course, namespace="proctored_exam").exclude(
        name__in=[exam["content_id"] for exam in required]
    ).update(is_active=False)


def _register_exam(course: CourseRun, sequence: published_course.Sequence) -> int:
    fields: dict[str, Any] = {
        "exam_name": sequence.display_name,
        "time_limit_mins": sequence.default_time_limit_minutes,
        "due_date": None if course.self_paced else sequence.due,
        "is_proctored": sequence.is_proctored_enabled,
        "is_practice_exam": sequence.is_practice_exam or sequence.is_onboarding_exam,
        "is_active": True,
        "hide_after_due": sequence.hide_after_due,
        "backend": course.proctoring_provider,
    }
    try:
        exam = get_exam_by_content_id(course.course_id, sequence.usage_key)
    except ProctoredExamNotFoundException:
        return int(create_exam(course_id=course.course_id, content_id=sequence.usage_key, **fields))
    return int(update_exam(exam_id=exam["id"], **fields))


def _register_review_policy(exam_id: int, sequence: published_course.Sequence) -> None:
    is_real_proctored_exam = sequence.is_proctored_enabled and not (
        sequence.is_practice_exam or sequence.is_onboarding_exam
    )
    if is_real_proctored_exam:
        policy: dict[str, Any] = {
            "exam_id": exam_id,
            "set_by_user_id": sequence.edited_by,
            "review_policy": sequence.exam_review_rules,
        }
        try:
            update_review_policy(**policy)
        except ProctoredExamReviewPolicyNotFoundException:
            if sequence.exam_review_rules:
                create_exam_review_policy(**policy)
        return
    with contextlib.suppress(ProctoredExamReviewPolicyNotFoundException):
        remove_review_policy(exam_id=exam_id)
