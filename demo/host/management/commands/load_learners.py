"""``load_learners 10000``: fill the course with learners who have attempts at every exam, to try pages at that size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction
from django.utils import timezone

from demo.host import onboarding
from demo.host.models import CourseRun, Enrollment, UserProfile
from demo.host.seed_data import COURSE_ID
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

PREFIX = "loaded-"
BATCH = 500
# Kind of exam -> share of each status, in per cent. Nothing is running, so that no time runs out while someone looks.
SHARES: dict[str, dict[str, int]] = {
    "timed": {Status.submitted: 100},
    "practice": {Status.submitted: 80, Status.created: 12, Status.error: 8},
    "onboarding": {Status.verified: 82, Status.submitted: 8, Status.rejected: 5, Status.created: 5},
    "proctored": {
        Status.verified: 70,
        Status.submitted: 13,
        Status.second_review_required: 5,
        Status.rejected: 3,
        Status.error: 3,
        Status.created: 3,
        Status.declined: 3,
    },
}
NOT_STARTED = (Status.created, Status.declined)


class Command(BaseCommand):
    """Write the rows directly, without the effects that status changes have (e-mail, credit, grades)."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """How many learners, and into which course."""
        parser.add_argument("count", type=int, help="how many learners")
        parser.add_argument("--course", default=COURSE_ID, help="course id (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the learners, one transaction per batch. Raises CommandError when there is no such course."""
        try:
            course = CourseRun.objects.filter(course_id=options["course"]).first()
        except DatabaseError:  # no tables: nothing has prepared this data folder yet
            course = None
        if course is None:
            raise CommandError(f"There is no course {options['course']}. Start the demo once: it creates the course.")
        exams = list(ProctoredExam.objects.filter(course_id=course.course_id, is_active=True).order_by("pk"))
        kinds = {exam.pk: kind_of(exam) for exam in exams}
        first = get_user_model().objects.filter(username__startswith=PREFIX).count()
        last = first + options["count"]
        now = timezone.now()
        for start in range(first, last, BATCH):
            numbers = range(start, min(start + BATCH, last))
            with transaction.atomic():
                learners = _create_learners(course, numbers)
                ProctoredExamStudentAttempt.objects.bulk_create(
                    _attempt(learner, exam, kinds[exam.pk], now=now) for learner in learners for exam in exams
                )
                if exams:
                    _give_extra_time(exams[0], learners[::10])
        self.stdout.write(f"{options['count']} learners with {len(exams)} attempts each in {course.course_id}")


def kind_of(exam: ProctoredExam) -> str:
    """The kind of exam that learners see, a key of ``SHARES``."""
    if not exam.is_proctored:
        return "timed"
    if not exam.is_practice_exam:
        return "proctored"
    return "onboarding" if onboarding.is_supported_by(exam.backend) else "practice"


def _create_learners(course: CourseRun, numbers: Sequence[int]) -> list[Any]:
    names = [f"{PREFIX}{number:06}" for number in numbers]
    users = get_user_model().objects
    users.bulk_create(users.model(username=name, email=f"{name}@demo.example", password="!") for name in names)
    learners = list(users.filter(username__in=names).order_by("pk"))
    UserProfile.objects.bulk_create(UserProfile(user=user, name=user.username) for user in learners)
    Enrollment.objects.bulk_create(Enrollment(user=user, course=course, mode="verified") for user in learners)
    return learners


def _give_extra_time(exam: ProctoredExam, learners: Sequence[Any]) -> None:
    ProctoredExamStudentAllowance.objects.bulk_create(
        ProctoredExamStudentAllowance(user=learner, proctored_exam=exam, key="additional_time_granted", value="15")
        for learner in learners
    )


def _attempt(learner: Any, exam: ProctoredExam, kind: str, *, now: datetime) -> ProctoredExamStudentAttempt:
    chance = random.Random(f"{learner.pk} {exam.pk}")  # the same data each time
    [status] = chance.choices(list(SHARES[kind]), weights=list(SHARES[kind].values()))
    # Within the last three weeks, before the due date, and within the exam's time.
    ended = min(now, exam.due_date or now) - timedelta(minutes=chance.randint(60, 21 * 24 * 60))
    began = ended - timedelta(seconds=chance.randint(20 * exam.time_limit_mins, 60 * exam.time_limit_mins))
    has_started = status not in NOT_STARTED
    return ProctoredExamStudentAttempt(
        created=began,
        user=learner,
        proctored_exam=exam,
        status=status,
        attempt_code=f"LOADED-{learner.pk}-{exam.pk}",
        external_id=f"loaded-{learner.pk}-{exam.pk}",
        taking_as_proctored=exam.is_proctored and status != Status.declined,
        is_sample_attempt=exam.is_practice_exam,
        allowed_time_limit_mins=exam.time_limit_mins if has_started else None,
        started_at=began if has_started else None,
        completed_at=ended if has_started and status != Status.error else None,
    )
