"""What attempts and learners' pages cost where no exam demands Safe Exam Browser."""

from collections.abc import Callable
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api
from edx_proctoring.signals import exam_attempt_status_signal
from seb_openedx.exams import requirements
from seb_openedx.exams.start_gate import register
from tests.factories import make_attempt, make_exam

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#cost")]


def end_an_attempt() -> int:
    with CaptureQueriesContext(connection) as queries:
        exam_attempt_status_signal.send(sender=None, attempt_id=1, user_id=1, status="submitted")
    return sum("seb_openedx" in query["sql"] for query in queries.captured_queries)


def test_without_requirements_the_end_of_an_attempt_is_asked_about_once_a_minute() -> None:
    requirements.forget("course-v1:A+B+C")
    assert [end_an_attempt(), end_an_attempt()] == [1, 0]


def test_with_a_requirement_the_sessions_of_the_learner_are_looked_up(require: Callable[..., object]) -> None:
    requirements.exist()
    require()
    requirements.exist()
    assert end_an_attempt() == 1


@pytest.mark.contract("learner-pages#cost")
def test_without_requirements_the_page_of_a_running_exam_is_asked_about_once_a_minute(
    learner: User, date_service: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: None)
    register()
    exam = make_exam("timed")
    make_attempt(exam, learner, "started")
    api.get_student_view(learner.pk, exam.course_id, exam.content_id, {"due_date": None})
    requirements.forget(exam.course_id)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert api.get_student_view(learner.pk, exam.course_id, exam.content_id, {"due_date": None}) is None
        counts.append(len(queries))

    assert counts == [2, 1]
