"""``load_learners``: many learners with plausible attempts."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from demo.host import seed
from demo.host.management.commands import load_learners
from demo.host.models import CourseRun, Enrollment
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

LEARNERS = 60


@pytest.fixture
def demo_course(db, monkeypatch, django_capture_on_commit_callbacks):
    """The course that a new demo has."""
    monkeypatch.setattr(BaseRestProctoringProvider, "on_exam_saved", lambda self, exam: f"external-{exam['id']}")
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    return CourseRun.objects.get(course_id=seed.COURSE_ID)


@pytest.fixture
def attempts(demo_course):
    call_command("load_learners", LEARNERS)
    return list(ProctoredExamStudentAttempt.objects.select_related("proctored_exam"))


def statuses(attempts, kind):
    return Counter(attempt.status for attempt in attempts if load_learners.kind_of(attempt.proctored_exam) == kind)


def test_each_learner_is_enrolled_and_has_an_attempt_at_each_exam(demo_course, attempts):
    assert Enrollment.objects.filter(course=demo_course, user__username__startswith="loaded-").count() == LEARNERS
    assert set(Counter(attempt.user_id for attempt in attempts).values()) == {5}
    assert ProctoredExamStudentAllowance.objects.filter(user__username__startswith="loaded-").count() == LEARNERS / 10


def test_loading_again_adds_learners(demo_course):
    for _ in range(2):
        call_command("load_learners", 3)
    assert Enrollment.objects.filter(user__username__startswith="loaded-").count() == 6


def test_timed_exams_are_submitted_and_never_reviewed(attempts):
    assert statuses(attempts, "timed") == {"submitted": 2 * LEARNERS}


def test_onboarding_is_mostly_verified_and_never_awaits_a_second_review(attempts):
    found = statuses(attempts, "onboarding")
    assert found.total() == LEARNERS
    assert found["verified"] > LEARNERS / 2
    assert set(found) <= {"verified", "submitted", "rejected", "created"}


def test_proctored_exams_are_mostly_verified_and_some_await_a_second_review(attempts):
    found = statuses(attempts, "proctored")
    assert found.total() == 2 * LEARNERS
    assert found["verified"] > LEARNERS
    assert 0 < found["second_review_required"] < LEARNERS / 4


def test_attempts_lie_within_the_exams_time_and_before_its_due_date(attempts):
    now = timezone.now()
    for attempt in attempts:
        if attempt.status in ("created", "declined"):
            assert (attempt.started_at, attempt.completed_at) == (None, None)
        elif attempt.status == "error":
            assert attempt.started_at < now
        else:
            taken = (attempt.completed_at - attempt.started_at).total_seconds()
            assert 0 < taken <= attempt.allowed_time_limit_mins * 60
            assert attempt.completed_at < min(now, attempt.proctored_exam.due_date or now)


def test_a_missing_course_names_the_way_to_create_it(db):
    with pytest.raises(CommandError, match="Start the demo once"):
        call_command("load_learners", 1)


def test_a_database_without_tables_names_the_way_to_create_them(monkeypatch):
    def fail(**fields):
        raise DatabaseError("no such table")

    monkeypatch.setattr(CourseRun.objects, "filter", fail)
    with pytest.raises(CommandError, match="Start the demo once"):
        call_command("load_learners", 1)
