"""``sweep_attempts`` and ``check_effects``."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any, ClassVar, Final

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from edx_proctoring import api, constants, tasks
from edx_proctoring.api.operations import sweeping
from edx_proctoring.api.reviews import receiving
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.management.commands import sweep_attempts
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt, ReviewInboxEntry
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import ReviewStatus
from tests.factories import COURSE, make_attempt, make_effect, make_exam, make_inbox_entry, make_review

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=100)


def aged(row: Any, **fields: Any) -> Any:
    """The row as it was long ago."""
    type(row).objects.filter(pk=row.pk).update(created=LONG_AGO, modified=LONG_AGO, **fields)
    return row


@pytest.mark.contract("commands#sweep-attempts")
class TestSweeping:
    def test_an_attempt_that_nobody_ended_is_ended(self, run: Any) -> None:
        attempt = make_attempt(status=S.started, started_at=LONG_AGO, allowed_time_limit_mins=30)
        running = make_attempt(status=S.started)
        assert f"expire: id={attempt.pk}" in run("sweep_attempts", kinds="expire")
        attempt.refresh_from_db()
        running.refresh_from_db()
        assert (attempt.status, running.status) == (S.submitted, S.started)

    def test_due_effects_are_delivered(self, run: Any) -> None:
        make_effect()
        assert "delivered: 1" in run("sweep_attempts", kinds="effects")
        assert not AttemptEffect.objects.exists()

    def test_a_review_whose_process_died_is_received(self, run: Any, test_backend: Any, monkeypatch: Any) -> None:
        monkeypatch.setattr(test_backend, "on_review_callback", lambda attempt, payload: payload)
        entry, fresh = aged(make_inbox_entry()), make_inbox_entry()
        assert f"inbox: id={entry.pk} review received" in run("sweep_attempts", kinds="inbox")
        entry.refresh_from_db()
        fresh.refresh_from_db()
        assert (entry.outcome, fresh.outcome) == ("applied", "received")

    @pytest.mark.contract("reviews#waited")
    @pytest.mark.parametrize("outcome", ["received", "held: provider not configured"])
    @pytest.mark.parametrize("has_newer", [True, False], ids=["a-newer-one-was-applied", "control"])
    def test_one_that_waited_does_not_replace_one_that_arrived_later(
        self, run: Any, outcome: str, has_newer: bool
    ) -> None:
        attempt = make_attempt(status=S.submitted)
        body = json.dumps({"status": ReviewStatus.suspicious, "comments": []})
        entry = aged(make_inbox_entry(attempt, body=body, actor_id=attempt.user_id), outcome=outcome)
        if has_newer:
            receiving.receive_review(attempt_dict(attempt), {"status": ReviewStatus.passed, "comments": []})

        printed = run("sweep_attempts", kinds="inbox")

        entry.refresh_from_db()
        attempt.refresh_from_db()
        assert (entry.outcome, entry.body) == ("duplicate" if has_newer else "applied", body)
        assert attempt.status == (S.verified if has_newer else S.second_review_required)
        assert ("review is a duplicate" in printed) is has_newer

    @pytest.mark.contract("reviews#waited")
    def test_one_that_came_again_where_reviews_are_final_is_no_alarm(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
        attempt = make_attempt(status=S.submitted)
        entry = aged(make_inbox_entry(attempt))
        make_review(attempt)
        assert f"inbox: id={entry.pk} review is a duplicate" in run("sweep_attempts", kinds="inbox")

    def test_one_that_cannot_be_received_is_settled_with_its_reason(self, run: Any) -> None:
        entry = aged(make_inbox_entry(body='{"half'))
        run("sweep_attempts", kinds="inbox")
        entry.refresh_from_db()
        assert entry.outcome == "refused: the body was not kept whole"

    def test_settled_rows_are_deleted_by_age_and_those_that_wait_are_kept(self, run: Any, settings: Any) -> None:
        old = [
            aged(make_effect(), state=AttemptEffect.STATE_SUPERSEDED),
            aged(make_effect(), state=AttemptEffect.STATE_FAILED),
            aged(make_inbox_entry(), outcome="applied"),
            aged(make_inbox_entry(), outcome="refused: no"),
        ]
        kept = [
            aged(make_effect(), state=AttemptEffect.STATE_DUE),
            make_effect(state=AttemptEffect.STATE_FAILED),
            aged(make_inbox_entry(), outcome="held"),
            make_inbox_entry(outcome="applied"),
        ]
        run("sweep_attempts", kinds="retention", dry_run=True)
        assert AttemptEffect.objects.count() + ReviewInboxEntry.objects.count() == 8
        run("sweep_attempts", kinds="retention")
        assert [type(row).objects.filter(pk=row.pk).exists() for row in old] == [False] * 4
        assert [type(row).objects.filter(pk=row.pk).exists() for row in kept] == [True] * 4

    def test_the_ages_are_settings(self, run: Any, settings: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "INBOX_DAYS": 200, "EFFECT_DAYS": 200}
        aged(make_effect(), state=AttemptEffect.STATE_FAILED)
        aged(make_inbox_entry(), outcome="applied")
        assert run("sweep_attempts", kinds="retention") == ""

    @pytest.mark.parametrize(("seconds", "status"), [(59, S.started), (61, S.submitted)])
    def test_an_attempt_is_ended_a_minute_after_its_time_was_up(self, seconds: int, status: str) -> None:
        now = timezone.now()
        started_at = now - timedelta(minutes=30, seconds=seconds)
        attempt = make_attempt(status=S.started, started_at=started_at, allowed_time_limit_mins=30)
        api.sweep(now=now, kinds=["expire"])
        attempt.refresh_from_db()
        assert attempt.status == status

    @pytest.mark.parametrize(("minutes", "outcome"), [(9, "received"), (11, "applied")])
    def test_a_review_is_received_ten_minutes_after_it_arrived(self, minutes: int, outcome: str) -> None:
        entry = make_inbox_entry()
        api.sweep(now=timezone.now() + timedelta(minutes=minutes), kinds=["inbox"])
        entry.refresh_from_db()
        assert entry.outcome == outcome

    @pytest.mark.parametrize(("days", "kept"), [(89, 2), (91, 0)])
    def test_settled_rows_are_kept_for_ninety_days(self, days: int, kept: int) -> None:
        make_effect(state=AttemptEffect.STATE_FAILED)
        make_inbox_entry(outcome="applied")
        api.sweep(now=timezone.now() + timedelta(days=days), kinds=["retention"])
        assert AttemptEffect.objects.count() + ReviewInboxEntry.objects.count() == kept

    def test_actions_are_printed_as_json(self, run: Any) -> None:
        attempt = make_attempt(status=S.started, started_at=LONG_AGO, allowed_time_limit_mins=30)
        [line] = run("sweep_attempts", kinds="expire,inbox", json=True).splitlines()
        assert json.loads(line) == {
            "kind": "expire",
            "subject_id": attempt.pk,
            "text": "attempt ended, its time is up",
            "error": "",
        }

    def test_a_loop_pauses_between_sweeps_until_it_is_interrupted(self, run: Any, monkeypatch: Any) -> None:
        seconds: list[float] = []

        def sleep(pause: float) -> None:
            seconds.append(pause)
            if len(seconds) == 2:
                raise KeyboardInterrupt
            make_effect()

        monkeypatch.setattr(sweep_attempts.time, "sleep", sleep)
        # Closing the connection would lose the rows of this test, which are not committed.
        monkeypatch.setattr(sweep_attempts, "close_old_connections", lambda: None)
        printed = run("sweep_attempts", kinds="effects", loop=60)
        assert printed.splitlines() == ["effects: delivered: 1", "Interrupted."]
        assert seconds == [60, 60]

    def test_the_task_sweeps_all_kinds(self) -> None:
        attempt = make_attempt(status=S.started, started_at=LONG_AGO, allowed_time_limit_mins=30)
        aged(make_inbox_entry(), outcome="applied")
        tasks.sweep()
        attempt.refresh_from_db()
        assert attempt.status == S.submitted
        assert not ReviewInboxEntry.objects.exists()

    def test_the_task_can_be_limited_to_a_course_and_to_kinds(self) -> None:
        overdue = [make_attempt(status=S.started, started_at=LONG_AGO, allowed_time_limit_mins=30) for _ in range(2)]
        course_id = "course-v1:Acme+CS101+2030"
        ProctoredExam.objects.filter(pk=overdue[0].proctored_exam_id).update(course_id=course_id)
        aged(make_inbox_entry(), outcome="applied")
        tasks.sweep(course_id=course_id, kinds=["expire"])
        for attempt in overdue:
            attempt.refresh_from_db()
        assert [attempt.status for attempt in overdue] == [S.submitted, S.started]
        assert ReviewInboxEntry.objects.count() == 1

    def test_an_unknown_kind_is_refused(self, run: Any) -> None:
        with pytest.raises(CommandError, match="known are expire, abandoned, registrations, effects, inbox"):
            run("sweep_attempts", kinds="dust")

    def test_a_failed_action_is_an_exit_status(self, run: Any, monkeypatch: Any) -> None:
        def fail(*args: Any) -> None:
            raise RuntimeError

        make_attempt(status=S.started, started_at=LONG_AGO, allowed_time_limit_mins=30)
        monkeypatch.setattr(sweeping.status_change, "end_if_time_is_up", fail)
        with pytest.raises(SystemExit, match="1"):
            run("sweep_attempts", kinds="expire")

    def test_old_rows_are_deleted_in_batches_of_the_limit(self, run: Any) -> None:
        for _ in range(5):
            aged(make_effect(), state=AttemptEffect.STATE_FAILED)
        assert run("sweep_attempts", kinds="retention", limit=2).count("too old") == 3
        assert not AttemptEffect.objects.exists()


@pytest.mark.contract("commands#sweep-attempts")
def test_overdue_attempts_are_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 2)
    exam = make_exam("timed")

    def started(minutes_ago: int) -> int:
        moment = timezone.now() - timedelta(minutes=minutes_ago)
        return make_attempt(exam, status=S.started, started_at=moment, allowed_time_limit_mins=90).pk

    # A batch without any overdue attempt is no end.
    ids = [started(minutes) for minutes in (100, 10, 20, 30, 100)]
    with CaptureQueriesContext(connection) as statements:
        report = api.sweep(kinds=["expire"], dry_run=True)
    assert [action.subject_id for action in report.actions] == [ids[0], ids[4]]
    assert len([query for query in statements if "LIMIT 2" in query["sql"]]) == 4
    # No more are read than are wanted.
    with CaptureQueriesContext(connection) as statements:
        assert len(api.sweep(kinds=["expire"], limit=1, dry_run=True).actions) == 1
    assert len(statements) == 1


OTHER_COURSE: Final = "course-v1:Demo+OTHER+2026"


@pytest.mark.contract("commands#sweep-attempts")
class TestOfOneCourse:
    """Each kind finds the same in two courses and does it in one."""

    @pytest.fixture
    def in_both(self) -> Callable[[Callable[[str], int]], tuple[int, int]]:
        return lambda make: (make(COURSE), make(OTHER_COURSE))

    def swept(self, kind: str, ids: tuple[int, int], run: Any) -> None:
        """Sweep one course, with and without doing it, then all."""
        mine, other = ids
        planned = api.sweep(kinds=[kind], course_id=CourseKey.from_string(COURSE), dry_run=True)
        assert [action.subject_id for action in planned.actions] == [mine]
        assert f"id={mine}" in run("sweep_attempts", kinds=kind, course=COURSE)
        assert run("sweep_attempts", kinds=kind, course=COURSE) == ""
        assert f"id={other}" in run("sweep_attempts", kinds=kind)

    def test_overdue_attempts(self, run: Any, in_both: Any) -> None:
        long_ago = timezone.now() - timedelta(hours=3)
        fields = {"status": S.started, "started_at": long_ago, "allowed_time_limit_mins": 90}
        self.swept("expire", in_both(lambda c: make_attempt(make_exam("timed", course_id=c), **fields).pk), run)

    def test_abandoned_attempts(self, run: Any, in_both: Any) -> None:
        due = timezone.now() - timedelta(hours=25)
        make = lambda c: make_attempt(make_exam(course_id=c, due_date=due), status=S.created).pk  # noqa: E731
        self.swept("abandoned", in_both(make), run)

    def test_registrations(self, run: Any, in_both: Any, backends_registry: dict[str, Any]) -> None:
        class Provider(BaseRestProctoringProvider):
            def on_exam_saved(self, exam: Any) -> str:
                return f"external-{exam['id']}"

        backends_registry["test"] = Provider(base_url="http://provider.test")
        ids = in_both(lambda c: make_exam(course_id=c, backend="test", external_id="").pk)
        ProctoredExam.objects.update(external_id=None)
        self.swept("registrations", ids, run)

    @pytest.mark.parametrize("is_removed", [False, True])
    def test_reviews_also_of_removed_attempts(self, run: Any, in_both: Any, is_removed: bool) -> None:
        def waiting(course_id: str) -> int:
            attempt = make_attempt(make_exam(course_id=course_id), status=S.submitted)
            code = attempt.attempt_code
            if is_removed:
                ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).delete()
            return aged(make_inbox_entry(attempt, attempt_code=code, body="[")).pk

        mine, other = in_both(waiting)
        report = api.sweep(kinds=["inbox"], course_id=COURSE)
        assert [action.subject_id for action in report.actions] == [mine]
        assert [action.subject_id for action in api.sweep(kinds=["inbox"]).actions] == [other]

    @pytest.mark.parametrize(
        ("kind", "call_name"),
        [
            (AttemptEffect.KIND_PROVIDER, "stop_exam_attempt"),
            (AttemptEffect.KIND_MAIL, "status_email"),
            (AttemptEffect.KIND_CREDIT, "set_credit_requirement_status"),
        ],
    )
    def test_effects(self, run: Any, in_both: Any, kind: str, call_name: str) -> None:
        def due(course_id: str) -> int:
            attempt = make_attempt(make_exam(course_id=course_id, backend="test"), status=S.submitted)
            return make_effect(attempt, kind=kind, call_name=call_name).pk

        mine, other = in_both(due)
        planned = api.sweep(kinds=["effects"], course_id=COURSE, dry_run=True)
        assert [action.subject_id for action in planned.actions] == [mine]
        run("sweep_attempts", kinds="effects", course=COURSE)
        assert list(AttemptEffect.objects.values_list("pk", flat=True)) == [other]

    def test_old_rows(self, run: Any, in_both: Any) -> None:
        def old(course_id: str) -> int:
            attempt = make_attempt(make_exam(course_id=course_id), status=S.submitted)
            aged(make_inbox_entry(attempt), outcome=ReviewInboxEntry.OUTCOME_APPLIED)
            return aged(make_effect(attempt), state=AttemptEffect.STATE_FAILED).pk

        _, other = in_both(old)
        assert run("sweep_attempts", kinds="retention", course=COURSE).count("too old: 1") == 2
        assert list(AttemptEffect.objects.values_list("pk", flat=True)) == [other]
        assert ReviewInboxEntry.objects.count() == 1

    def test_a_course_without_exams_is_refused(self, run: Any) -> None:
        with pytest.raises(CommandError, match="no exam in course_id=course-v1:No\\+SUCH\\+2026"):
            run("sweep_attempts", course="course-v1:No+SUCH+2026")


@pytest.mark.contract("commands#sweep-attempts")
class TestAbandoned:
    @pytest.mark.parametrize("status", [S.created, S.download_software_clicked, S.ready_to_start])
    @pytest.mark.parametrize("kind", ["proctored", "timed", "practice"])
    def test_an_attempt_that_was_not_started_a_day_after_the_due_date_expires(
        self, run: Any, mailoutbox: list[Any], status: str, kind: str
    ) -> None:
        attempt = make_attempt(make_exam(kind, due_date=timezone.now() - timedelta(hours=25)), status=status)
        assert f"abandoned: id={attempt.pk}" in run("sweep_attempts", kinds="abandoned")
        attempt.refresh_from_db()
        assert attempt.status == S.expired
        assert mailoutbox == []
        assert run("sweep_attempts", kinds="abandoned") == ""

    @pytest.mark.parametrize(
        ("due_in_hours", "status", "fields"),
        [
            (-23, S.created, {}),
            (24, S.created, {}),
            (None, S.created, {}),
            (-25, S.started, {}),
            (-25, S.submitted, {}),
            (-25, S.declined, {}),
            (-25, S.created, {"is_active": False}),
        ],
    )
    def test_others_stay(self, run: Any, due_in_hours: int | None, status: str, fields: Any) -> None:
        due = None if due_in_hours is None else timezone.now() + timedelta(hours=due_in_hours)
        attempt = make_attempt(make_exam(due_date=due, **fields), status=status)
        assert run("sweep_attempts", kinds="abandoned") == ""
        attempt.refresh_from_db()
        assert attempt.status == status

    @pytest.mark.parametrize(
        "dates",
        [
            pytest.param([timedelta(hours=1)], id="extended"),
            pytest.param([timedelta(hours=-30), timedelta(hours=1)], id="extended-since-the-cache-was-filled"),
        ],
    )
    def test_a_learner_with_an_extension_keeps_the_attempt(
        self, run: Any, monkeypatch: pytest.MonkeyPatch, dates: list[timedelta]
    ) -> None:
        attempt = make_attempt(make_exam(due_date=timezone.now() - timedelta(hours=25)), status=S.created)
        answers = iter(dates)
        monkeypatch.setattr(sweeping, "get_exam_due_date", lambda exam, user_id, fresh: timezone.now() + next(answers))
        assert run("sweep_attempts", kinds="abandoned") == ""
        attempt.refresh_from_db()
        assert attempt.status == S.created

    def test_an_attempt_does_not_expire_unless_the_kind_is_named(self, run: Any) -> None:
        attempt = make_attempt(make_exam(due_date=timezone.now() - timedelta(hours=25)), status=S.created)
        assert run("sweep_attempts") == ""
        attempt.refresh_from_db()
        assert attempt.status == S.created

    def test_a_dry_run_and_the_limit(self, run: Any) -> None:
        exam = make_exam(due_date=timezone.now() - timedelta(hours=25))
        for _ in range(3):
            make_attempt(exam, status=S.created)
        assert run("sweep_attempts", kinds="abandoned", dry_run=True).count("abandoned") == 3
        report = api.sweep(kinds=["abandoned"], limit=2)
        assert (len(report.actions), report.is_more) == (2, True)

    def test_they_are_read_in_batches(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sweeping, "_BATCH", 2)
        exam = make_exam(due_date=timezone.now() - timedelta(hours=25))
        ids = [make_attempt(exam, status=S.created).pk for _ in range(5)]
        with CaptureQueriesContext(connection) as statements:
            report = api.sweep(kinds=["abandoned"], dry_run=True)
        assert [action.subject_id for action in report.actions] == ids
        reads = [query["sql"] for query in statements if "due_date" in query["sql"] and "LIMIT 2" in query["sql"]]
        assert len(reads) == 4


@pytest.mark.contract("commands#sweep-attempts")
class TestRegistrations:
    @pytest.fixture
    def provider(self, backends_registry: dict[str, Any]) -> Any:
        class Provider(BaseRestProctoringProvider):
            answers: ClassVar[list[Any]] = []
            asked = 0

            def on_exam_saved(self, exam: Any) -> Any:
                Provider.asked += 1
                answer = self.answers.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer

        backends_registry["test"] = Provider(base_url="http://provider.test")
        return backends_registry["test"]

    def exam(self, backend: str = "test", **fields: Any) -> Any:
        exam = make_exam("timed", external_id=None)
        type(exam).objects.filter(pk=exam.pk).update(is_proctored=True, backend=backend, **fields)
        return exam

    def test_an_exam_that_its_provider_does_not_know_is_sent_again(self, run: Any, provider: Any) -> None:
        exam = self.exam()
        provider.answers = ["ext-1"]
        assert f"registrations: id={exam.pk}" in run("sweep_attempts", kinds="registrations")
        exam.refresh_from_db()
        assert exam.external_id == "ext-1"
        assert run("sweep_attempts", kinds="registrations") == ""

    @pytest.mark.parametrize(
        ("backend", "fields"),
        [
            ("null", {}),
            ("elsewhere", {}),
            ("test", {"is_active": False}),
            ("test", {"external_id": "known"}),
            ("test", {"is_proctored": False}),
        ],
    )
    def test_others_are_not(self, run: Any, provider: Any, backend: str, fields: Any) -> None:
        exam = self.exam(backend)
        type(exam).objects.filter(pk=exam.pk).update(**fields)
        assert run("sweep_attempts", kinds="registrations") == ""
        assert provider.asked == 0

    @pytest.mark.parametrize("answer", [requests.ConnectionError("down"), None])
    def test_a_provider_that_fails_costs_one_call_and_the_exam_is_an_effect(
        self, run: Any, provider: Any, answer: Any
    ) -> None:
        exam, _other = self.exam(), self.exam()
        provider.answers = [answer]
        with pytest.raises(SystemExit):
            run("sweep_attempts", kinds="registrations")
        assert provider.asked == 1
        [row] = AttemptEffect.objects.all()
        assert (row.call_name, row.exam_id) == ("on_exam_saved", exam.pk)
        provider.answers = ["ext-2"]
        run("sweep_attempts", kinds="registrations")
        assert provider.asked == 2, "the first exam waits for its effect"


@pytest.mark.contract("commands#check-effects")
class TestAlarms:
    def test_without_anything_stuck_there_is_no_alarm(self, run: Any) -> None:
        assert "ALARM" not in run("check_effects")

    @pytest.mark.parametrize(
        ("make", "name"),
        [
            (lambda: make_effect(next_try_at=timezone.now() - timedelta(hours=1)), "oldest_due_seconds"),
            (lambda: make_effect(state=AttemptEffect.STATE_FAILED), "failed"),
            (lambda: aged(make_inbox_entry()), "received"),
            (lambda: make_inbox_entry(outcome="held"), "held"),
            (lambda: make_inbox_entry(outcome="held: provider not configured"), "held"),
            (lambda: make_attempt(status=S.submitted, completed_at=LONG_AGO), "overdue_reviews"),
        ],
    )
    def test_each_number_above_its_limit_is_one(self, run: Any, capsys: Any, make: Any, name: str) -> None:
        make()
        with pytest.raises(SystemExit) as caught:
            run("check_effects")
        assert caught.value.code == 1
        assert name in run("check_effects", **{f"max_{name}": 10**9})

    def test_an_effect_that_is_due_for_a_quarter_of_an_hour_is_no_alarm_yet(self, run: Any) -> None:
        make_effect(next_try_at=timezone.now() - timedelta(seconds=890))
        assert "ALARM" not in run("check_effects")
        AttemptEffect.objects.update(next_try_at=timezone.now() - timedelta(seconds=910))
        with pytest.raises(SystemExit):
            run("check_effects")

    @pytest.mark.parametrize(("options", "overdue"), [({}, 1), ({"review_days": 16}, 0)])
    def test_a_review_is_overdue_after_fourteen_days_or_what_is_asked_for(
        self, run: Any, options: dict[str, int], overdue: int
    ) -> None:
        for days in (13, 15):
            make_attempt(status=S.submitted, completed_at=timezone.now() - timedelta(days=days))
        printed = run("check_effects", max_overdue_reviews=9, **options)
        assert f"overdue_reviews={overdue}\n" in printed

    @pytest.mark.parametrize("option", ["--max-failed=-1", "--max-held=x", "--review-days=-1", "--review-days=36501"])
    def test_a_limit_that_makes_no_sense_is_refused(self, option: str) -> None:
        call_command("check_effects", option.partition("=")[0], "0", stdout=StringIO())
        with pytest.raises(CommandError, match=option.partition("=")[0]):
            call_command("check_effects", option)

    def test_the_numbers_are_printed_as_json(self, run: Any) -> None:
        numbers = json.loads(run("check_effects", json=True))
        assert numbers == {
            "due": 0,
            "oldest_due_seconds": 0,
            "failed": 0,
            "received": 0,
            "held": 0,
            "overdue_reviews": 0,
            "alarms": [],
        }

    def test_reviews_that_are_not_expected_are_not_overdue(self) -> None:
        old = {"status": S.submitted, "completed_at": LONG_AGO}
        make_attempt(make_exam("timed"), **old)
        make_attempt(make_exam("onboarding"), **old)
        make_attempt(make_exam(backend="null"), **old)
        make_attempt(make_exam(), taking_as_proctored=False, **old)
        reviewed = make_attempt(**old)
        make_review(reviewed)
        type(reviewed).objects.filter(pk=reviewed.pk).update(status=S.submitted)
        assert api.count_stuck(review_days=14).overdue_reviews == 0
