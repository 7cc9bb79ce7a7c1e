"""Effects that stay in this process are delivered inside the transaction of the change.

Only those that fail are recorded. A change that calls a provider, sends a mail or changes other attempts records all of
its effects and delivers them after the commit; see ``test_effects_delivery``.
"""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.api.effects import receivers
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import transactions
from tests.factories import make_attempt, make_exam

from .conftest import due_effects

pytestmark = pytest.mark.django_db

# Kind of exam, status, next status: nothing here calls a provider, sends a mail or declines other exams.
LOCAL_CHANGES = [
    pytest.param("proctored", S.created, S.download_software_clicked, id="download"),
    pytest.param("proctored", S.download_software_clicked, S.ready_to_start, id="ready"),
    pytest.param("proctored", S.started, S.ready_to_submit, id="stop"),
    pytest.param("proctored", S.submitted, S.second_review_required, id="second-review"),
    pytest.param("timed", S.created, S.started, id="start-of-a-timed-exam"),
    pytest.param("timed", S.started, S.submitted, id="submission-of-a-timed-exam"),
    pytest.param("timed", S.submitted, S.rejected, id="rejection-of-a-timed-exam"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "from_status", "to_status"), LOCAL_CHANGES)
def test_a_change_with_local_effects_commits_once_with_nothing_in_the_outbox(
    all_services: dict[str, Any], events: list[Any], kind: str, from_status: str, to_status: str
) -> None:
    attempt = make_attempt(make_exam(kind), status=from_status)

    with CaptureQueriesContext(connection) as queries:
        api.update_attempt_status(attempt.pk, to_status)

    statements = [query["sql"] for query in queries.captured_queries]
    assert statements.count("COMMIT") == 1
    outbox_writes = [sql for sql in statements if AttemptEffect._meta.db_table in sql and not sql.startswith("SELECT")]
    assert outbox_writes == []
    assert [name.rpartition(".")[2] for name, _ in events] == [to_status]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("from_status", "to_status"),
    [
        pytest.param(S.ready_to_start, S.started, id="start"),
        pytest.param(S.started, S.submitted, id="submission"),
        pytest.param(S.submitted, S.verified, id="verification"),
        pytest.param(S.created, S.declined, id="decline"),
    ],
)
def test_control_a_change_with_an_outside_effect_is_recorded_with_one_commit_and_settled_with_another(
    all_services: dict[str, Any], from_status: str, to_status: str
) -> None:
    attempt = make_attempt(status=from_status)

    with CaptureQueriesContext(connection) as queries:
        api.update_attempt_status(attempt.pk, to_status)

    statements = [query["sql"] for query in queries.captured_queries]
    inserted = [number for number, sql in enumerate(statements) if sql.startswith("INSERT") and "_effect" in sql]
    deleted = [number for number, sql in enumerate(statements) if sql.startswith("DELETE") and "_effect" in sql]
    assert inserted
    assert deleted
    assert inserted[0] < statements.index("COMMIT") < deleted[-1]
    assert not AttemptEffect.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_local_effect_is_delivered_before_the_commit_of_its_change(instructor: Any) -> None:
    seen: list[Any] = []
    attempt = make_attempt(make_exam("timed"), status=S.started)
    instructor.service.complete_student_attempt = lambda *args: seen.append(
        (connection.in_atomic_block, ProctoredExamStudentAttempt.objects.get().status, due_effects())
    )

    api.update_attempt_status(attempt.pk, S.submitted)

    assert seen == [(True, S.submitted, [])]


@pytest.mark.parametrize(
    ("service", "method", "from_status", "to_status", "left"),
    [
        pytest.param("instructor", "complete_student_attempt", S.started, S.submitted, "instructor", id="instructor"),
        pytest.param("grades", "override_subsection_grade", S.submitted, S.rejected, "grade", id="grades"),
        pytest.param(
            "certificates", "invalidate_certificate", S.submitted, S.rejected, "certificate", id="certificate"
        ),
    ],
)
def test_a_local_effect_that_fails_leaves_a_row_while_status_and_other_effects_stand(
    all_services: dict[str, Any],
    events: list[Any],
    clock: FrozenDateTimeFactory,
    service: str,
    method: str,
    from_status: str,
    to_status: str,
    left: str,
) -> None:
    all_services[service].failing = {method}
    attempt = make_attempt(make_exam("timed"), status=from_status)

    api.update_attempt_status(attempt.pk, to_status)

    attempt.refresh_from_db()
    assert attempt.status == to_status
    assert [name.rpartition(".")[2] for name, _ in events] == [to_status]
    row = AttemptEffect.objects.get()
    assert (row.kind, row.call_name, row.state, row.tries) == (left, method, AttemptEffect.STATE_DUE, 1)
    assert (row.from_status, row.to_status) == (from_status, to_status)
    assert "RuntimeError" in row.last_error

    all_services[service].failing = set()
    clock.tick(timedelta(minutes=1))
    assert api.deliver_due_effects() == api.DeliveryReport(delivered=1)
    assert len(all_services[service].called(method)) == 2


def test_a_local_change_after_a_failed_effect_delivers_it_first(
    instructor: Any, sent_signals: list[dict[str, Any]], clock: FrozenDateTimeFactory
) -> None:
    instructor.failing = {"complete_student_attempt"}
    attempt = make_attempt(make_exam("timed"), status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)
    instructor.failing = set()
    clock.tick(timedelta(minutes=1))

    api.update_attempt_status(attempt.pk, S.second_review_required)

    assert len(instructor.called("complete_student_attempt")) == 2
    assert [signal["status"] for signal in sent_signals] == [S.submitted, S.second_review_required]
    assert due_effects() == []


def test_a_failed_local_effect_is_superseded_by_the_next_change(grades: Any, clock: FrozenDateTimeFactory) -> None:
    grades.failing = {"override_subsection_grade"}
    attempt = make_attempt(make_exam("timed"), status=S.submitted)
    api.update_attempt_status(attempt.pk, S.rejected)
    grades.failing = set()

    api.update_attempt_status(attempt.pk, S.verified)
    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    assert len(grades.called("override_subsection_grade")) == 1
    assert len(grades.called("undo_override_subsection_grade")) == 1
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_SUPERSEDED


def test_a_failing_signal_receiver_of_a_local_change_is_called_again_later(clock: FrozenDateTimeFactory) -> None:
    calls: list[str] = []

    def receiver(status: str, **kwargs: Any) -> None:
        calls.append(status)
        if len(calls) == 1:
            raise RuntimeError("not ready yet")

    exam_attempt_status_signal.connect(receiver)
    try:
        api.update_attempt_status(make_attempt().pk, S.ready_to_start)
        assert due_effects() == [("signal", "exam_attempt_status_signal")]
        clock.tick(timedelta(minutes=1))
        api.deliver_due_effects()
    finally:
        exam_attempt_status_signal.disconnect(receiver)

    assert calls == [S.ready_to_start, S.ready_to_start]
    assert due_effects() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_conflict", [False, True], ids=["another-error", "deadlock"])
def test_a_local_effect_that_loses_the_transaction_undoes_the_change_and_a_deadlock_repeats_it(
    monkeypatch: pytest.MonkeyPatch, is_conflict: bool
) -> None:
    statuses: list[str] = []

    def lose_the_transaction_once(exam: Any, status: str, **kwargs: Any) -> None:
        statuses.append(status)
        if len(statuses) == 1:
            # As a database server does with the transaction that loses a deadlock.
            connection.connection.rollback()
            raise OperationalError("the transaction was given up")

    monkeypatch.setattr(receivers, "emit_event", lose_the_transaction_once)
    monkeypatch.setattr(transactions, "is_conflict", lambda error: is_conflict)
    attempt = make_attempt()

    expected = nullcontext() if is_conflict else pytest.raises(OperationalError)
    with expected:
        api.update_attempt_status(attempt.pk, S.ready_to_start)

    attempt.refresh_from_db()
    assert attempt.status == (S.ready_to_start if is_conflict else S.created)
    assert attempt.history.count() == (2 if is_conflict else 1)
    assert statuses == [S.ready_to_start] * (2 if is_conflict else 1)
    assert not AttemptEffect.objects.exists()


def test_a_change_made_by_a_local_receiver_supersedes_the_effects_that_were_to_follow(
    grades: Any, certificates: Any
) -> None:
    attempt = make_attempt(make_exam("timed"), status=S.submitted)
    grades.service.override_subsection_grade = lambda **kwargs: api.update_attempt_status(attempt.pk, S.verified)

    api.update_attempt_status(attempt.pk, S.rejected)

    attempt.refresh_from_db()
    assert attempt.status == S.verified
    assert len(grades.called("undo_override_subsection_grade")) == 1
    assert certificates.called("invalidate_certificate") == []
    assert due_effects() == []


def test_the_first_completion_is_reported_by_the_change_not_by_the_save(instructor: Any) -> None:
    """The receiver of the model's signal would keep a row of its own for the same failure."""
    instructor.failing = {"complete_student_attempt"}
    attempt = make_attempt(make_exam("timed"), status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert len(instructor.called("complete_student_attempt")) == 1
    assert due_effects() == [("instructor", "complete_student_attempt")]
