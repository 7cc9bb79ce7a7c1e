"""Two transactions that need each other's rows: the database gives one up, and it is repeated."""

import contextlib
import threading

import pytest
from django.db import OperationalError, connection

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.utils import transactions
from tests.factories import make_attempt

from .conftest import at_the_same_time

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update, reason="SQLite has no row locks, so there is nothing to cross"
    ),
]


@pytest.mark.parametrize(
    ("tries", "errors"),
    [
        pytest.param(1, 1, id="control-without-a-second-try-a-caller-gets-the-error"),
        pytest.param(transactions.MAX_TRIES, 0, id="with-it-both-succeed"),
    ],
)
def test_two_transactions_that_deadlock_both_succeed(
    monkeypatch: pytest.MonkeyPatch, seed: int, tries: int, errors: int
) -> None:
    monkeypatch.setattr(transactions, "MAX_TRIES", tries)
    first, second = make_attempt().pk, make_attempt().pk
    half_way = threading.Barrier(2)
    runs: list[int] = []

    @transactions.short_transaction
    def take_both(*keys: int) -> str:
        runs.append(keys[0])
        for key in keys:
            attempt = ProctoredExamStudentAttempt.objects.locked(key)
            with contextlib.suppress(threading.BrokenBarrierError):
                half_way.wait(timeout=1)
            attempt.time_remaining_seconds = (attempt.time_remaining_seconds or 0) + 1
            attempt.save()
        return "done"

    outcomes = at_the_same_time(lambda: take_both(first, second), lambda: take_both(second, first))

    print(f"transactions=2 runs={len(runs)} done={outcomes.count('done')}")
    assert outcomes.count("done") == 2 - errors
    assert sum(isinstance(outcome, OperationalError) for outcome in outcomes) == errors
    counted = ProctoredExamStudentAttempt.objects.values_list("time_remaining_seconds", flat=True)
    assert list(counted) == [2 - errors] * 2, "what was given up left nothing behind"


def test_an_error_that_is_not_a_conflict_is_not_repeated() -> None:
    runs: list[int] = []

    @transactions.short_transaction
    def fails() -> None:
        runs.append(1)
        raise OperationalError("the server has gone away")

    with pytest.raises(OperationalError):
        fails()
    assert len(runs) == 1
