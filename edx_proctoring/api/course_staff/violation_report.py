"""Report of what the reviews of a course found.

Contract: contract/provider-information#violation-report, contract/rest-v2#export-violations.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from django.db.models import QuerySet

from edx_proctoring.api.course_staff.exports import CHUNK, Record
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.utils.texts import as_text

__all__ = ["get_exam_violation_report"]

# Of the file: the platform's columns, without the one that only the platform knows.
COLUMNS: Final = (
    "course_id",
    "provider",
    "exam_name",
    "username",
    "email",
    "attempt_code",
    "allowed_time_limit_mins",
    "is_sample_attempt",
    "started_at",
    "completed_at",
    "status",
    "review_status",
    "Suspicious Count",
    "Suspicious Comments",
    "Rules Violation Count",
    "Rules Violation Comments",
)
_COUNTED: Final = ("Suspicious", "Rules Violation")


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
    return _report(attempts, reviews)


def violation_records(course_id: str, *, exam_ids: Collection[int] | None = None) -> Iterator[list[Record]]:
    """Yield the report in pieces, by id of the attempt, for a file. Three queries per piece of 500.

    ``exam_ids``: only of these exams.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=course_id).order_by("pk")
    if exam_ids is not None:
        attempts = attempts.filter(proctored_exam_id__in=exam_ids)
    last = 0
    while chunk := list(attempts.filter(pk__gt=last).with_exam_and_user()[:CHUNK]):
        last = chunk[-1].pk
        reviews = ProctoredExamSoftwareSecureReview.objects.filter(
            attempt_code__in=[attempt.attempt_code for attempt in chunk], exam__is_practice_exam=False
        )
        yield [_record(row) for row in _report(chunk, reviews)]


def _report(
    attempts: Iterable[ProctoredExamStudentAttempt], reviews: QuerySet[ProctoredExamSoftwareSecureReview]
) -> list[dict[str, Any]]:
    """Return the rows of attempts, loaded with exam and learner, and of these reviews. Two queries."""
    status_by_code = dict(reviews.values_list("attempt_code", "review_status"))
    comments_by_code: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    comments = ProctoredExamSoftwareSecureComment.objects.filter(review__in=reviews).order_by("id")
    for code, kind, text in comments.values_list("review__attempt_code", "status", "comment"):
        comments_by_code[code][f"{kind} Comments"].append(text)
    return [
        {
            **_row(attempt),
            "review_status": status_by_code.get(attempt.attempt_code or ""),
            **comments_by_code.get(attempt.attempt_code or "", {}),
        }
        for attempt in attempts
    ]


def _record(row: Mapping[str, Any]) -> Record:
    """Return a row of the report as a row of the file; like the platform, empty cells where there is no comment."""
    record = {name: row.get(name) for name in COLUMNS}
    for kind in _COUNTED:
        comments = row.get(f"{kind} Comments")
        if comments is not None:
            record[f"{kind} Count"] = len(comments)
            record[f"{kind} Comments"] = "; ".join(comments)
    return record


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
