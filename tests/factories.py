"""Functions that create one object each. Tests must not depend on the defaults.

A test passes the facts it is about and leaves the rest to these functions. Rows are saved through the
ORM, so signal receivers run as they do in production.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone

from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    ExamMeasure,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus

COURSE = "course-v1:Demo+PROC+2026"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

# Kind of exam -> the fields that make an exam of this kind.
EXAM_KINDS: dict[str, dict[str, Any]] = {
    "timed": {"is_proctored": False, "is_practice_exam": False},
    "proctored": {"is_proctored": True, "is_practice_exam": False},
    # The provider makes the difference: ``test`` supports onboarding, ``null`` does not.
    "practice": {"is_proctored": True, "is_practice_exam": True, "backend": "null"},
    "onboarding": {"is_proctored": True, "is_practice_exam": True, "backend": "test"},
}

_numbers = itertools.count(1)


def next_number() -> int:
    """Return a number that is unique within this process."""
    return next(_numbers)


def make_user(username: str | None = None, **fields: Any) -> User:
    """A user; ``is_staff=True`` for global staff."""
    number = next_number()
    username = username or f"learner{number}"
    return get_user_model().objects.create(**{"username": username, "email": f"{username}@example.com", **fields})


def make_staff(username: str | None = None, **fields: Any) -> User:
    """A user who is global staff."""
    return make_user(username or f"staff{next_number()}", is_staff=True, **fields)


def make_exam(kind: str = "proctored", **fields: Any) -> ProctoredExam:
    """An active exam of 90 minutes in ``COURSE``; ``kind`` is a key of ``EXAM_KINDS``."""
    number = next_number()
    return ProctoredExam.objects.create(
        **{
            "course_id": COURSE,
            "content_id": f"block-v1:Demo+PROC+2026+type@sequential+block@exam{number}",
            "external_id": f"exam-{number}",
            "exam_name": f"Exam {number}",
            "time_limit_mins": 90,
            "is_active": True,
            "backend": "test",
            **EXAM_KINDS[kind],
            **fields,
        }
    )


def make_attempt(
    exam: ProctoredExam | None = None, user: User | None = None, status: str = S.created, **fields: Any
) -> ProctoredExamStudentAttempt:
    """An attempt in the given status, with the timestamps that an attempt in this status has.

    The row is saved directly: no transition and no effect runs.
    """
    exam = exam or make_exam()
    user = user or make_user()
    number = next_number()
    defaults: dict[str, Any] = {
        "attempt_code": f"CODE-{number}",
        "external_id": f"attempt-{number}",
        "taking_as_proctored": exam.is_proctored,
        "is_sample_attempt": exam.is_practice_exam,
        "status": status,
    }
    if status in (S.started, S.ready_to_submit, S.submitted, S.second_review_required, S.verified, S.rejected):
        defaults["started_at"] = timezone.now() - timedelta(minutes=1)
        defaults["allowed_time_limit_mins"] = exam.time_limit_mins
    if status in (S.submitted, S.second_review_required, S.verified, S.rejected):
        defaults["completed_at"] = timezone.now()
    return ProctoredExamStudentAttempt.objects.create(proctored_exam=exam, user=user, **{**defaults, **fields})


def make_allowance(
    exam: ProctoredExam | None = None,
    user: User | None = None,
    key: str = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0],
    value: str = "30",
) -> ProctoredExamStudentAllowance:
    """An allowance; 30 minutes of extra time by default."""
    return ProctoredExamStudentAllowance.objects.create(
        proctored_exam=exam or make_exam(), user=user or make_user(), key=key, value=value
    )


def make_policy(
    exam: ProctoredExam | None = None, set_by_user: User | None = None, review_policy: str = "Closed book"
) -> ProctoredExamReviewPolicy:
    """A review policy."""
    return ProctoredExamReviewPolicy.objects.create(
        proctored_exam=exam or make_exam(), set_by_user=set_by_user or make_staff(), review_policy=review_policy
    )


def make_review(
    attempt: ProctoredExamStudentAttempt | None = None,
    review_status: str = SoftwareSecureReviewStatus.clean,
    **fields: Any,
) -> ProctoredExamSoftwareSecureReview:
    """A review; saving it changes the status of the attempt to match."""
    attempt = attempt or make_attempt(status=S.submitted)
    return ProctoredExamSoftwareSecureReview.objects.create(
        **{
            "attempt_code": attempt.attempt_code,
            "review_status": review_status,
            "raw_data": "{}",
            "exam": attempt.proctored_exam,
            "student": attempt.user,
            **fields,
        }
    )


def make_comment(
    review: ProctoredExamSoftwareSecureReview | None = None, comment: str = "Looked away", **fields: Any
) -> ProctoredExamSoftwareSecureComment:
    """A reviewer's comment on the first ten seconds."""
    return ProctoredExamSoftwareSecureComment.objects.create(
        **{
            "review": review or make_review(),
            "comment": comment,
            "status": "Suspicious",
            "start_time": 0,
            "stop_time": 10,
            "duration": 10,
            **fields,
        }
    )


def make_effect(attempt: ProctoredExamStudentAttempt | None = None, **fields: Any) -> AttemptEffect:
    """An effect that is due now: the call that informs the provider of a submission."""
    attempt = attempt or make_attempt(status=S.submitted)
    return AttemptEffect.objects.create(
        **{
            "attempt_id": attempt.pk,
            "attempt_code": attempt.attempt_code or "",
            "exam_id": attempt.proctored_exam_id,
            "kind": AttemptEffect.KIND_PROVIDER,
            "call_name": "stop_exam_attempt",
            "from_status": S.started,
            "to_status": S.submitted,
            "next_try_at": timezone.now(),
            **fields,
        }
    )


def make_inbox_entry(attempt: ProctoredExamStudentAttempt | None = None, **fields: Any) -> ReviewInboxEntry:
    """A review callback that was received and not handled yet."""
    attempt = attempt or make_attempt(status=S.submitted)
    return ReviewInboxEntry.objects.create(
        **{
            "attempt_code": attempt.attempt_code,
            "external_id": attempt.external_id,
            "backend": attempt.proctored_exam.backend,
            "body": '{"status": "passed", "comments": []}',
            **fields,
        }
    )


def make_job(
    attempt: ProctoredExamStudentAttempt | None = None, row: dict[str, Any] | None = None, **fields: Any
) -> StaffJob:
    """A job of staff that is done, with one row about an attempt."""
    attempt = attempt or make_attempt(status=S.submitted)
    job = StaffJob.objects.create(
        **{
            "kind": "extend",
            "course_id": attempt.proctored_exam.course_id,
            "exam_id": attempt.proctored_exam_id,
            "state": StaffJob.STATE_DONE,
            "total": 1,
            "done": 1,
            "finished_at": timezone.now(),
            **fields,
        }
    )
    StaffJobRow.objects.create(
        **{
            "job": job,
            "position": 0,
            "exam_id": attempt.proctored_exam_id,
            "user_id": attempt.user_id,
            "attempt_id": attempt.pk,
            "state": StaffJobRow.STATE_DONE,
            **(row or {}),
        }
    )
    return job


def make_incident(attempt: ProctoredExamStudentAttempt | None = None, **fields: Any) -> AttemptIncident:
    """An open note of staff."""
    attempt = attempt or make_attempt(status=S.started)
    return AttemptIncident.objects.create(
        **{
            "kind": AttemptIncident.KIND_NOTE,
            "exam_id": attempt.proctored_exam_id,
            "user_id": attempt.user_id,
            "attempt_id": attempt.pk,
            "attempt_code": attempt.attempt_code or "",
            "source": AttemptIncident.SOURCE_STAFF,
            "opened_at": timezone.now(),
            **fields,
        }
    )


def make_measure(exam: ProctoredExam | None = None, **fields: Any) -> ExamMeasure:
    """An outage that began a minute ago and lasts an hour."""
    exam = exam or make_exam()
    return ExamMeasure.objects.create(
        **{
            "kind": ExamMeasure.KIND_OUTAGE,
            "exam_id": exam.pk,
            "reason": "The provider is down.",
            "starts_at": timezone.now() - timedelta(minutes=1),
            "ends_at": timezone.now() + timedelta(hours=1),
            **fields,
        }
    )
