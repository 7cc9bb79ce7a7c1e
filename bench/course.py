"""A course of any size, in the middle of its exams.

The rows are inserted in bulk and are the same in each run. Their creation times differ, so that "newest first" has
something to sort.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from bench import enrollments
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

COURSE = "course-v1:Bench+LOAD+2026"
BATCH = 500

# How attempts at past exams ended.
PAST_STATUSES = ("submitted", "verified", "rejected", "second_review_required", "error")
ONBOARDING_STATUSES = ("verified", "submitted", "created", "rejected", "verified", "started")

# Learners without attempts, for calls that create one; and the share of users outside the course.
SPARE_LEARNERS = 120
OUTSIDERS_SHARE = 0.25


@dataclass
class Course:
    """What the routes work on. ``running``: (attempt id, user id) of started attempts."""

    learners: int
    exams: list[ProctoredExam] = field(default_factory=list)
    staff: Any = None
    running: list[tuple[int, int]] = field(default_factory=list)
    spare: list[Any] = field(default_factory=list)

    @property
    def final(self) -> ProctoredExam:
        """The proctored exam that half of the learners are taking."""
        return self.exams[0]

    @property
    def timed(self) -> ProctoredExam:
        """A timed exam."""
        return self.exams[1]

    @property
    def onboarding(self) -> ProctoredExam:
        """The onboarding exam."""
        return self.exams[2]


def fill(learners: int, exams: int, allowances: int) -> Course:
    """Create the course: ``learners`` with an attempt at each of ``exams`` exams (at least three)."""
    course = Course(learners)
    enrollments.create_table()
    User = get_user_model()
    course.staff = User.objects.create_user("staff", "staff@example.com", is_staff=True, is_superuser=False)
    course.exams = [_exam(number) for number in range(max(exams, 3))]
    outsiders = int(learners * OUTSIDERS_SHARE)
    User.objects.bulk_create(
        [User(username=f"learner{n}", email=f"learner{n}@example.com") for n in range(learners)]
        + [User(username=f"newcomer{n}", email=f"newcomer{n}@example.com") for n in range(SPARE_LEARNERS)]
        + [User(username=f"outsider{n}", email=f"outsider{n}@example.com") for n in range(outsiders)],
        batch_size=BATCH,
    )
    users = list(User.objects.filter(is_staff=False).order_by("pk"))
    taking, course.spare = users[:learners], users[learners : learners + SPARE_LEARNERS]
    enrollments.Enrollment.objects.bulk_create(
        [enrollments.Enrollment(user=user, course_id=COURSE) for user in taking]
        + [enrollments.Enrollment(user=user, course_id="course-v1:Bench+OTHER+2026") for user in users[learners:]],
        batch_size=BATCH,
    )
    _fill_attempts(course, taking)
    _fill_allowances(course, taking, allowances)
    course.running = list(
        ProctoredExamStudentAttempt.objects.filter(proctored_exam=course.final, status="started")
        .order_by("pk")
        .values_list("pk", "user_id")
    )
    _update_statistics()
    return course


def _exam(number: int) -> ProctoredExam:
    names = ("Final", "Quiz against the clock", "Getting ready", "Midterm")
    return ProctoredExam.objects.create(
        course_id=COURSE,
        content_id=f"block-v1:Bench+LOAD+2026+type@sequential+block@exam{number}",
        external_id=f"exam-{number}",
        exam_name=names[number] if number < len(names) else f"Exam {number}",
        time_limit_mins=90,
        is_proctored=number != 1,
        is_practice_exam=number == 2,
        is_active=True,
        backend="test",
    )


def _fill_attempts(course: Course, taking: list[Any]) -> None:
    now = timezone.now()
    begin = now - timedelta(days=30)
    rows = []
    for which, exam in enumerate(course.exams):
        for number, user in enumerate(taking):
            if number % 20 == 0:
                rows.append(_attempt(exam, user, number, "error", begin + timedelta(seconds=number)))
            if exam is course.final:
                status = "started" if number % 2 == 0 else PAST_STATUSES[number % len(PAST_STATUSES)]
            elif exam is course.onboarding:
                status = ONBOARDING_STATUSES[number % len(ONBOARDING_STATUSES)]
            else:
                status = PAST_STATUSES[(number + which) % len(PAST_STATUSES)]
            # Not in the order of the ids, and mixed across exams.
            created = begin + timedelta(days=2, seconds=(number * 7919 + which * 13) % (20 * 86400))
            rows.append(_attempt(exam, user, number, status, created))
    ProctoredExamStudentAttempt.objects.bulk_create(rows, batch_size=BATCH)


def _attempt(exam: ProctoredExam, user: Any, number: int, status: str, created: Any) -> ProctoredExamStudentAttempt:
    now = timezone.now()
    has_started = status not in ("created", "download_software_clicked", "ready_to_start")
    return ProctoredExamStudentAttempt(
        created=created,
        modified=created,
        user=user,
        proctored_exam=exam,
        attempt_code=f"CODE-{exam.pk}-{number}-{status}",
        external_id=f"external-{exam.pk}-{number}-{status}",
        taking_as_proctored=exam.is_proctored,
        is_sample_attempt=exam.is_practice_exam,
        status=status,
        started_at=now - timedelta(minutes=10) if has_started else None,
        completed_at=None if status in ("started", "created") else now,
        allowed_time_limit_mins=90 if has_started else None,
    )


def _fill_allowances(course: Course, taking: list[Any], allowances: int) -> None:
    ProctoredExamStudentAllowance.objects.bulk_create(
        [
            ProctoredExamStudentAllowance(
                user=taking[number // 2],
                proctored_exam=course.exams[number % 2],
                key="additional_time_granted",
                value="30",
            )
            for number in range(min(allowances, 2 * len(taking)))
        ],
        batch_size=BATCH,
    )


def make_reviews(attempts: list[ProctoredExamStudentAttempt]) -> None:
    """Create a review for each attempt, without the effects of a review."""
    ProctoredExamSoftwareSecureReview.objects.bulk_create(
        [
            ProctoredExamSoftwareSecureReview(
                attempt_code=attempt.attempt_code,
                exam_id=attempt.proctored_exam_id,
                student_id=attempt.user_id,
                review_status="Clean",
                raw_data="{}",
            )
            for attempt in attempts
        ]
    )


def _update_statistics() -> None:
    """Give the query planner the statistics that a database in use has."""
    statement = {"sqlite": "ANALYZE", "postgresql": "ANALYZE"}.get(connection.vendor)
    with connection.cursor() as cursor:
        if statement:
            cursor.execute(statement)
            return
        for model in (ProctoredExamStudentAttempt, ProctoredExam, get_user_model(), enrollments.Enrollment):
            cursor.execute(f"ANALYZE TABLE {connection.ops.quote_name(model._meta.db_table)}")
            cursor.fetchall()
