"""Laws that hold for any sequence of requests."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import transaction
from django.utils import timezone
from eventtracking import tracker as event_tracker
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

from edx_proctoring import api, runtime
from edx_proctoring.api.attempts import entry_check, learner_actions
from edx_proctoring.api.attempts.learner_actions import ActionRequest
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.exceptions import (
    MeasureInForce,
    MeasureNotInForce,
    NoProviderException,
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNoTimeLeft,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import AttemptEffect, AttemptIncident, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockCreditService
from tests.api.conftest import RecordingProvider
from tests.conftest import Recording, RecordingTracker
from tests.factories import NOON, make_exam, make_staff, make_user


class AttemptMachine(RuleBasedStateMachine):
    """One learner, one exam of 90 minutes, requests of all parties in any order; provider and credit may be down.

    The model keeps the statuses that were signalled, the minutes that were granted, and whether a party was ever down.
    """

    @initialize(
        kind=st.sampled_from(["proctored", "onboarding", "timed"]), is_running=st.booleans(), is_out=st.booleans()
    )
    def enter(self, kind: str, is_running: bool, is_out: bool) -> None:
        # Runs share the database of one test: each is undone before the next.
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = freeze_time(NOON)
        self.now = self.clock.start()
        self.backends = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
        self.former_provider = self.backends["test"]
        self.provider = self.backends["test"] = RecordingProvider()
        self.credit = Recording(MockCreditService())
        runtime.set_runtime_service("credit", self.credit)
        self.tracker = RecordingTracker()
        event_tracker.register_tracker(self.tracker)
        mail.outbox = []
        self.signals: list[tuple[int, str]] = []
        exam_attempt_status_signal.connect(self._record_signal)
        self.exam, self.user, self.staff = make_exam(kind), make_user(), make_staff()
        self.was_down = False
        # Per attempt: the statuses it went through, and when its clock ends at the latest.
        self.went_through: dict[int, list[str]] = {}
        self.latest_end: dict[int, Any] = {}
        self.allowance = 0
        # Attempts that are taken without the provider because staff said so, and those that staff decided about.
        self.without_provider: set[int] = set()
        self.decided: dict[int, str] = {}
        api.create_exam_attempt(self.exam.pk, self.user.pk, taking_as_proctored=True)
        if is_out and kind == "proctored":
            self.start_outage(minutes=60, includes_setup=True)
        if is_running:
            self._change(S.started)

    def teardown(self) -> None:
        try:
            self._everything_is_delivered_in_the_end()
        finally:
            exam_attempt_status_signal.disconnect(self._record_signal)
            self.backends["test"] = self.former_provider
            runtime.set_runtime_service("credit", None)
            self.clock.stop()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def _everything_is_delivered_in_the_end(self) -> None:
        self.provider.failing, self.credit.failing = set(), set()
        self.now.tick(timedelta(hours=2))
        api.deliver_due_effects(limit=1000)
        due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE)
        assert not due.exists(), list(due.values_list("call_name", "last_error"))
        current = self._current()
        has_credit = current is not None and self.exam.is_proctored and S.needs_credit_status_update(current.status)
        # A removed attempt leaves its own last status with the credit service, or has it removed.
        if has_credit and len(self.went_through) == 1:
            words = [kwargs["status"] for _, kwargs in self.credit.called("set_credit_requirement_status")]
            assert words[-1] == CREDIT_WORDS[current.status], "the last status told to credit is the current one"

    def _record_signal(self, attempt_id: int, status: str, **kwargs: Any) -> None:
        self.signals.append((attempt_id, status))
        self.went_through.setdefault(attempt_id, []).append(status)

    def _current(self) -> ProctoredExamStudentAttempt | None:
        return ProctoredExamStudentAttempt.objects.get_current_exam_attempt(self.exam.pk, self.user.pk)

    # The learner

    @rule(taking_as_proctored=st.booleans())
    def create(self, taking_as_proctored: bool) -> None:
        before = self._current()
        try:
            api.create_exam_attempt(self.exam.pk, self.user.pk, taking_as_proctored)
        except StudentExamAttemptAlreadyExistsException:
            assert before is not None
        except ProctoredExamNoTimeLeft:
            assert before is not None
            assert before.status == S.ready_to_resume
            assert before.time_remaining_seconds is not None
            assert before.time_remaining_seconds < 60
            assert self._current() == before, "a refused entry makes no attempt"

    @rule(status=st.sampled_from([S.started, S.ready_to_submit]))
    def work(self, status: str) -> None:
        self._change(status)

    @rule(status=st.sampled_from([S.created, S.download_software_clicked, S.ready_to_start]))
    def enter_again(self, status: str) -> None:
        self._change(status)

    @rule(status=st.sampled_from([S.submitted, S.timed_out, S.error]))
    def end(self, status: str) -> None:
        self._change(status)

    @rule(seconds=st.integers(0, 90 * 60))
    def store_time_left(self, seconds: int) -> None:
        """As the REST API does when an attempt breaks off: never more than is left on the clock."""
        attempt = self._current()
        if attempt is not None and attempt.started_at is not None:
            end = attempt.started_at + timedelta(minutes=attempt.allowed_time_limit_mins)
            left = int(max((end - timezone.now()).total_seconds(), 0))
            api.update_exam_attempt(attempt.pk, time_remaining_seconds=min(seconds, left))

    @rule()
    def practise_again(self) -> None:
        api.get_current_exam_attempt(self.exam.pk, self.user.pk)  # its time may be up: then it is submitted
        attempt = self._current()
        try:
            new_id = api.reset_practice_exam(self.exam.pk, self.user.pk, self.user)
        except (ProctoredExamIllegalStatusTransition, StudentExamAttemptDoesNotExistsException):
            return
        assert self.exam.is_practice_exam
        assert attempt is not None
        assert new_id != attempt.pk
        if attempt.status != S.submitted:
            # A plain save without effects: a reset is not a verdict. One that waits for its review is removed instead.
            self.went_through[attempt.pk].append(S.onboarding_reset)

    # The provider and staff

    @rule(status=st.sampled_from([S.second_review_required, S.verified, S.rejected, S.submitted]))
    def judge(self, status: str) -> None:
        self._change(status)

    @rule()
    def release_for_resumption(self) -> None:
        attempt = self._current()
        if attempt is None:
            return
        try:
            api.mark_exam_attempt_as_ready_to_resume(attempt.pk)
        except ProctoredExamIllegalResumeUpdate:
            assert not attempt.is_resumable

    @rule(minutes=st.integers(0, 60))
    def allow_more_time(self, minutes: int) -> None:
        api.add_allowance_for_user(self.exam.pk, self.user.pk, "additional_time_granted", str(minutes))
        self.allowance = minutes

    @rule(minutes=st.integers(1, 30))
    def extend(self, minutes: int) -> None:
        attempt = self._current()
        if attempt is None:
            return
        try:
            api.extend_running_attempt(attempt.pk, minutes, self.staff, "fire drill")
        except ProctoredExamIllegalStatusTransition:
            return
        self.latest_end[attempt.pk] += timedelta(minutes=minutes)

    @rule()
    def remove(self) -> None:
        attempt = self._current()
        if attempt is not None:
            api.remove_exam_attempt(attempt.pk, self.staff, require_backend_removal=False)

    def _change(self, status: str) -> None:
        attempt = self._current()
        if attempt is None:
            return
        signals_before = len(self.signals)
        try:
            api.update_attempt_status(attempt.pk, status)
        except ProctoredExamIllegalStatusTransition:
            assert len(self.signals) == signals_before, "a refused change sends no signal"
        else:
            sent = len(self.signals) - signals_before
            assert sent in (1, 2), "one signal per change; a start that ends at once is two changes"

    # Outage mode

    @rule(minutes=st.integers(1, 60), includes_setup=st.booleans())
    def start_outage(self, minutes: int, includes_setup: bool) -> None:
        until = timezone.now() + timedelta(minutes=minutes)
        in_force = api.outage_of(self.exam.pk, now=timezone.now())
        try:
            api.start_outage(
                self.exam.pk, until=until, by=self.staff, reason="It is down.", include_setup=includes_setup
            )
        except NoProviderException:
            assert not self.exam.is_proctored or self.exam.is_practice_exam
        except MeasureInForce:
            assert in_force is not None
        else:
            assert in_force is None

    @rule()
    def end_outage(self) -> None:
        in_force = api.outage_of(self.exam.pk, now=timezone.now())
        try:
            api.end_outage(self.exam.pk, by=self.staff, reason="It works.")
        except MeasureNotInForce:
            assert in_force is None

    @rule(take_as_proctored=st.booleans(), start_clock=st.booleans())
    def enter_by_page(self, take_as_proctored: bool, start_clock: bool) -> None:
        is_out = api.outage_of(self.exam.pk, now=timezone.now()) is not None
        registered = len(self.provider.contexts)
        asked = entry_check.look_up(self.exam.pk, self.user.pk)
        try:
            attempt_id = learner_actions.create_attempt_for_learner(
                asked, take_as_proctored=take_as_proctored, start_clock=start_clock
            )
        except (StudentExamAttemptAlreadyExistsException, ProctoredExamNoTimeLeft):
            return
        if is_out:
            assert ProctoredExamStudentAttempt.objects.get(pk=attempt_id).status == S.started
            assert len(self.provider.contexts) == registered, "the provider is not asked"

    @rule()
    def report_error(self) -> None:
        attempt = self._current()
        if attempt is None:
            return
        is_out = api.outage_of(self.exam.pk, now=timezone.now()) is not None
        before, changes = attempt.status, len(self.signals)
        request = ActionRequest(attempt, requesting_user=self.user)
        if before == S.onboarding_reset:
            # The attempt that replaced it was removed.
            with pytest.raises(ProctoredExamIllegalStatusTransition):
                learner_actions.perform_action("error", request)
            return
        answer = learner_actions.perform_action("error", request)
        if is_out or attempt.pk in self.without_provider or not S.is_incomplete_status(before):
            assert answer is None
            assert len(self.signals) == changes, "an error that does not count changes nothing"

    @rule(decision=st.sampled_from(["accept", "reject", "reset"]))
    def decide(self, decision: str) -> None:
        attempt = self._current()
        if attempt is None:
            return
        is_open = AttemptIncident.objects.outages().open().filter(attempt_id=attempt.pk).exists()
        job = api.decide_outage_attempts([attempt.pk], decision, by=self.staff, reason="Seen.")
        if not is_open:
            assert job.skipped == 1, "there is nothing to decide"
        elif attempt.status not in (S.submitted, S.timed_out):
            assert job.failed == 1, "it is not handed in"
        else:
            assert job.done == 1
            assert attempt.pk not in self.decided, "staff decide once"
            self.decided[attempt.pk] = decision
            if decision == "reset":
                assert not ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()
            else:
                assert self.went_through[attempt.pk][-1] == {"accept": S.verified, "reject": S.rejected}[decision]

    # Time and failures

    @rule(minutes=st.integers(1, 60))
    def wait(self, minutes: int) -> None:
        self.now.tick(timedelta(minutes=minutes))

    @rule()
    def read(self) -> None:
        api.get_current_exam_attempt(self.exam.pk, self.user.pk)

    @rule(party=st.sampled_from(["provider", "credit"]))
    def break_down(self, party: str) -> None:
        self.was_down = True
        if party == "provider":
            self.provider.failing = {"start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt"}
        else:
            self.credit.failing = {"set_credit_requirement_status"}

    @rule()
    def repair(self) -> None:
        self.provider.failing, self.credit.failing = set(), set()
        api.deliver_due_effects()

    # The laws

    @invariant()
    def nothing_is_due_while_no_party_was_down(self) -> None:
        # But for registrations that are removed at the end of an outage.
        recorded = AttemptEffect.objects.exclude(call_name=outbox.REMOVE_AT_PROVIDER)
        assert self.was_down or not recorded.exists()

    @invariant()
    def each_change_has_one_event_and_one_signal(self) -> None:
        events = Counter(
            (data["attempt_id"], name.rpartition(".")[2])
            for name, data in self.tracker.events
            if ".attempt." in name
            and not name.endswith((".extended", ".deleted", ".reset_practice_exam", ".outage.decided"))
        )
        assert events == Counter(self.signals)
        self._note_who_is_without_provider()
        if not self.was_down and self.exam.is_proctored:
            told = Counter(status for pk, status in self.signals if pk not in self.without_provider)
            assert self.provider.calls.count("stop_exam_attempt") == told[S.submitted]
            assert self.provider.calls.count("mark_erroneous_exam_attempt") == told[S.error]
        subjects = Counter(message.subject.partition(":")[0].rpartition(" ")[2] for message in mail.outbox)
        assert subjects <= Counter(status for _, status in self.signals), "at most one mail per change"

    def _note_who_is_without_provider(self) -> None:
        for attempt in ProctoredExamStudentAttempt.objects.select_related("proctored_exam"):
            if queries.is_taken_without_provider(attempt):
                self.without_provider.add(attempt.pk)
            else:
                # Entered during an outage, and registered after it.
                self.without_provider.discard(attempt.pk)

    @invariant()
    def a_decision_closes_what_an_outage_opened(self) -> None:
        outcomes = dict(AttemptIncident.objects.outages().exclude(closed_at=None).values_list("attempt_id", "outcome"))
        assert self.decided.items() <= outcomes.items()

    @invariant()
    def at_most_one_attempt_is_open(self) -> None:
        attempts = ProctoredExamStudentAttempt.objects.filter(is_sample_attempt=False)
        assert sum(S.is_incomplete_status(attempt.status) for attempt in attempts) <= 1

    @invariant()
    def the_history_is_complete(self) -> None:
        history = ProctoredExamStudentAttempt.history.model.objects
        assert set(history.values_list("id", flat=True)) == set(self.went_through), "also of removed attempts"
        for attempt_id, statuses in self.went_through.items():
            kept = list(history.filter(id=attempt_id).order_by("history_id").values_list("status", flat=True))
            # Flags are saved too, so the history may repeat a status; it never misses or reorders one.
            remaining = iter(kept)
            assert all(status in remaining for status in statuses)
            assert kept[-1] == statuses[-1]
        for attempt in ProctoredExamStudentAttempt.objects.all():
            assert attempt.status == self.went_through[attempt.pk][-1]

    @invariant()
    def the_clock_never_gains_time(self) -> None:
        for attempt in ProctoredExamStudentAttempt.objects.exclude(started_at=None):
            end = attempt.started_at + timedelta(minutes=attempt.allowed_time_limit_mins)
            if attempt.pk not in self.latest_end:
                # It has just started: the limit, with the allowance; or what an interrupted attempt had left.
                assert attempt.allowed_time_limit_mins <= 90 + self.allowance
                self.latest_end[attempt.pk] = end
            assert end == self.latest_end[attempt.pk], "only an extension moves the end of a running clock"


CREDIT_WORDS = {
    S.submitted: "submitted",
    S.verified: "satisfied",
    S.rejected: "failed",
    S.error: "failed",
    S.declined: "declined",
}


@pytest.mark.contract("transitions#history-row", "transitions#lock")
@pytest.mark.django_db
def test_any_sequence_of_requests_keeps_the_laws_of_the_state_machine() -> None:
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
