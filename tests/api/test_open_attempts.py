"""One row per learner and exam blocks a second attempt."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api
from edx_proctoring.api.attempts import entry_check
from edx_proctoring.exceptions import StudentExamAttemptAlreadyExistsException
from edx_proctoring.models import OpenAttempt, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("tables#one-open-attempt")]


def open_attempt(exam: Any, user: Any) -> int | None:
    """Return the id of the attempt that blocks a second one."""
    return OpenAttempt.objects.filter(exam_id=exam.pk, user_id=user.pk).values_list("attempt_id", flat=True).first()


def test_a_new_attempt_blocks_a_second_one() -> None:
    exam, user = make_exam(), make_user()

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert open_attempt(exam, user) == attempt_id


@pytest.mark.contract("attempts#one")
def test_a_finished_attempt_still_blocks_a_second_one() -> None:
    exam, user = make_exam(), make_user()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk)
    api.update_attempt_status(attempt_id, S.submitted)

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, user.pk)
    assert open_attempt(exam, user) == attempt_id


@pytest.mark.contract("attempts#one")
def test_a_practice_attempt_has_no_row() -> None:
    exam, user = make_exam("onboarding"), make_user()

    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert not OpenAttempt.objects.exists()


def test_a_release_for_resumption_lets_the_next_attempt_in() -> None:
    exam, user = make_exam(), make_user()
    first = api.create_exam_attempt(exam.pk, user.pk)
    api.update_attempt_status(first, S.error)
    api.mark_exam_attempt_as_ready_to_resume(first)
    assert open_attempt(exam, user) is None

    second = api.create_exam_attempt(exam.pk, user.pk)

    assert open_attempt(exam, user) == second


@pytest.mark.parametrize(
    "remove",
    [
        pytest.param(lambda attempt: api.remove_exam_attempt(attempt.pk, attempt.user), id="by-staff"),
        pytest.param(lambda attempt: attempt.delete(), id="by-the-admin"),
        pytest.param(lambda attempt: ProctoredExamStudentAttempt.objects.all().delete(), id="in-bulk"),
        pytest.param(lambda attempt: attempt.user.delete(), id="with-the-learner"),
        pytest.param(lambda attempt: attempt.proctored_exam.delete(), id="with-the-exam"),
    ],
)
def test_the_row_is_deleted_with_its_attempt(remove: Any) -> None:
    exam, user = make_exam(), make_user()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk)

    remove(ProctoredExamStudentAttempt.objects.get(pk=attempt_id))

    assert not OpenAttempt.objects.exists()


def removed(exam: Any, user: Any) -> int:
    return 4711


def released(exam: Any, user: Any) -> int:
    return make_attempt(exam, user, S.error, ready_to_resume=True).pk


def resumed_by_another(exam: Any, user: Any) -> int:
    first = make_attempt(exam, user, S.error, ready_to_resume=True, resumed=True)
    make_attempt(exam, user, S.error, ready_to_resume=True)
    return first.pk


def of_another_learner(exam: Any, user: Any) -> int:
    return make_attempt().pk


@pytest.mark.parametrize("left_behind", [removed, released, resumed_by_another, of_another_learner])
def test_a_stale_row_is_taken_over_by_the_next_attempt(left_behind: Any) -> None:
    exam, user = make_exam(), make_user()
    OpenAttempt.objects.create(exam_id=exam.pk, user_id=user.pk, attempt_id=left_behind(exam, user))

    attempt_id = api.create_exam_attempt(exam.pk, user.pk)

    assert open_attempt(exam, user) == attempt_id


def test_an_attempt_made_by_6_1_4_blocks_a_second_one_without_a_row() -> None:
    attempt = make_attempt(status=S.started)

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(attempt.proctored_exam_id, attempt.user_id)


def test_a_refused_creation_leaves_the_callers_transaction_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    exam, user = make_exam(), make_user()
    first = api.create_exam_attempt(exam.pk, user.pk)
    # As in a transaction that does not see the other attempt: an older snapshot, or a request that was a little faster.
    monkeypatch.setattr(entry_check, "current_attempt", lambda *args: None)

    with transaction.atomic():
        with pytest.raises(StudentExamAttemptAlreadyExistsException):
            api.create_exam_attempt(exam.pk, user.pk)
        make_user("of-the-caller")

    assert list(ProctoredExamStudentAttempt.objects.values_list("pk", flat=True)) == [first]
    assert open_attempt(exam, user) == first


def test_a_first_attempt_inserts_its_row_without_looking() -> None:
    attempt = make_attempt()

    with CaptureQueriesContext(connection) as queries:
        assert OpenAttempt.objects.take(attempt)

    statements = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert [statement.split()[0] for statement in statements] == ["INSERT"]


def test_an_exam_that_is_taken_is_looked_at_after_the_refused_insert() -> None:
    first = make_attempt()
    OpenAttempt.objects.take(first)
    second = make_attempt(first.proctored_exam, first.user)

    statements: list[str] = []

    # Django's query log has no text for a statement that MariaDB refused.
    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert not OpenAttempt.objects.take(second)

    assert [sql.split()[0] for sql in statements if "SAVEPOINT" not in sql] == ["INSERT", "SELECT", "SELECT"]
    assert open_attempt(first.proctored_exam, first.user) == first.pk
