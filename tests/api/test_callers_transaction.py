"""An effect that fails inside a caller's transaction spoils neither it nor the next one. Spec: cross-cutting.md C2, C3.

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
from edx_proctoring.utils.db import inner_savepoint
from tests.factories import make_attempt, make_user

pytestmark = pytest.mark.django_db


def break_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def leave_something_and_fail(*args: Any, **kwargs: Any) -> None:
    make_user("half-done")
    break_the_database()


@pytest.mark.parametrize("who", ["provider", "mail", "signal", "credit"])
def test_a_receiver_that_breaks_the_database(
    provider: Any, credit: Any, events: Any, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    attempt = make_attempt(status=S.started)
    if who == "provider":
        monkeypatch.setattr(provider, "stop_exam_attempt", leave_something_and_fail)
    elif who == "mail":
        monkeypatch.setattr("django.core.mail.EmailMessage.send", leave_something_and_fail)
    elif who == "credit":
        monkeypatch.setattr(credit.service, "set_credit_requirement_status", leave_something_and_fail, raising=False)
    else:
        exam_attempt_status_signal.connect(leave_something_and_fail)
    try:
        with transaction.atomic():
            api.update_attempt_status(attempt.pk, S.submitted)
            make_user("of-the-caller")
    finally:
        exam_attempt_status_signal.disconnect(leave_something_and_fail)

    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    users = get_user_model().objects
    assert users.filter(username="of-the-caller").exists()
    assert not users.filter(username="half-done").exists()
    assert any(name.endswith("attempt.submitted") for name, _ in events)
    [left] = AttemptEffect.objects.all()
    assert left.kind == who


def test_what_was_to_follow_a_commit_goes_with_what_failed() -> None:
    hooks = len(connection.run_on_commit)

    def promise_and_fail() -> None:
        with inner_savepoint():
            transaction.on_commit(lambda: None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        promise_and_fail()

    assert len(connection.run_on_commit) == hooks


def test_blocks_inside_each_other_go_back_on_their_own() -> None:
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


@pytest.mark.parametrize("is_marked", [True, False], ids=["transaction-marked-as-lost", "unnoticed-by-django"])
def test_an_error_that_somebody_kept_to_himself(is_marked: bool) -> None:
    with inner_savepoint(), contextlib.suppress(DatabaseError):
        if is_marked:
            with transaction.atomic(savepoint=False):
                break_the_database()
        else:
            break_the_database()

    assert make_user("afterwards").pk


def test_no_query_no_savepoint(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), inner_savepoint():
        pass
