"""Twenty requests create the same attempt at once."""

import threading
import time
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from edx_proctoring import api
from edx_proctoring.exceptions import StudentExamAttemptAlreadyExistsException
from edx_proctoring.models import OpenAttempt, ProctoredExamStudentAttempt
from edx_proctoring.models.open_attempts import OpenAttemptManager
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

from .conftest import ThreadSafeProvider, at_the_same_time

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

REQUESTS = 20

control = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one writer in at a time: there is no fault to be shown"
)


@pytest.mark.contract("attempts#race", "transitions#lock")
@pytest.mark.parametrize(
    ("history", "locked", "guarded", "one_attempt"),
    [
        pytest.param("none", True, False, False, id="none-control-without-the-guard-the-race-is-real", marks=control),
        pytest.param("none", True, True, True, id="none-one-attempt"),
        *(
            pytest.param(history, *variant, id=f"{history}-{name}", marks=marks)
            for history in ("released", "left-by-6.1.4")
            for name, marks, variant in (
                ("control-without-both-the-race-is-real", [control], (False, False, False)),
                ("control-with-the-lock-alone-the-race-is-real", [control], (True, False, False)),
                ("the-guard-alone-is-enough", [control], (False, True, True)),
                ("with-lock-and-guard-one-attempt", [], (True, True, True)),
            )
        ),
    ],
)
def test_twenty_requests_create_one_attempt(
    shared_database: None,
    provider: ThreadSafeProvider,
    without_locks: Any,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    history: str,
    locked: bool,
    guarded: bool,
    one_attempt: bool,
) -> None:
    exam, user = make_exam(), make_user()
    if history == "released":
        make_attempt(exam, user, S.error, ready_to_resume=True)
    if history == "left-by-6.1.4":
        OpenAttempt.objects.create(exam_id=exam.pk, user_id=user.pk, attempt_id=4711)
    before = ProctoredExamStudentAttempt.objects.count()
    if not locked:
        without_locks()
    if not guarded:
        monkeypatch.setattr(OpenAttemptManager, "take", lambda *args, **kwargs: True)
    # All have looked and found nothing before the first inserts; and each insertion takes a while.
    provider.before_answer = threading.Barrier(REQUESTS, timeout=30).wait
    insert = ProctoredExamStudentAttempt.create_exam_attempt

    def insert_slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.05)
        return insert(*args, **kwargs)

    monkeypatch.setattr(ProctoredExamStudentAttempt, "create_exam_attempt", insert_slowly)

    outcomes = at_the_same_time(*[lambda: api.create_exam_attempt(exam.pk, user.pk, True)] * REQUESTS)

    created = [outcome for outcome in outcomes if isinstance(outcome, int)]
    others = [outcome for outcome in outcomes if not isinstance(outcome, int)]
    print(f"requests={REQUESTS} created={len(created)} refused={len(others)} withdrawn={len(provider.removed)}")
    assert {type(other) for other in others} <= {StudentExamAttemptAlreadyExistsException}, others
    if not one_attempt:
        assert len(created) > 1
        return
    assert len(created) == 1
    assert ProctoredExamStudentAttempt.objects.count() == before + 1
    attempt = ProctoredExamStudentAttempt.objects.get(pk=created[0])
    assert len(provider.registered) == REQUESTS
    assert set(provider.registered) - set(provider.removed) == {attempt.external_id}
    if guarded:
        assert OpenAttempt.objects.get(exam_id=exam.pk, user_id=user.pk).attempt_id == attempt.pk


@pytest.mark.contract("attempts#race")
def test_the_database_refuses_a_second_row_for_one_learner_and_exam() -> None:
    attempt = make_attempt()
    key = {"exam_id": attempt.proctored_exam_id, "user_id": attempt.user_id}
    OpenAttempt.objects.create(**key, attempt=attempt)

    with pytest.raises(IntegrityError), transaction.atomic():
        OpenAttempt.objects.create(**key, attempt=make_attempt())


@pytest.mark.skipif(connection.vendor != "mysql", reason="what a transaction with an older snapshot sees")
@pytest.mark.parametrize("is_stale", [False, True], ids=["live-attempt", "stale-row"])
def test_under_an_older_snapshot_a_second_attempt_is_refused(is_stale: bool) -> None:
    """A host that has set REPEATABLE READ, against the platform's rule, and calls from a transaction of its own."""
    exam, user = make_exam("timed"), make_user()
    has_looked, is_entered = threading.Event(), threading.Event()

    def enter_late() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with transaction.atomic():
            assert not ProctoredExamStudentAttempt.objects.exists()
            has_looked.set()
            is_entered.wait(timeout=10)
            return api.create_exam_attempt(exam.pk, user.pk)

    def enter() -> None:
        has_looked.wait(timeout=10)
        if is_stale:
            OpenAttempt.objects.create(exam_id=exam.pk, user_id=user.pk, attempt_id=4711)
        else:
            api.create_exam_attempt(exam.pk, user.pk)
        is_entered.set()

    outcomes = at_the_same_time(enter_late, enter)

    assert [type(outcome) for outcome in outcomes] == [StudentExamAttemptAlreadyExistsException, type(None)]
    assert ProctoredExamStudentAttempt.objects.count() == (0 if is_stale else 1)
