"""Two users grant the same learner the same allowance concurrently."""

import threading

import pytest
from django.db import IntegrityError, connection

from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory
from tests.factories import make_exam, make_user

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    # SQLite allows one writer at a time, and its in-memory test database only one connection.
    pytest.mark.skipif(connection.vendor == "sqlite", reason="needs two connections that write"),
]

KEY = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]


def concurrently(monkeypatch, *actions):
    """Run each action in its own thread; each looks up before any inserts. Return results or errors."""
    barrier = threading.Barrier(len(actions), timeout=5)
    create, outcomes = ProctoredExamStudentAllowance.objects.create, {}

    def create_together(**fields):
        barrier.wait()
        return create(**fields)

    monkeypatch.setattr(ProctoredExamStudentAllowance.objects, "create", create_together)

    def run(number, action):
        try:
            outcomes[number] = action()
        except Exception as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return [outcomes[number] for number in sorted(outcomes)]


def test_control_two_plain_inserts_collide(monkeypatch):
    exam, user = make_exam("timed"), make_user()
    fields = {"proctored_exam": exam, "user": user, "key": KEY, "value": "30"}
    insert = lambda: ProctoredExamStudentAllowance.objects.create(**fields)  # noqa: E731
    outcomes = concurrently(monkeypatch, insert, insert)
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1


def test_one_request_creates_the_allowance_and_the_other_updates_it(monkeypatch):
    exam, user = make_exam("timed"), make_user()
    outcomes = concurrently(
        monkeypatch,
        lambda: ProctoredExamStudentAllowance.add_allowance_for_user(exam.id, user.id, KEY, "30"),
        lambda: ProctoredExamStudentAllowance.add_allowance_for_user(exam.id, user.id, KEY, "45"),
    )
    actions = {action: allowance.value for allowance, action in outcomes}
    assert set(actions) == {"created", "updated"}
    assert ProctoredExamStudentAllowance.objects.get().value == actions["updated"]
    assert ProctoredExamStudentAllowanceHistory.objects.get().value == actions["created"]
