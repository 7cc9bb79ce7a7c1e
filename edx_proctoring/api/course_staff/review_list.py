"""Reviews of a course: which wait for a person, and what is known about one.

Contract: contract/rest-v2#reviews-list, contract/rest-v2#review.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from edx_proctoring.api.course_staff.attempt_rows import ExamRef, Learner, PassingStatuses, exam_ref, learner_of
from edx_proctoring.api.lifecycle.queries import attempt_by_id
from edx_proctoring.exceptions import ReviewNotFound
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewDecision,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import user_names

__all__ = ["STATES", "Comment", "ReviewDetail", "ReviewRow", "review_of_attempt", "review_rows", "reviews_of_course"]

# ``open``: the attempt waits for a person; ``decided``: a person's verdict stands.
OPEN: Final = "open"
DECIDED: Final = "decided"
STATES: Final = (OPEN, DECIDED, "all")

# Columns with the provider's payload, which may be large and is not shown.
_PAYLOAD: Final = ("raw_data", "encrypted_video_url")


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review in a list for staff. ``attempt_id``, ``attempt_status``: None if the attempt was removed."""

    review_status: str
    is_passing: bool
    received_at: datetime
    reviewed_by: Any
    attempt_id: int | None
    attempt_code: str
    attempt_status: str | None
    exam: ExamRef
    user: Learner | None
    is_decided: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A reviewer's comment on a part of the recording, in seconds from its start."""

    start: int
    stop: int
    duration: int
    status: str
    comment: str


@dataclass(frozen=True, slots=True)
class ReviewDetail(ReviewRow):
    """One review with its comments. ``external_id``: the provider's id of the attempt."""

    comments: Sequence[Comment]
    course_id: str
    external_id: str | None


def reviews_of_course(
    course_id: str, *, state: str, exam_ids: Collection[int] | None = None, search: str | None = None
) -> QuerySet[ProctoredExamSoftwareSecureReview]:
    """Return the reviews of a course, the one that waits longest first.

    Args:
        course_id: the course.
        state: one of ``STATES``.
        exam_ids: only of these exams.
        search: part of the learner's username, e-mail address or full name.
    """
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(exam__course_id=course_id)
    if exam_ids is not None:
        reviews = reviews.filter(exam_id__in=exam_ids)
    if search is not None:
        reviews = reviews.filter(user_names.called(search, "student"))
    if state == OPEN:
        waiting = ProctoredExamStudentAttempt.objects.filter(
            attempt_code=OuterRef("attempt_code"), status=Status.second_review_required
        )
        reviews = reviews.filter(Exists(waiting))
    elif state == DECIDED:
        reviews = reviews.filter(_decided_by_a_person())
    return reviews.order_by("created", "pk")


def review_rows(reviews: Iterable[ProctoredExamSoftwareSecureReview]) -> list[ReviewRow]:
    """Return a page of reviews as rows. Three queries, none without reviews."""
    found = list(_loaded(reviews))
    if not found:
        return []
    codes = [review.attempt_code for review in found]
    attempts = {
        attempt.attempt_code: attempt for attempt in ProctoredExamStudentAttempt.objects.filter(attempt_code__in=codes)
    }
    refs: dict[int, ExamRef] = {}
    for review in found:
        exam = _exam_of(review)
        if exam.pk not in refs:
            refs[exam.pk] = exam_ref(exam)
    passing = PassingStatuses()
    return [_row(review, refs[_exam_of(review).pk], attempts, passing) for review in found]


def review_of_attempt(attempt_id: int, /) -> ReviewDetail:
    """Return the review of a live attempt with its comments.

    Raises ``StudentExamAttemptDoesNotExistsException`` and ``ReviewNotFound``. Five queries.
    """
    attempt = attempt_by_id(attempt_id)
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=attempt.attempt_code)
    review = next(iter(_loaded(reviews)), None)
    if review is None:
        raise ReviewNotFound(f"attempt_id={attempt_id} has no review.")
    comments = ProctoredExamSoftwareSecureComment.objects.filter(review=review).order_by("start_time", "pk")
    row = _row(review, exam_ref(attempt.proctored_exam), {attempt.attempt_code: attempt}, PassingStatuses())
    return ReviewDetail(
        **{field.name: getattr(row, field.name) for field in fields(row)},
        comments=[
            Comment(comment.start_time, comment.stop_time, comment.duration, comment.status, comment.comment)
            for comment in comments
        ],
        course_id=attempt.proctored_exam.course_id,
        external_id=attempt.external_id,
    )


def _decided_by_a_person() -> Q:
    return Q(Exists(_decision())) | Q(reviewed_by__isnull=False)


def _loaded(reviews: Any) -> Iterable[ProctoredExamSoftwareSecureReview]:
    """Return reviews, a queryset or a slice of one, with all that a row shows."""
    joined = ("exam", "reviewed_by", *user_names.profile_join("student"))
    loaded: Iterable[ProctoredExamSoftwareSecureReview] = (
        reviews.select_related(*joined).defer(*_PAYLOAD).annotate(is_decided=Exists(_decision()))
    )
    return loaded


def _decision() -> QuerySet[ReviewDecision]:
    return ReviewDecision.objects.filter(review=OuterRef("pk"), stands=True)


def _exam_of(review: ProctoredExamSoftwareSecureReview) -> ProctoredExam:
    exam = review.exam
    if exam is None:
        raise ReviewNotFound(f"review_id={review.pk} is of no exam.")
    return exam


def _row(
    review: ProctoredExamSoftwareSecureReview,
    exam: ExamRef,
    attempts: Mapping[str | None, ProctoredExamStudentAttempt],
    passing: PassingStatuses,
) -> ReviewRow:
    attempt = attempts.get(review.attempt_code)
    return ReviewRow(
        review_status=review.review_status,
        is_passing=passing.include(review),
        received_at=review.created,
        reviewed_by=review.reviewed_by,
        attempt_id=None if attempt is None else attempt.pk,
        attempt_code=review.attempt_code,
        attempt_status=None if attempt is None else attempt.status,
        exam=exam,
        user=None if review.student is None else learner_of(review.student),
        is_decided=bool(getattr(review, "is_decided", False)) or review.reviewed_by_id is not None,
    )
