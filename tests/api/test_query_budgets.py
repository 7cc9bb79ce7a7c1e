"""How many statements a call of the service layer costs, the same on every database.

Lower the numbers, never raise them. Where a transaction or a savepoint begins and ends is not counted: that depends on
the transaction of the caller, which is here the one around the test.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import get_exam_due_date
from tests.factories import COURSE, make_attempt, make_exam, make_user, next_number

pytestmark = pytest.mark.django_db

Count = Callable[[Callable[[], Any]], int]


@pytest.mark.contract("attempts#queries")
@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda a: api.get_exam_attempt_by_id(a.pk), id="by-id"),
        pytest.param(lambda a: api.get_exam_attempt_by_code(a.attempt_code), id="by-code"),
        pytest.param(lambda a: api.get_exam_attempt_by_external_id(a.external_id), id="by-external-id"),
        pytest.param(lambda a: api.get_current_exam_attempt(a.proctored_exam_id, a.user_id), id="current"),
        pytest.param(lambda a: api.get_exam_attempt_data(a.proctored_exam_id, a.pk), id="timer-payload"),
    ],
)
def test_reading_an_attempt_takes_one_query(count_queries: Count, read: Callable[[Any], Any]) -> None:
    attempt = make_attempt(status=S.started)
    # Since the start the cache of the date service knows the learner's dates (contract timing#closing).
    get_exam_due_date(exam_dict(attempt.proctored_exam), attempt.user_id)

    assert count_queries(lambda: read(attempt)) == 1


# A due date that is read fresh: whether it is still stored. While the cache of the date service does not know the
# learner's dates, the service reads them first: those of the course and those of the learner.
FRESH_DATE = 1 if apps.is_installed("edx_when") else 0
DATES_OF_COURSE = 2 if apps.is_installed("edx_when") else 0

# Each change: the attempt with its exam and its learner, the learner's attempts at the exam under the lock, the update
# with its history row, and one look for undelivered effects: 5.
STATUS_CHANGES = [
    pytest.param(S.created, S.download_software_clicked, 5, id="download"),
    pytest.param(S.started, S.ready_to_submit, 5, id="stop"),
    # The allowance, the due date, and the effects: one insertion, one deletion.
    pytest.param(S.ready_to_start, S.started, 8 + FRESH_DATE, id="first-start"),
    pytest.param(S.started, S.error, 7, id="error"),
    # The cascade reads the exams of the course.
    pytest.param(S.created, S.declined, 8, id="decline"),
    # The rows up to the mail are deleted before the others.
    pytest.param(S.submitted, S.verified, 8, id="verify"),
    # Grades and certificates run code of the host, so the effects after them are looked at again.
    pytest.param(S.submitted, S.rejected, 10, id="reject"),
    # The first completion is written ahead; the instructor service runs code of the host.
    pytest.param(S.started, S.submitted, 10, id="submit"),
]


@pytest.mark.contract("attempts#queries")
@pytest.mark.parametrize("services", ["no-services", "all-services"])
@pytest.mark.parametrize(("from_status", "to_status", "most"), STATUS_CHANGES)
def test_a_status_change_costs_the_same_with_and_without_other_attempts(
    count_queries: Count,
    request: pytest.FixtureRequest,
    from_status: str,
    to_status: str,
    most: int,
    services: str,
) -> None:
    if services == "all-services":
        request.getfixturevalue("all_services")

    def cost(others: int) -> int:
        exam, user = make_exam(course_id=f"course-v1:Demo+PROC+{next_number()}"), make_user()
        for _ in range(others):
            make_attempt(exam, user, S.verified, ready_to_resume=True, resumed=True)
        attempt = make_attempt(exam, user, from_status)
        # The learner has seen the page of the exam, which shows the due date.
        get_exam_due_date(exam_dict(exam), user.pk)
        return count_queries(lambda: api.update_attempt_status(attempt.pk, to_status))

    assert cost(others=0) == cost(others=20) <= most


def test_a_database_that_does_not_return_keys_costs_two_statements_more(
    count_queries: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost() -> int:
        attempt = make_attempt(status=S.started)
        return count_queries(lambda: api.update_attempt_status(attempt.pk, S.submitted))

    with_keys = cost()
    # MySQL. On MariaDB the answer is kept with the connection.
    monkeypatch.delitem(vars(connection.features), "can_return_rows_from_bulk_insert", raising=False)
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)

    assert cost() <= with_keys + 2
    assert not AttemptEffect.objects.exists(), "each row was found again by its position"


def test_a_start_without_a_look_at_the_page_reads_the_dates_first(count_queries: Count) -> None:
    attempt = make_attempt(make_exam(), make_user(), S.ready_to_start)
    most = 8 + DATES_OF_COURSE + FRESH_DATE
    assert count_queries(lambda: api.update_attempt_status(attempt.pk, S.started)) <= most


def test_a_whole_attempt_costs_at_most_this(count_queries: Count) -> None:
    exam, user = make_exam(), make_user()

    def from_entering_to_submitting() -> None:
        attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
        api.update_attempt_status(attempt_id, S.download_software_clicked)
        api.mark_exam_attempt_as_ready(attempt_id)
        api.start_exam_attempt(exam.pk, user.pk)
        api.stop_exam_attempt(attempt_id)
        api.update_attempt_status(attempt_id, S.submitted)

    # The due date is read fresh twice: on entering and on starting.
    assert count_queries(from_entering_to_submitting) <= 42 + DATES_OF_COURSE + 2 * FRESH_DATE


def test_other_practice_attempts_of_the_learner_do_not_raise_the_cost(count_queries: Count) -> None:
    exam, user = make_exam("practice"), make_user()

    def cost() -> int:
        attempt = make_attempt(exam, user, S.started)
        return count_queries(lambda: api.update_attempt_status(attempt.pk, S.submitted))

    few = cost()
    for _ in range(20):
        make_attempt(exam, user, S.error)

    assert cost() == few


@pytest.mark.contract("attempts#queries")
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: api.get_all_exam_attempts(COURSE), id="attempts-of-a-course"),
        pytest.param(lambda: api.get_filtered_exam_attempts(COURSE, "learner"), id="attempts-found"),
        pytest.param(lambda: api.get_allowances_for_course(COURSE), id="allowances-of-a-course"),
        pytest.param(lambda: api.get_all_exams_for_course(COURSE), id="exams-of-a-course"),
        pytest.param(lambda: api.get_exam_violation_report(COURSE), id="violation-report"),
    ],
)
def test_a_list_costs_the_same_at_any_size(count_queries: Count, call: Callable[[], Any]) -> None:
    for _ in range(5):
        make_attempt()
    few = count_queries(call)
    for _ in range(45):
        make_attempt()

    assert count_queries(call) == few


def test_the_active_exams_of_a_learner_cost_two_queries_at_any_number(count_queries: Count) -> None:
    user = make_user()

    def cost() -> int:
        return count_queries(lambda: api.get_active_exams_for_user(user.pk))

    make_attempt(user=user, status=S.started)
    few = cost()
    for _ in range(5):
        make_attempt(user=user, status=S.started)

    assert ProctoredExamStudentAttempt.objects.count() == 6
    assert cost() == few == 2
