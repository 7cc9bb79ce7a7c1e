"""Outage mode under requests at the same time."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.attempts import learner_actions
from edx_proctoring.api.attempts.learner_actions import ActionRequest
from edx_proctoring.exceptions import MeasureInForce
from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    ExamMeasure,
    ProctoredExamStudentAttempt,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories

from .conftest import ThreadSafeProvider, at_the_same_time

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update,
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]


def start(exam: Any, staff: Any) -> Any:
    return api.start_outage(exam.pk, until=timezone.now() + timedelta(hours=1), by=staff, reason="It is down.")


@pytest.mark.contract("outage#one")
@pytest.mark.parametrize(
    ("has_slot", "in_force"),
    [
        pytest.param(False, 2, id="control-without-the-constraint-the-race-is-real"),
        pytest.param(True, 1, id="with-the-constraint-one-outage"),
    ],
)
def test_two_start_an_outage_together(
    seed: int, meet_before_saving: Any, monkeypatch: pytest.MonkeyPatch, has_slot: bool, in_force: int
) -> None:
    exam, ann, ben = factories.make_exam(), factories.make_staff(), factories.make_staff()
    if not has_slot:
        original = ExamMeasure.save

        def save(self: ExamMeasure, *args: Any, **kwargs: Any) -> None:
            self.open_slot = None
            original(self, *args, **kwargs)

        monkeypatch.setattr(ExamMeasure, "save", save)
    meet_before_saving(2, sender=ExamMeasure)
    outcomes = at_the_same_time(lambda: start(exam, ann), lambda: start(exam, ben))
    assert ExamMeasure.objects.count() == in_force, outcomes
    assert sum(isinstance(outcome, MeasureInForce) for outcome in outcomes) == 2 - in_force, outcomes
    assert StaffJob.objects.filter(kind="outage_start").count() == in_force


@pytest.mark.contract("outage#no-provider-effects")
def test_an_outage_ends_while_learners_hand_in(seed: int, provider: ThreadSafeProvider) -> None:
    exam, staff = factories.make_exam(), factories.make_staff()
    start(exam, staff)
    attempts = []
    for _ in range(4):
        attempt = factories.make_attempt(exam, status=S.started, taking_as_proctored=False, external_id=None)
        factories.make_incident(attempt, kind=AttemptIncident.KIND_OUTAGE)
        attempts.append(attempt)

    def submit(attempt: Any) -> Any:
        fresh = ProctoredExamStudentAttempt.objects.select_related("proctored_exam", "user").get(pk=attempt.pk)
        return learner_actions.perform_action("submit", ActionRequest(fresh, requesting_user=fresh.user))

    outcomes = at_the_same_time(
        lambda: api.end_outage(exam.pk, by=staff, reason="It works."),
        *[lambda attempt=attempt: submit(attempt) for attempt in attempts],
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert set(ProctoredExamStudentAttempt.objects.values_list("status", flat=True)) == {S.submitted}
    assert provider.calls == []
    assert not AttemptEffect.objects.filter(kind=AttemptEffect.KIND_PROVIDER).exists()
    assert not api.outage_of(exam.pk, now=timezone.now())


@pytest.mark.contract("outage#decisions")
@pytest.mark.parametrize(
    ("second", "locked", "expected"),
    [
        pytest.param("reject", False, {"done": 2}, id="control-without-lock-and-record-both-decide"),
        pytest.param("reject", True, {"done": 1, "skipped": 1}, id="reject"),
        pytest.param("reset", True, {"done": 1, "skipped": 1}, id="reset"),
    ],
)
def test_two_decide_about_the_same_attempt(
    seed: int,
    provider: ThreadSafeProvider,
    without_locks: Any,
    meet_before_saving: Any,
    monkeypatch: pytest.MonkeyPatch,
    second: str,
    locked: bool,
    expected: dict[str, int],
) -> None:
    exam, ann, ben = factories.make_exam(), factories.make_staff(), factories.make_staff()
    attempt = factories.make_attempt(exam, status=S.submitted, taking_as_proctored=False, external_id=None)
    factories.make_incident(attempt, kind=AttemptIncident.KIND_OUTAGE)
    if not locked:
        without_locks()
        # Closing the outage's record would let only one of them decide, too.
        monkeypatch.setattr(type(AttemptIncident.objects), "close_outage", lambda *args, **kwargs: True)
    meet_before_saving(2)
    at_the_same_time(
        lambda: api.decide_outage_attempts([attempt.pk], "accept", by=ann, reason="Seen."),
        lambda: api.decide_outage_attempts([attempt.pk], second, by=ben, reason="Not seen."),
    )
    states = Counter(StaffJobRow.objects.values_list("state", flat=True))
    assert states == expected
    if not locked:
        return
    [row] = StaffJobRow.objects.filter(state="done")
    left = [row.result_data["status"]] if row.result_data["decision"] != "reset" else []
    assert list(ProctoredExamStudentAttempt.objects.values_list("status", flat=True)) == left
    assert AttemptIncident.objects.get().outcome == row.result_data["decision"]
