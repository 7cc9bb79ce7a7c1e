"""Laws that hold whatever happens in whatever order. Spec: architecture R2, R3; cross-cutting.md C19."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from freezegun import freeze_time
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.api.conftest import RecordingProvider
from tests.factories import NOON, make_exam, make_user


class AttemptMachine(RuleBasedStateMachine):
    """One learner, one proctored exam of 90 minutes; everybody does what they like."""

    @initialize(is_running=st.booleans())
    def enter(self, is_running: bool) -> None:
        # Runs share the database of one test: each is undone before the next.
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = freeze_time(NOON)
        self.now = self.clock.start()
        self.provider = RecordingProvider()
        self.former_provider = apps.get_app_config("edx_proctoring").backends["test"]  # type: ignore[attr-defined]
        apps.get_app_config("edx_proctoring").backends["test"] = self.provider  # type: ignore[attr-defined]
        self.signals: list[tuple[int, str]] = []
        exam_attempt_status_signal.connect(self._hear)
        self.exam, self.user = make_exam(), make_user()
        # What the model expects: per attempt the statuses it went through, and when its clock ends at the latest.
        self.went_through: dict[int, list[str]] = {}
        self.latest_end: dict[int, Any] = {}
        api.create_exam_attempt(self.exam.pk, self.user.pk, taking_as_proctored=True)
        if is_running:
            self._change(S.started)

    def teardown(self) -> None:
        exam_attempt_status_signal.disconnect(self._hear)
        apps.get_app_config("edx_proctoring").backends["test"] = self.former_provider  # type: ignore[attr-defined]
        self.clock.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def _hear(self, attempt_id: int, status: str, **kwargs: Any) -> None:
        self.signals.append((attempt_id, status))
        self.went_through.setdefault(attempt_id, []).append(status)

    def _current(self) -> ProctoredExamStudentAttempt | None:
        return ProctoredExamStudentAttempt.objects.get_current_exam_attempt(self.exam.pk, self.user.pk)

    @rule(taking_as_proctored=st.booleans())
    def create(self, taking_as_proctored: bool) -> None:
        try:
            api.create_exam_attempt(self.exam.pk, self.user.pk, taking_as_proctored)
        except StudentExamAttemptAlreadyExistsException:
            assert self._current() is not None

    @rule(status=st.sampled_from([S.started, S.ready_to_submit]))
    def work(self, status: str) -> None:
        self._change(status)

    @rule(status=st.sampled_from([S.created, S.download_software_clicked, S.ready_to_start]))
    def go_to_the_entrance(self, status: str) -> None:
        self._change(status)

    @rule(status=st.sampled_from([S.submitted, S.timed_out, S.error]))
    def end(self, status: str) -> None:
        self._change(status)

    @rule(status=st.sampled_from([S.second_review_required, S.verified, S.rejected, S.submitted]))
    def judge(self, status: str) -> None:
        self._change(status)

    def _change(self, status: str) -> None:
        attempt = self._current()
        assert attempt is not None
        heard = len(self.signals)
        try:
            api.update_attempt_status(attempt.pk, status)
        except ProctoredExamIllegalStatusTransition:
            assert len(self.signals) == heard, "a refused change tells nobody"
        else:
            assert len(self.signals) - heard in (1, 2), "each change is told once, and one that ends at once twice"

    @rule(minutes=st.integers(1, 60))
    def wait(self, minutes: int) -> None:
        self.now.tick(timedelta(minutes=minutes))

    @rule()
    def read(self) -> None:
        api.get_current_exam_attempt(self.exam.pk, self.user.pk)

    @rule()
    def release_for_resumption(self) -> None:
        attempt = self._current()
        assert attempt is not None
        try:
            api.mark_exam_attempt_as_ready_to_resume(attempt.pk)
        except ProctoredExamIllegalResumeUpdate:
            assert not attempt.is_resumable

    @invariant()
    def no_effect_is_left(self) -> None:
        assert not AttemptEffect.objects.exists()

    @invariant()
    def at_most_one_attempt_is_open(self) -> None:
        attempts = ProctoredExamStudentAttempt.objects.filter(is_sample_attempt=False)
        assert sum(S.is_incomplete_status(attempt.status) for attempt in attempts) <= 1

    @invariant()
    def the_history_is_complete(self) -> None:
        for attempt in ProctoredExamStudentAttempt.objects.all():
            rows = attempt.history.order_by("history_id").values_list("status", "history_change_reason")
            kept = [status for status, _ in rows]
            # Flags are saved too, so the history may repeat a status; it never misses or reorders one.
            remaining = iter(kept)
            assert all(status in remaining for status in self.went_through[attempt.pk])
            assert kept[-1] == attempt.status == self.went_through[attempt.pk][-1]

    @invariant()
    def the_clock_never_gains_time(self) -> None:
        for attempt in ProctoredExamStudentAttempt.objects.exclude(started_at=None):
            end = attempt.started_at + timedelta(minutes=attempt.allowed_time_limit_mins)
            assert end <= self.latest_end.setdefault(attempt.pk, end)
            assert attempt.allowed_time_limit_mins <= 90

    @invariant()
    def the_provider_hears_of_each_submission_once(self) -> None:
        submissions = sum(status == S.submitted for _, status in self.signals)
        assert self.provider.calls.count("stop_exam_attempt") == submissions


@pytest.mark.django_db
def test_laws_of_the_state_machine() -> None:
    run_state_machine_as_test(
        AttemptMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert not ProctoredExam.objects.exists(), "each run is undone"
