"""How many queries things cost. Spec: python-api.md 8, rest-api.md 11.

The numbers are aims: lower them, never raise them.
Savepoints count: a request that runs in its own transactions pays BEGIN and COMMIT instead.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

Count = Callable[[Callable[[], Any]], int]


@pytest.mark.spec("python-api.md", "18:queries")
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
def test_to_read_an_attempt_takes_one_query(count_queries: Count, read: Callable[[Any], Any]) -> None:
    attempt = make_attempt(status=S.started)

    assert count_queries(lambda: read(attempt)) == 1


STATUS_CHANGES = [
    pytest.param(S.created, S.download_software_clicked, 7, id="download"),
    # The limit takes two queries of the date service, until its cache knows; the allowance comes with the lock.
    pytest.param(S.ready_to_start, S.started, 9, id="first-start"),
    pytest.param(S.started, S.ready_to_submit, 7, id="stop"),
    # One more where a mail is sent: it is forgotten at once. One more where other attempts have a say.
    pytest.param(S.started, S.submitted, 8, id="submit"),
    pytest.param(S.submitted, S.verified, 8, id="verify"),
    pytest.param(S.submitted, S.rejected, 8, id="reject"),
    pytest.param(S.started, S.error, 7, id="error"),
    pytest.param(S.created, S.declined, 8, id="decline"),
]


@pytest.mark.spec("python-api.md", "18:queries")
@pytest.mark.parametrize("others", [0, 20], ids=["the-only-attempt", "twenty-others"])
@pytest.mark.parametrize("services", ["no-services", "all-services"])
@pytest.mark.parametrize(("from_status", "to_status", "queries"), STATUS_CHANGES)
def test_to_change_a_status(
    count_queries: Count,
    request: pytest.FixtureRequest,
    from_status: str,
    to_status: str,
    queries: int,
    services: str,
    others: int,
) -> None:
    if services == "all-services":
        request.getfixturevalue("all_services")
    exam, user = make_exam(), make_user()
    for _ in range(others):
        make_attempt(exam, user, S.verified, ready_to_resume=True, resumed=True)
    attempt = make_attempt(exam, user, from_status)

    spent = count_queries(lambda: api.update_attempt_status(attempt.pk, to_status))

    assert spent <= queries + (1 if others else 0)
    assert spent <= 10, "history and effects included"


def test_a_database_that_does_not_tell_keys_costs_one_query_more(
    count_queries: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On MariaDB the answer is kept with the connection.
    monkeypatch.delitem(vars(connection.features), "can_return_rows_from_bulk_insert", raising=False)
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    attempt = make_attempt(status=S.started)

    assert count_queries(lambda: api.update_attempt_status(attempt.pk, S.submitted)) <= 9
    assert not AttemptEffect.objects.exists(), "each row was found again by its place"


def test_a_whole_attempt(count_queries: Count) -> None:
    exam, user = make_exam(), make_user()

    def journey() -> None:
        attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
        api.update_attempt_status(attempt_id, S.download_software_clicked)
        api.mark_exam_attempt_as_ready(attempt_id)
        api.start_exam_attempt(exam.pk, user.pk)
        api.stop_exam_attempt(attempt_id)
        api.update_attempt_status(attempt_id, S.submitted)

    # Two of them ask for dates that nobody has asked for before.
    assert count_queries(journey) <= 47


def test_other_attempts_of_the_learner_cost_nothing(count_queries: Count) -> None:
    exam, user = make_exam("practice"), make_user()

    def cost() -> int:
        attempt = make_attempt(exam, user, S.started)
        return count_queries(lambda: api.update_attempt_status(attempt.pk, S.submitted))

    few = cost()
    for _ in range(20):
        make_attempt(exam, user, S.error)

    assert cost() == few


@pytest.mark.spec("python-api.md", "18:queries")
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
def test_lists_cost_the_same_at_any_size(count_queries: Count, call: Callable[[], Any]) -> None:
    for _ in range(5):
        make_attempt()
    few = count_queries(call)
    for _ in range(45):
        make_attempt()

    assert count_queries(call) == few


def test_active_exams_of_a_learner(count_queries: Count) -> None:
    user = make_user()

    def cost() -> int:
        return count_queries(lambda: api.get_active_exams_for_user(user.pk))

    make_attempt(user=user, status=S.started)
    few = cost()
    for _ in range(5):
        make_attempt(user=user, status=S.started)

    assert ProctoredExamStudentAttempt.objects.count() == 6
    assert cost() == few == 2
