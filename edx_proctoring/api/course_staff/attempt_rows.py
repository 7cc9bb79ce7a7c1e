"""What the course team sees of an attempt in a list. Contract: contract/rest-v2#attempt.

A page of rows costs the same few queries whatever it lists (architecture#constant-queries).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet
from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.attempts.deadline_report import extended_minutes
from edx_proctoring.api.lifecycle import expiry
from edx_proctoring.models import ProctoredExam, ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.models.attempt_incidents import exists_outage
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_type, user_names

__all__ = [
    "AttemptRow",
    "ExamRef",
    "Learner",
    "PassingStatuses",
    "ReviewRef",
    "as_rows",
    "exam_ref",
    "learner_of",
    "rows_of",
]

# What staff can do to an attempt, by the words of its transitions.
RESUME: Final = "resume"
END: Final = "end"


@dataclass(frozen=True, slots=True)
class ExamRef:
    """An exam by name. ``type``: ``timed``, ``proctored``, ``practice`` or ``onboarding``."""

    id: int
    name: str
    type: str
    has_dashboard: bool = False


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner, as staff know them."""

    id: int
    username: str
    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class ReviewRef:
    """The verdict on an attempt. ``review_status``: as stored; ``reviewed_by``: who decided, None for the provider."""

    review_status: str
    is_passing: bool
    received_at: datetime
    reviewed_by: Any


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt in a list for staff.

    ``attempt_count``: how many attempts the learner has at the exam. ``allowed_minutes``: the limit of the running or
    finished clock, extensions included. ``extended_minutes``: how many of them staff added while it ran.
    ``during_outage``: taken without its provider, because staff said that it is out of order.
    ``time_remaining_seconds``: on a running clock, else None. ``actions``: what staff can do now.
    """

    id: int
    attempt_code: str | None
    external_id: str | None
    course_id: str
    exam: ExamRef
    user: Learner
    status: str
    taking_as_proctored: bool
    is_practice: bool
    attempt_count: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    expires_at: datetime | None
    time_remaining_seconds: float | None
    during_outage: bool
    allowed_minutes: int | None
    extended_minutes: int
    is_resumable: bool
    ready_to_resume: bool
    resumed: bool
    review: ReviewRef | None
    actions: Sequence[str]


def exam_ref(exam: ProctoredExam) -> ExamRef:
    """Return the reference to an exam. No query."""
    data = exam_dict(exam)
    provider = backends.find_backend_provider(data) if exam.is_proctored else None
    kind = get_exam_type(data, provider)["type"]
    return ExamRef(exam.pk, exam.exam_name, kind, has_dashboard=bool(getattr(provider, "has_dashboard", False)))


def rows_of(attempt_ids: Sequence[int], exams: Mapping[int, ProctoredExam]) -> list[AttemptRow]:
    """Return the rows of attempts at these exams, in the order of their ids as given.

    Attempts that are gone are left out. Four queries, none without ids.
    """
    if not attempt_ids:
        return []
    found = loaded(ProctoredExamStudentAttempt.objects.filter(pk__in=attempt_ids))
    attempts = {attempt.pk: attempt for attempt in found}
    return as_rows([attempts[pk] for pk in attempt_ids if pk in attempts], exams)


def loaded(attempts: QuerySet[ProctoredExamStudentAttempt], *joined: str) -> QuerySet[ProctoredExamStudentAttempt]:
    """Return a query of attempts with what ``as_rows`` needs; ``joined``: more for ``select_related``."""
    return attempts.select_related(*joined, *user_names.profile_join()).annotate(
        is_outage=exists_outage(OuterRef("pk"))
    )


def as_rows(attempts: Sequence[ProctoredExamStudentAttempt], exams: Mapping[int, ProctoredExam]) -> list[AttemptRow]:
    """Return attempts, as ``loaded`` returned them, as rows. Three queries, none without attempts."""
    if not attempts:
        return []
    refs = {pk: exam_ref(exams[pk]) for pk in {attempt.proctored_exam_id for attempt in attempts}}
    counts = _attempt_counts(attempts)
    extended = extended_minutes([attempt.pk for attempt in attempts])
    reviews = _reviews(attempts, exams)
    now = timezone.now()
    rows = []
    for attempt in attempts:
        exam = exams[attempt.proctored_exam_id]
        ends_at = expiry.expires_at(attempt.started_at, attempt.allowed_time_limit_mins)
        is_running = Status.is_in_progress_status(attempt.status)
        left = max((ends_at - now).total_seconds(), 0.0) if is_running and ends_at is not None else None
        rows.append(
            AttemptRow(
                id=attempt.pk,
                attempt_code=attempt.attempt_code,
                external_id=attempt.external_id,
                course_id=exam.course_id,
                exam=refs[exam.pk],
                user=learner_of(attempt.user),
                status=attempt.status,
                taking_as_proctored=attempt.taking_as_proctored,
                is_practice=attempt.is_sample_attempt,
                attempt_count=counts[attempt.user_id, exam.pk],
                created_at=attempt.created,
                started_at=attempt.started_at,
                completed_at=attempt.completed_at,
                expires_at=ends_at,
                time_remaining_seconds=left,
                during_outage=attempt.is_outage,  # type: ignore[attr-defined]
                allowed_minutes=attempt.allowed_time_limit_mins,
                extended_minutes=extended.get(attempt.pk, 0),
                is_resumable=attempt.is_resumable,
                ready_to_resume=attempt.ready_to_resume,
                resumed=attempt.resumed,
                review=reviews.get(attempt.attempt_code),
                actions=_actions(attempt, is_running=is_running),
            )
        )
    return rows


def learner_of(user: Any) -> Learner:
    """Return a user as staff know them. No query if the profile was loaded with the user."""
    return Learner(user.pk, user.username, user.email, user_names.full_name(user))


class PassingStatuses:
    """Which verdicts pass, asked of each exam's provider once for a page of reviews."""

    def __init__(self) -> None:
        self._of_exam: dict[int | None, list[str]] = {}

    def include(self, review: ProctoredExamSoftwareSecureReview) -> bool:
        """Return whether a review passes the learner. No query if its exam was loaded with it."""
        if review.exam_id not in self._of_exam:
            self._of_exam[review.exam_id] = review.passing_statuses()
        return review.review_status in self._of_exam[review.exam_id]


def _actions(attempt: ProctoredExamStudentAttempt, *, is_running: bool) -> list[str]:
    if attempt.is_resumable:
        return [RESUME]
    return [END] if is_running else []


def _attempt_counts(attempts: Collection[ProctoredExamStudentAttempt]) -> dict[tuple[int, int], int]:
    """Return how many attempts each of these learners has at each of these exams."""
    of_all = ProctoredExamStudentAttempt.objects.filter(
        user_id__in={attempt.user_id for attempt in attempts},
        proctored_exam_id__in={attempt.proctored_exam_id for attempt in attempts},
    )
    rows = of_all.order_by().values_list("user_id", "proctored_exam_id").annotate(number=Count("pk"))
    return {(user_id, exam_id): number for user_id, exam_id, number in rows}


def _reviews(
    attempts: Iterable[ProctoredExamStudentAttempt], exams: Mapping[int, ProctoredExam]
) -> dict[str | None, ReviewRef]:
    exam_ids = {attempt.attempt_code: attempt.proctored_exam_id for attempt in attempts if attempt.attempt_code}
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code__in=list(exam_ids))
    # The payload, which may be large, is not shown.
    found: dict[str | None, ReviewRef] = {}
    passing = PassingStatuses()
    for review in reviews.select_related("reviewed_by").defer("raw_data", "encrypted_video_url"):
        review.exam = exams[exam_ids[review.attempt_code]]
        found[review.attempt_code] = ReviewRef(
            review.review_status, passing.include(review), review.created, review.reviewed_by
        )
    return found
