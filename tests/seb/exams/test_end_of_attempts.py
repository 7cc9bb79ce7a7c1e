"""What the end of an attempt costs where no exam demands Safe Exam Browser."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring.signals import exam_attempt_status_signal
from seb_openedx.exams import requirements

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
