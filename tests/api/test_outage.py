"""Outage mode: a provider is out of order, and staff let an exam go on without it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.attempts import entry_check, learner_actions, start_gates, starting
from edx_proctoring.api.attempts.learner_actions import ActionRequest
from edx_proctoring.api.course_staff import outage_mode
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.learner.timer_payload import get_exam_attempt_data
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    MeasureInForce,
    MeasureNotInForce,
    NoProviderException,
    ProctoredExamNoTimeLeft,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    ExamMeasure,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories

pytestmark = [pytest.mark.django_db]

HOUR = timedelta(hours=1)


class DeadProvider:
    """What is patched into the provider ``test``: every call fails, and is counted."""

    def __init__(self, provider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        for name in (
            "register_exam_attempt",
            "start_exam_attempt",
            "stop_exam_attempt",
            "mark_erroneous_exam_attempt",
            "remove_exam_attempt",
        ):
            monkeypatch.setattr(provider, name, self._failing(name))

    def _failing(self, name: str) -> Callable[..., Any]:
        def fail(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            raise BackendProviderCannotRegisterAttempt("down", 503)

        return fail


@pytest.fixture
def dead(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> DeadProvider:
    return DeadProvider(test_backend, monkeypatch)


@pytest.fixture
def staff() -> User:
    return factories.make_staff()


@pytest.fixture
def exam() -> ProctoredExam:
    return factories.make_exam()


def start(exam: ProctoredExam, staff: User, **options: Any) -> Any:
    return api.start_outage(
        exam.pk, **{"until": timezone.now() + HOUR, "by": staff, "reason": "The provider is down.", **options}
    )


def enter(exam: ProctoredExam, user: User, **options: Any) -> ProctoredExamStudentAttempt:
    asked = entry_check.look_up(exam.pk, user.pk)
    attempt_id = learner_actions.create_attempt_for_learner(
        asked, **{"take_as_proctored": True, "start_clock": False, **options}
    )
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


def act(attempt: ProctoredExamStudentAttempt, action: str) -> int | None:
    fresh = ProctoredExamStudentAttempt.objects.select_related("proctored_exam", "user").get(pk=attempt.pk)
    return learner_actions.perform_action(action, ActionRequest(fresh, requesting_user=fresh.user))


def incident_of(attempt: ProctoredExamStudentAttempt) -> AttemptIncident:
    return AttemptIncident.objects.get(attempt_id=attempt.pk)


class TestInForce:
    """Starting, prolonging and ending an outage."""

    @pytest.mark.contract("outage#in-force")
    def test_it_holds_until_its_end_without_any_job(self, exam: ProctoredExam, staff: User) -> None:
        now = timezone.now()
        measure = start(exam, staff, until=now + HOUR, text="Go on.")
        assert measure.is_in_force
        assert (measure.opened_by.id, measure.text) == (staff.pk, "Go on.")
        found = api.outage_of(exam.pk, now=now + HOUR - timedelta(seconds=1))
        assert found is not None
        assert found.pk == measure.id
        assert api.outage_of(exam.pk, now=now + HOUR) is None

    @pytest.mark.contract("outage#one")
    def test_there_is_one_at_a_time(self, exam: ProctoredExam, staff: User) -> None:
        start(exam, staff)
        with pytest.raises(MeasureInForce):
            start(exam, staff)
        api.end_outage(exam.pk, by=staff, reason="It works.")
        assert start(exam, staff).is_in_force

    @pytest.mark.contract("outage#one")
    def test_one_whose_time_is_over_does_not_block_the_next(self, exam: ProctoredExam, staff: User) -> None:
        first = start(exam, staff)
        ExamMeasure.objects.filter(pk=first.id).update(ends_at=timezone.now() - timedelta(seconds=1))
        assert start(exam, staff).id != first.id

    @pytest.mark.contract("outage#in-force")
    def test_it_can_end_later_or_at_once(self, exam: ProctoredExam, staff: User) -> None:
        start(exam, staff)
        until = timezone.now() + 3 * HOUR
        assert api.prolong_outage(exam.pk, until=until, by=staff, reason="Still down.").ends_at == until
        ended = api.end_outage(exam.pk, by=staff, reason="It works.")
        assert not ended.is_in_force
        assert ended.closed_by.id == staff.pk
        for change in (api.end_outage, lambda *args, **kw: api.prolong_outage(*args, until=until, **kw)):
            with pytest.raises(MeasureNotInForce):
                change(exam.pk, by=staff, reason="again")

    @pytest.mark.contract("outage#record")
    def test_it_is_on_record(self, exam: ProctoredExam, staff: User, events: Any) -> None:
        start(exam, staff)
        api.prolong_outage(exam.pk, until=timezone.now() + HOUR, by=staff, reason="Still down.")
        api.end_outage(exam.pk, by=staff, reason="It works.")
        jobs = StaffJob.objects.order_by("pk").values_list("kind", "reason", "created_by", "exam_id", "state")
        assert list(jobs) == [
            ("outage_start", "The provider is down.", staff.pk, exam.pk, "done"),
            ("outage_prolong", "Still down.", staff.pk, exam.pk, "done"),
            ("outage_end", "It works.", staff.pk, exam.pk, "done"),
        ]
        names = [name for name, _ in events]
        assert names == [f"edx.special_exam.proctored.outage.{word}" for word in ("started", "prolonged", "ended")]
        assert {data["requesting_user_id"] for _, data in events} == {staff.pk}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"until": timezone.now() - HOUR}, "future"),
            ({"until": timezone.now() + timedelta(hours=25)}, "at most 24 hours"),
            ({"until": timezone.now().replace(tzinfo=None)}, "time zone"),
            ({"reason": " "}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"text": "x" * 501}, "text"),
        ],
        ids=["past", "far", "naive", "no-reason", "long-reason", "long-text"],
    )
    def test_odd_values_are_refused(self, options: Any, message: str, exam: ProctoredExam, staff: User) -> None:
        with pytest.raises(ValueError, match=message):
            start(exam, staff, **options)
        assert not ExamMeasure.objects.exists()

    @pytest.mark.contract("outage#who")
    @pytest.mark.parametrize("kind", ["timed", "practice", "onboarding"])
    def test_only_proctored_exams_have_one(self, kind: str, staff: User) -> None:
        with pytest.raises(NoProviderException):
            start(factories.make_exam(kind), staff)

    def test_it_is_suggested_while_the_provider_does_not_answer(self, exam: ProctoredExam) -> None:
        key = f"edx_proctoring.breaker.{exam.backend}"
        assert not outage_mode.outage_view(exam.pk, now=timezone.now()).suggested
        cache.set(key, {"state": "open"}, 60)
        try:
            assert outage_mode.outage_view(exam.pk, now=timezone.now()).suggested
        finally:
            cache.delete(key)


@pytest.mark.contract("outage#swept")
def test_the_sweeper_notes_that_it_has_ended(exam: ProctoredExam, staff: User) -> None:
    measure = start(exam, staff)
    api.sweep(kinds=["measures"])
    assert ExamMeasure.objects.get().open_slot
    ExamMeasure.objects.filter(pk=measure.id).update(ends_at=timezone.now() - timedelta(seconds=1))
    [action] = api.sweep(kinds=["measures"]).actions
    assert (action.kind, action.subject_id) == ("measures", measure.id)
    assert ExamMeasure.objects.get().open_slot is None


class TestEntering:
    """Learners who enter while the provider is out of order."""

    @pytest.mark.contract("outage#entering", "learner-actions#outage")
    @pytest.mark.parametrize("proctored", [True, False])
    @pytest.mark.parametrize("starts", [True, False])
    def test_the_attempt_starts_at_once_without_the_provider(
        self, proctored: bool, starts: bool, exam: ProctoredExam, staff: User, dead: DeadProvider
    ) -> None:
        start(exam, staff)
        attempt = enter(exam, factories.make_user(), take_as_proctored=proctored, start_clock=starts)
        assert (attempt.status, attempt.taking_as_proctored, attempt.external_id) == (S.started, False, None)
        assert attempt.allowed_time_limit_mins == 90
        incident = incident_of(attempt)
        assert (incident.kind, incident.closed_at, incident.attempt_code) == ("outage", None, attempt.attempt_code)
        assert dead.calls == []

    def test_control_without_an_outage_the_provider_is_asked(self, exam: ProctoredExam, dead: DeadProvider) -> None:
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            enter(exam, factories.make_user())
        assert dead.calls == ["register_exam_attempt"]

    @pytest.mark.contract("outage#no-provider-effects")
    def test_the_provider_never_hears_of_it(self, exam: ProctoredExam, staff: User, dead: DeadProvider) -> None:
        start(exam, staff)
        attempt = enter(exam, factories.make_user())
        api.end_outage(exam.pk, by=staff, reason="It works.")
        act(attempt, "submit")
        attempt.refresh_from_db()
        assert attempt.status == S.submitted
        assert dead.calls == []
        assert not AttemptEffect.objects.filter(attempt_id=attempt.pk, kind=AttemptEffect.KIND_PROVIDER).exists()

    def test_the_browser_starts_no_software(self, exam: ProctoredExam, staff: User, dead: DeadProvider) -> None:
        start(exam, staff)
        attempt = enter(exam, factories.make_user())
        assert get_exam_attempt_data(exam.pk, attempt.pk)["desktop_application_js_url"] == ""

    def test_a_second_attempt_is_refused_as_ever(self, exam: ProctoredExam, staff: User, dead: DeadProvider) -> None:
        start(exam, staff)
        learner = factories.make_user()
        enter(exam, learner)
        with pytest.raises(StudentExamAttemptAlreadyExistsException):
            enter(exam, learner)
        assert AttemptIncident.objects.count() == 1

    @pytest.mark.contract("outage#entering")
    def test_a_request_that_broke_off_after_the_attempt_was_made_goes_on(
        self, exam: ProctoredExam, staff: User, dead: DeadProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start(exam, staff)
        learner = factories.make_user()
        with monkeypatch.context() as patch:
            patch.setattr(starting, "start", lambda *args, **kwargs: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                enter(exam, learner)
        left = ProctoredExamStudentAttempt.objects.get()
        assert left.status == S.created
        attempt = enter(exam, learner)
        assert (attempt.pk, attempt.status) == (left.pk, S.started)
        assert incident_of(attempt).closed_at is None

    def test_such_an_attempt_is_registered_if_the_outage_is_over(
        self, exam: ProctoredExam, staff: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start(exam, staff)
        learner = factories.make_user()
        with monkeypatch.context() as patch:
            patch.setattr(starting, "start", lambda *args, **kwargs: 0)
            with pytest.raises(ProctoredExamStudentAttempt.DoesNotExist):
                enter(exam, learner)
        api.end_outage(exam.pk, by=staff, reason="It works.")
        attempt = enter(exam, learner)
        assert (attempt.taking_as_proctored, bool(attempt.external_id)) == (True, True)
        assert incident_of(attempt).outcome == "registered"

    def test_without_time_nothing_is_made(self, staff: User, dead: DeadProvider) -> None:
        exam = factories.make_exam(due_date=timezone.now() + timedelta(seconds=30))
        start(exam, staff)
        with pytest.raises(ProctoredExamNoTimeLeft):
            enter(exam, factories.make_user())
        assert not ProctoredExamStudentAttempt.objects.exists()

    @pytest.mark.contract("outage#entering")
    def test_who_resumes_gets_the_time_that_was_left(
        self, exam: ProctoredExam, staff: User, dead: DeadProvider
    ) -> None:
        broken = factories.make_attempt(
            exam, status=S.error, is_resumable=False, ready_to_resume=True, time_remaining_seconds=1800
        )
        start(exam, staff)
        attempt = enter(exam, broken.user)
        assert (attempt.status, attempt.allowed_time_limit_mins) == (S.started, 30)

    @pytest.mark.contract("outage#entering")
    def test_the_providers_gate_is_not_asked(
        self, exam: ProctoredExam, staff: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusal = start_gates.StartRefusal("down", "The provider is down.")
        monkeypatch.setattr(type(test_backend), "check_start", lambda *args: refusal, raising=False)
        attempt = factories.make_attempt(exam, status=S.ready_to_start, taking_as_proctored=False)
        data = api.get_exam_attempt_by_id(attempt.pk)
        assert data is not None
        ask = lambda **options: start_gates.check_start_gates(  # noqa: E731
            attempt.user, data["proctored_exam"], data, object(), **options
        )
        assert ask() == refusal
        assert ask(asks_provider=False) is None
        factories.make_incident(attempt, kind=AttemptIncident.KIND_OUTAGE)
        assert ask() is None

    @pytest.mark.contract("outage#running", "learner-actions#outage")
    def test_an_error_report_is_answered_and_changes_nothing(
        self, exam: ProctoredExam, staff: User, dead: DeadProvider
    ) -> None:
        running = factories.make_attempt(exam, status=S.started)
        start(exam, staff)
        assert act(running, "error") is None
        running.refresh_from_db()
        assert running.status == S.started
        api.end_outage(exam.pk, by=staff, reason="It works.")
        assert act(running, "error") == running.pk

    @pytest.mark.contract("outage#running")
    def test_a_running_attempt_goes_on_and_its_effects_wait(
        self, exam: ProctoredExam, staff: User, dead: DeadProvider
    ) -> None:
        running = factories.make_attempt(exam, status=S.started)
        start(exam, staff)
        act(running, "submit")
        assert dead.calls == ["stop_exam_attempt"]
        effect = AttemptEffect.objects.get(attempt_id=running.pk, kind=AttemptEffect.KIND_PROVIDER)
        assert (effect.call_name, effect.state) == ("stop_exam_attempt", AttemptEffect.STATE_DUE)


class TestSetUp:
    """Learners who were setting up when the provider went out of order."""

    @pytest.mark.contract("outage#setup")
    @pytest.mark.parametrize("status", [S.created, S.download_software_clicked])
    def test_they_can_start(self, status: str, exam: ProctoredExam, staff: User, dead: DeadProvider) -> None:
        attempt = factories.make_attempt(exam, status=status)
        ready = factories.make_attempt(exam, status=S.ready_to_start)
        measure = start(exam, staff)
        attempt.refresh_from_db()
        ready.refresh_from_db()
        assert (attempt.status, attempt.taking_as_proctored) == (S.ready_to_start, False)
        assert ready.taking_as_proctored
        assert (incident_of(attempt).source, incident_of(attempt).opened_by) == ("staff", staff.pk)
        row = StaffJobRow.objects.get(job__kind="outage_setup")
        assert (row.attempt_id, row.state) == (attempt.pk, "done")
        removal = AttemptEffect.objects.get(attempt_id=attempt.pk)
        assert (removal.call_name, removal.next_try_at) == (outbox.REMOVE_AT_PROVIDER, measure.ends_at)
        assert act(attempt, "start") == attempt.pk
        act(attempt, "submit")
        assert dead.calls == []

    @pytest.mark.contract("outage#setup")
    def test_the_registration_is_removed_when_the_provider_is_back(
        self, exam: ProctoredExam, staff: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        removed: list[Any] = []
        monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *args: removed.append(args) or True)
        attempt = factories.make_attempt(exam, status=S.created)
        start(exam, staff)
        api.deliver_due_effects()
        assert removed == []
        api.prolong_outage(exam.pk, until=timezone.now() + 2 * HOUR, by=staff, reason="Still down.")
        api.deliver_due_effects()
        assert removed == []
        api.end_outage(exam.pk, by=staff, reason="It works.")
        api.deliver_due_effects()
        assert removed == [(exam.external_id, attempt.external_id)]
        assert not AttemptEffect.objects.exists()

    def test_only_if_it_is_wanted(self, exam: ProctoredExam, staff: User) -> None:
        attempt = factories.make_attempt(exam, status=S.created)
        start(exam, staff, include_setup=False)
        attempt.refresh_from_db()
        assert attempt.status == S.created
        assert not StaffJob.objects.filter(kind="outage_setup").exists()


class TestDecisions:
    """What staff decide afterwards."""

    @pytest.fixture
    def taken(self, exam: ProctoredExam, staff: User, dead: DeadProvider) -> ProctoredExamStudentAttempt:
        start(exam, staff)
        attempt = enter(exam, factories.make_user())
        act(attempt, "submit")
        attempt.refresh_from_db()
        mail.outbox.clear()
        return attempt

    @pytest.mark.contract("outage#decisions")
    @pytest.mark.parametrize(("decision", "status"), [("accept", S.verified), ("reject", S.rejected)])
    def test_one_status_change_with_its_mail(
        self, decision: str, status: str, taken: ProctoredExamStudentAttempt, staff: User, events: Any
    ) -> None:
        assert outage_mode.outage_view(taken.proctored_exam_id, now=timezone.now()).undecided == 1
        events.clear()
        job = api.decide_outage_attempts([taken.pk], decision, by=staff, reason="Seen by an invigilator.")
        assert (job.done, job.state) == (1, "done")
        taken.refresh_from_db()
        assert taken.status == status
        assert len(mail.outbox) == 1
        incident = incident_of(taken)
        assert (incident.outcome, incident.closed_by) == (decision, staff.pk)
        assert [name.rpartition("attempt.")[2] for name, _ in events] == [status, "outage.decided"]
        assert outage_mode.outage_view(taken.proctored_exam_id, now=timezone.now()).undecided == 0

    @pytest.mark.contract("outage#decisions")
    def test_a_reset_removes_the_attempt(self, taken: ProctoredExamStudentAttempt, staff: User) -> None:
        job = api.decide_outage_attempts([taken.pk], "reset", by=staff, reason="Try again.")
        assert job.done == 1
        assert not ProctoredExamStudentAttempt.objects.exists()
        assert AttemptIncident.objects.get().outcome == "reset"

    @pytest.mark.contract("outage#decisions")
    def test_a_second_decision_changes_nothing(self, taken: ProctoredExamStudentAttempt, staff: User) -> None:
        api.decide_outage_attempts([taken.pk], "accept", by=staff, reason="Seen.")
        job = api.decide_outage_attempts([taken.pk], "reject", by=staff, reason="Not seen.")
        assert (job.done, job.skipped) == (0, 1)
        taken.refresh_from_db()
        assert taken.status == S.verified

    @pytest.mark.contract("outage#decisions")
    def test_a_reset_looks_again_under_the_lock(
        self, taken: ProctoredExamStudentAttempt, staff: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another member of staff accepts the attempt right before it is locked to be removed."""
        original = queries.is_taken_without_provider

        def accept_first(attempt: ProctoredExamStudentAttempt) -> bool:
            monkeypatch.setattr(queries, "is_taken_without_provider", original)
            api.decide_outage_attempts([taken.pk], "accept", by=staff, reason="Seen.")
            return original(attempt)

        monkeypatch.setattr(queries, "is_taken_without_provider", accept_first)
        job = api.decide_outage_attempts([taken.pk], "reset", by=staff, reason="Try again.")
        assert (job.done, job.skipped) == (0, 1)
        taken.refresh_from_db()
        assert (taken.status, incident_of(taken).outcome) == (S.verified, "accept")

    def test_others_are_left(self, exam: ProctoredExam, staff: User, taken: ProctoredExamStudentAttempt) -> None:
        ordinary = factories.make_attempt(exam, status=S.submitted)
        running = enter(exam, factories.make_user())
        foreign = factories.make_attempt(status=S.submitted)
        ids = [taken.pk, ordinary.pk, running.pk, foreign.pk]
        job = api.decide_outage_attempts(ids, "accept", by=staff, reason="Seen.")
        rows = StaffJobRow.objects.filter(job=job).order_by("position").values_list("state", "error_code")
        assert list(rows) == [
            ("done", ""),
            ("skipped", "nothing_to_do"),
            ("failed", "illegal_transition"),
            ("failed", "not_found"),
        ]
        assert incident_of(running).closed_at is None

    def test_all_means_those_that_are_handed_in(
        self, exam: ProctoredExam, staff: User, taken: ProctoredExamStudentAttempt
    ) -> None:
        enter(exam, factories.make_user())
        ordered = outage_mode.request_decisions(exam, "accept", by=staff, reason="Seen.", dry_run=True)
        assert ordered.rows is not None
        assert [(row.attempt_id, row.state) for row in ordered.rows] == [(taken.pk, "done")]
        taken.refresh_from_db()
        assert taken.status == S.submitted

    @pytest.mark.contract("outage#late-review")
    @pytest.mark.parametrize(("verdict", "status"), [("Clean", S.verified), ("Suspicious", S.second_review_required)])
    def test_a_review_that_arrives_late_is_applied_and_closes_it(
        self, verdict: str, status: str, exam: ProctoredExam, staff: User, dead: DeadProvider
    ) -> None:
        attempt = factories.make_attempt(exam, status=S.created)
        start(exam, staff)
        act(attempt, "start")
        act(attempt, "submit")
        attempt.refresh_from_db()
        factories.make_review(attempt, verdict)
        attempt.refresh_from_db()
        assert attempt.status == status
        assert incident_of(attempt).outcome == "reviewed"

    def test_a_reset_by_another_way_closes_it(self, taken: ProctoredExamStudentAttempt, staff: User) -> None:
        api.remove_exam_attempt(taken.pk, requesting_user=staff)
        assert AttemptIncident.objects.get().outcome == "reset"

    @pytest.mark.parametrize(
        ("ids", "decision"), [([10**6], "accept"), ([], "accept"), (None, "maybe")], ids=["unknown", "none", "word"]
    )
    def test_odd_orders_are_refused(
        self, ids: Any, decision: str, taken: ProctoredExamStudentAttempt, staff: User
    ) -> None:
        with pytest.raises(ValueError, match=r"attempts|decision"):
            api.decide_outage_attempts([taken.pk] if ids is None else ids, decision, by=staff, reason="x")
