"""Report of what the reviews of a course found. Contract: contract/provider-information#violation-report."""

from collections import defaultdict
from typing import Any

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.utils.texts import as_text

__all__ = ["get_exam_violation_report"]


def get_exam_violation_report(course_id: Any, include_practice_exams: bool = False) -> list[dict[str, Any]]:
    """Return one row per attempt of a course with the findings of its review, sorted by exam name.

    Keys: ``course_id``, ``exam_name``, ``username``, ``email``, ``user_id``, ``provider``,
    ``attempt_code``, ``allowed_time_limit_mins``, ``is_sample_attempt``, ``started_at``,
    ``completed_at``, ``status``, ``review_status`` (None without a review), and per kind of comment
    ``'<kind> Comments'``, a list of texts. Reviews of practice exams are included only if
    ``include_practice_exams``. Three queries.
    """
    course = as_text(course_id)
    attempts = (
        ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=course)
        .with_exam_and_user()
        .order_by("proctored_exam__exam_name", "-created", "-id")
    )
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(exam__course_id=course)
    if not include_practice_exams:
        reviews = reviews.filter(exam__is_practice_exam=False)
    status_by_code = dict(reviews.values_list("attempt_code", "review_status"))
    comments_by_code: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    comments = ProctoredExamSoftwareSecureComment.objects.filter(review__in=reviews).order_by("id")
    for code, kind, text in comments.values_list("review__attempt_code", "status", "comment"):
        comments_by_code[code][f"{kind} Comments"].append(text)
    return [
        {
            **_row(attempt),
            "review_status": status_by_code.get(attempt.attempt_code),
            **comments_by_code.get(attempt.attempt_code, {}),
        }
        for attempt in attempts
    ]


def _row(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    exam = attempt.proctored_exam
    return {
        "course_id": exam.course_id,
        "exam_name": exam.exam_name,
        "username": attempt.user.username,
        "email": attempt.user.email,
        "attempt_code": attempt.attempt_code,
        "allowed_time_limit_mins": attempt.allowed_time_limit_mins,
        "is_sample_attempt": attempt.is_sample_attempt,
        "started_at": attempt.started_at,
        "completed_at": attempt.completed_at,
        "status": attempt.status,
        "provider": exam.backend,
        "user_id": attempt.user_id,
    }
