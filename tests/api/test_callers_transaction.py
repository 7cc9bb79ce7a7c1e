"""An effect that fails inside a caller's transaction spoils neither that transaction nor the next effect.

Telling on PostgreSQL, where an error in the database ends the transaction unless there is a savepoint.
"""

import contextlib
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils.transactions import inner_savepoint
from tests.factories import make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db


def break_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def write_then_break_the_database(*args: Any, **kwargs: Any) -> None:
    make_user("half-done")
    break_the_database()


@pytest.mark.contract("effects#callers-transaction")
@pytest.mark.parametrize(
    ("kind", "receiver"),
    [
        pytest.param("proctored", "provider", id="provider"),
        pytest.param("proctored", "mail", id="mail"),
        pytest.param("proctored", "signal", id="signal"),
        pytest.param("proctored", "credit", id="credit"),
        pytest.param("timed", "signal", id="signal-inside-the-change"),
        pytest.param("timed", "instructor", id="instructor-inside-the-change"),
    ],
)
def test_a_receiver_that_breaks_the_database_leaves_a_row_and_the_callers_transaction_intact(
    provider: Any,
    credit: Any,
    instructor: Any,
    events: Any,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    receiver: str,
) -> None:
    attempt = make_attempt(make_exam(kind), status=S.started)
    if receiver == "provider":
        monkeypatch.setattr(provider, "stop_exam_attempt", write_then_break_the_database)
    elif receiver == "mail":
        monkeypatch.setattr("django.core.mail.EmailMessage.send", write_then_break_the_database)
    elif receiver == "credit":
        credit.service.set_credit_requirement_status = write_then_break_the_database
    elif receiver == "instructor":
        instructor.service.complete_student_attempt = write_then_break_the_database
    else:
        exam_attempt_status_signal.connect(write_then_break_the_database)
    try:
        with transaction.atomic():
            api.update_attempt_status(attempt.pk, S.submitted)
            make_user("of-the-caller")
    finally:
        exam_attempt_status_signal.disconnect(write_then_break_the_database)

    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    users = get_user_model().objects
    assert users.filter(username="of-the-caller").exists()
    assert not users.filter(username="half-done").exists()
    assert any(name.endswith("attempt.submitted") for name, _ in events)
    [left] = AttemptEffect.objects.all()
    assert (left.kind, left.tries) == (receiver, 1)


# The savepoint itself


def test_a_commit_hook_of_a_failed_block_is_dropped() -> None:
    hooks = len(connection.run_on_commit)

    def register_and_fail() -> None:
        with inner_savepoint():
            transaction.on_commit(lambda: None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        register_and_fail()

    assert len(connection.run_on_commit) == hooks


def test_a_failed_inner_block_is_rolled_back_without_its_outer_block() -> None:
    def write_and_fail() -> None:
        with inner_savepoint():
            make_user("inner")
            raise RuntimeError

    with inner_savepoint():
        with pytest.raises(RuntimeError):
            write_and_fail()
        make_user("outer")

    names = set(get_user_model().objects.values_list("username", flat=True))
    assert names == {"outer"}


def test_a_swallowed_error_that_django_noticed_is_rolled_back_to_the_savepoint() -> None:
    with inner_savepoint(), contextlib.suppress(DatabaseError), transaction.atomic(savepoint=False):
        break_the_database()

    assert make_user("afterwards").pk


def test_a_swallowed_error_that_django_did_not_notice_fails_the_block_at_most() -> None:
    # PostgreSQL refuses to release the savepoint, so the block raises; the other databases go on after the statement.
    is_transaction_broken = connection.vendor == "postgresql"
    expected = pytest.raises(DatabaseError) if is_transaction_broken else contextlib.nullcontext()

    with expected, inner_savepoint(), contextlib.suppress(DatabaseError):
        break_the_database()

    assert make_user("afterwards").pk


def test_inside_a_transaction_a_savepoint_costs_two_statements(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as queries, inner_savepoint():
        pass

    assert ["SAVEPOINT" in query["sql"] for query in queries.captured_queries] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_opened(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), inner_savepoint():
        assert not connection.in_atomic_block
