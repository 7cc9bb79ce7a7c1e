"""``load_learners 10000``: a big course. Learners with attempts at every exam, to see how the pages answer then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from demo.host.models import CourseRun, Enrollment, UserProfile
from demo.host.seed import COURSE_ID
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

PREFIX = "loaded-"
# By turns; nothing that is running, so that no clock runs out while somebody looks.
STATUSES = ("submitted", "verified", "rejected", "second_review_required", "created", "error", "declined")
BATCH = 500


class Command(BaseCommand):
    """Load learners. What an exam's end causes is not caused: the rows are written past the service layer."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and into which course."""
        parser.add_argument("count", type=int)
        parser.add_argument("--course", default=COURSE_ID)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load in one transaction per batch; CommandError for an unknown course."""
        course = CourseRun.objects.filter(course_id=options["course"]).first()
        if course is None:
            raise CommandError(f"there is no course {options['course']}")
        exams = list(ProctoredExam.objects.filter(course_id=course.course_id, is_active=True))
        first = get_user_model().objects.filter(username__startswith=PREFIX).count()
        last = first + options["count"]
        for start in range(first, last, BATCH):
            _load(course, exams, range(start, min(start + BATCH, last)))
        self.stdout.write(f"{options['count']} learners with {len(exams)} attempts each in {course.course_id}")


@transaction.atomic
def _load(course: CourseRun, exams: list[ProctoredExam], numbers: range) -> None:
    names = [f"{PREFIX}{number:06}" for number in numbers]
    users = get_user_model().objects
    users.bulk_create(users.model(username=name, email=f"{name}@demo.example", password="!") for name in names)
    learners = list(users.filter(username__in=names).order_by("pk"))
    UserProfile.objects.bulk_create(UserProfile(user=user, name=user.username) for user in learners)
    Enrollment.objects.bulk_create(Enrollment(user=user, course=course, mode="verified") for user in learners)
    ProctoredExamStudentAttempt.objects.bulk_create(
        _attempt(user, exam, number) for number, user in enumerate(learners) for exam in exams
    )
    ProctoredExamStudentAllowance.objects.bulk_create(
        ProctoredExamStudentAllowance(user=user, proctored_exam=exams[0], key="additional_time_granted", value="15")
        for user in learners[::10]
    )


def _attempt(user: Any, exam: ProctoredExam, number: int) -> ProctoredExamStudentAttempt:
    status = STATUSES[(number + exam.pk) % len(STATUSES)]
    now = timezone.now()
    has_started = status not in ("created", "declined")
    return ProctoredExamStudentAttempt(
        user=user,
        proctored_exam=exam,
        status=status,
        attempt_code=f"LOADED-{user.pk}-{exam.pk}",
        external_id=f"loaded-{user.pk}-{exam.pk}",
        taking_as_proctored=exam.is_proctored,
        is_sample_attempt=exam.is_practice_exam,
        allowed_time_limit_mins=exam.time_limit_mins if has_started else None,
        started_at=now - timedelta(hours=2) if has_started else None,
        completed_at=now - timedelta(hours=1) if has_started else None,
    )
