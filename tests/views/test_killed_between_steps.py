"""A process may die between any two steps of a request; the same request, sent again, then completes it.

A step is a commit, or a call of a service, of the provider or of the mail server. Each request is cut off before its
first step, before its second, and so on. Then it is sent again, and what is due is delivered, as cron would. What is
then in the tables and at the services must be what an undisturbed request leaves.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring import constants, runtime
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import (
    MockCertificateService,
    MockCreditService,
    MockGradesService,
    MockInstructorService,
)
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.contract("effects#no-loss")]

V1 = "/edx_proctoring/v1/proctored_exam"
WRITES = ("INSERT", "UPDATE", "DELETE")


class Killed(BaseException):
    """The process is dead: nothing catches this, and nothing is written after it."""


class Process:
    """Counts the steps of a request and dies before the one that the test names; 0: it lives."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, dies_before: int) -> None:
        """Start counting."""
        self.steps: list[str] = []
        self.is_dead = False
        self._dies_before = dies_before

    def step(self, name: str) -> None:
        """Go on, or die."""
        if not self.is_dead:
            self.steps.append(name)
            self.is_dead = len(self.steps) == self._dies_before
        if self.is_dead:
            raise Killed(name)

    def execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Run a statement, for ``connection.execute_wrapper``: a write outside of a transaction is a commit."""
        if self.is_dead:
            raise Killed(sql)
        if not context["connection"].in_atomic_block and sql.startswith(WRITES):
            self.step(" ".join(sql.split()[:3]))
        return execute(sql, params, many, context)


class Watched:
    """A service or a provider whose changing calls are steps."""

    READS = ("get_", "is_", "should_", "can_")

    def __init__(self, name: str, target: Any, process: Process) -> None:
        self._name, self._target, self._process = name, target, process

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value) or name.startswith(self.READS):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._process.step(f"{self._name}.{name}")
            return value(*args, **kwargs)

        return call


class Provider(TestBackendProvider):
    """A provider that remembers what it was told, by the id of the attempt."""

    takes_new_limits = True

    def __init__(self, process: Process) -> None:
        super().__init__(verbose_name="Remembers")
        self._process = process
        self.told: dict[str, str] = {}
        self.limits: dict[str, int] = {}
        self.exams: dict[str, tuple[int, bool]] = {}

    def _note(self, external_id: str, word: str) -> None:
        self._process.step(f"provider: {word}")
        self.told[external_id] = word

    def on_exam_saved(self, exam: Any) -> str:
        self._process.step("provider: exam saved")
        self.exams[exam["exam_name"]] = (exam["time_limit_mins"], exam["is_active"])
        return str(exam.get("external_id") or f"exam-{factories.next_number()}")

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        external_id = f"external-{factories.next_number()}"
        self._note(external_id, "registered")
        return external_id

    def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._note(attempt, "started")

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._note(attempt, "stopped")

    def mark_erroneous_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._note(attempt, "failed")

    def update_time_limit(self, exam: Any, attempt: Any, minutes: int) -> None:
        self._process.step("provider: limit")
        self.limits[attempt] = minutes

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> bool:
        self._note(attempt, "removed")
        return True


@dataclass
class Host:
    """One learner, one exam and fresh services; ``process`` answers the requests."""

    process: Process
    kind: str
    provider: Provider
    services: dict[str, Any] = field(
        default_factory=lambda: {
            "credit": MockCreditService(),
            "grades": MockGradesService(),
            "certificates": MockCertificateService(),
            "instructor": MockInstructorService(is_user_course_staff=True),
        }
    )
    exam: ProctoredExam = field(init=False)
    learner: User = field(init=False)
    staff: User = field(init=False)

    def __post_init__(self) -> None:
        # A course of its own: opting out also closes the other exams of a course.
        run = f"Demo+PROC+{factories.next_number()}"
        self.exam = factories.make_exam(
            self.kind,
            exam_name="Exam",
            course_id=f"course-v1:{run}",
            content_id=f"block-v1:{run}+type@sequential+block@exam",
        )
        self.learner, self.staff = factories.make_user(), factories.make_staff()
        for name, service in self.services.items():
            runtime.set_runtime_service(name, Watched(name, service, self.process))

    def attempt(self, status: str, **fields: Any) -> ProctoredExamStudentAttempt:
        """An attempt of the learner."""
        return factories.make_attempt(self.exam, self.learner, status, **fields)

    def send(self, method: str, path: str, body: Any = None, *, by_staff: bool = False) -> int:
        """Send a request; return the status of the answer."""
        client = APIClient()
        client.force_authenticate(self.staff if by_staff else self.learner)
        return int(getattr(client, method)(path, body, format="json").status_code)

    def left_behind(self, mailoutbox: list[Any]) -> dict[str, Any]:
        """What the request left, without ids and times."""
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam=self.exam).order_by("id")
        reviews = ProctoredExamSoftwareSecureReview.objects.filter(exam=self.exam)
        exams = ProctoredExam.objects.filter(course_id=self.exam.course_id).order_by("exam_name")
        allowances = ProctoredExamStudentAllowance.objects.filter(proctored_exam=self.exam)
        names = {attempt.external_id: f"attempt {number}" for number, attempt in enumerate(attempts)}
        return {
            "attempts": [
                {
                    **{
                        name: getattr(attempt, name)
                        for name in ("status", "taking_as_proctored", "allowed_time_limit_mins", "is_sample_attempt")
                    },
                    "resume": (attempt.is_resumable, attempt.ready_to_resume, attempt.resumed),
                    "completed": attempt.completed_at is not None,
                    "told": self.provider.told.get(attempt.external_id or "", ""),
                    "told limit": self.provider.limits.get(attempt.external_id or ""),
                }
                for attempt in attempts
            ],
            # Registrations that are in use nowhere are what the fault run counts.
            "removed": sorted(
                names.get(external_id, "former")
                for external_id, word in self.provider.told.items()
                if word == "removed" and external_id in names
            ),
            "exams": [
                (exam.exam_name, exam.time_limit_mins, exam.is_active, self.provider.exams.get(exam.exam_name))
                for exam in exams
            ],
            "reviews": [
                (review.review_status, review.proctoredexamsoftwaresecurecomment_set.count()) for review in reviews
            ],
            "allowances": [(allowance.key, allowance.value) for allowance in allowances],
            "credit": [
                (row["name"] == self.exam.content_id, row["status"])
                for row in self.services["credit"].status["credit_requirement_status"]
            ],
            "overrides": len(self.services["grades"].overrides),
            "certificates": len(self.services["certificates"].generated_certificate),
            "mails": sorted({mail.subject for mail in mailoutbox}),
            "effects": sorted(
                AttemptEffect.objects.filter(exam_id=self.exam.pk)
                .exclude(state=AttemptEffect.STATE_SUPERSEDED)
                .values_list("kind", "call_name", "state")
            ),
        }


Request = Callable[[], int]


def enter_timed(host: Host) -> Request:
    return lambda: host.send("post", f"{V1}/attempt", {"exam_id": host.exam.pk, "start_clock": "true"})


def enter_proctored(host: Host) -> Request:
    return lambda: host.send("post", f"{V1}/attempt", {"exam_id": host.exam.pk, "attempt_proctored": "true"})


def opt_out(host: Host) -> Request:
    return lambda: host.send("post", f"{V1}/attempt", {"exam_id": host.exam.pk, "attempt_proctored": "false"})


def go_on_after_an_interruption(host: Host) -> Request:
    host.attempt(S.error, ready_to_resume=True, is_resumable=True, time_remaining_seconds=1500)
    return enter_proctored(host)


def act(status: str, action: str, **fields: Any) -> Callable[[Host], Request]:
    """A request that acts on an attempt in this status."""

    def prepare(host: Host) -> Request:
        attempt = host.attempt(status, **fields)
        return lambda: host.send("put", f"{V1}/attempt/{attempt.pk}", {"action": action})

    return prepare


def release(host: Host) -> Request:
    attempt = host.attempt(S.error, is_resumable=True, time_remaining_seconds=1500)
    body = {"action": "mark_ready_to_resume", "user_id": host.learner.pk}
    return lambda: host.send("put", f"{V1}/attempt/{attempt.pk}", body, by_staff=True)


def report_ready(host: Host) -> Request:
    attempt = host.attempt(S.download_software_clicked)
    path = f"{V1}/attempt/{attempt.external_id}/ready"
    return lambda: host.send("post", path, {"status": "ready"}, by_staff=True)


def look_after_the_end(host: Host) -> Request:
    host.attempt(S.started, started_at=timezone.now() - timedelta(hours=2), allowed_time_limit_mins=90)
    return lambda: host.send("get", f"{V1}/attempt")


def reset_a_rejected_attempt(host: Host) -> Request:
    host.services["grades"].overrides[
        host.services["grades"]._key(host.learner.pk, host.exam.course_id, host.exam.content_id)
    ] = object()
    host.services["credit"].set_credit_requirement_status(
        host.learner.pk, host.exam.course_id, "proctored_exam", host.exam.content_id, "failed"
    )
    attempt = host.attempt(S.rejected)
    return lambda: host.send("delete", f"{V1}/attempt/{attempt.pk}", by_staff=True)


def reset_all_attempts(host: Host) -> Request:
    for _ in range(2):
        host.attempt(S.error)
    path = f"{V1}/exam_id/{host.exam.pk}/user_id/{host.learner.pk}/reset_attempts"
    return lambda: host.send("delete", path, by_staff=True)


def start_onboarding_again(host: Host) -> Request:
    attempt = host.attempt(S.rejected)
    return lambda: host.send("put", f"{V1}/attempt/{attempt.pk}", {"action": "reset_attempt"})


def review(status: str) -> Callable[[Host], Request]:
    """The provider's verdict on a submitted attempt, where reviews are final."""

    def prepare(host: Host) -> Request:
        attempt = host.attempt(S.submitted)
        body = {"status": status, "comments": [{"comment": "away", "status": status, "start": 1, "stop": 2}]}
        path = f"{V1}/attempt/{attempt.external_id}/reviewed"
        return lambda: host.send("post", path, body, by_staff=True)

    return prepare


def decide(host: Host) -> Request:
    attempt = host.attempt(S.second_review_required)
    factories.make_review(attempt, review_status="Suspicious")
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=S.second_review_required)
    body = {"verdict": "rejected", "expected_status": S.second_review_required}
    path = f"/edx_proctoring/v2/attempts/{attempt.pk}/review/decision"
    return lambda: host.send("post", path, body, by_staff=True)


def allow_more_time(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    body = {
        "exam_id": host.exam.pk,
        "user_info": host.learner.username,
        "key": ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0],
        "value": "30",
    }
    return lambda: host.send("put", f"{V1}/allowance", body, by_staff=True)


def take_back_more_time(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    factories.make_allowance(host.exam, host.learner)
    body = {
        "exam_id": host.exam.pk,
        "user_id": host.learner.pk,
        "key": ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0],
    }
    return lambda: host.send("delete", f"{V1}/allowance", body, by_staff=True)


def remove_an_allowance(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    path = f"/edx_proctoring/v2/allowances/{factories.make_allowance(host.exam, host.learner).pk}"
    return lambda: host.send("delete", path, by_staff=True)


def change_an_allowance(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    path = f"/edx_proctoring/v2/allowances/{factories.make_allowance(host.exam, host.learner).pk}"
    return lambda: host.send("patch", path, {"value": "45"}, by_staff=True)


def allow_more_time_to_many(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    body = {
        "exam_ids": [host.exam.pk],
        "user_ids": [host.learner.username, factories.make_user().username],
        "allowance_type": ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0],
        "value": "30",
    }
    return lambda: host.send("put", f"{V1}/bulk_allowance", body, by_staff=True)


def allow_more_time_as_a_job(host: Host) -> Request:
    host.attempt(S.ready_to_start)
    body = {
        "exam_ids": [host.exam.pk],
        "learners": [host.learner.username],
        "type": ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0],
        "value": "30",
    }
    path = f"/edx_proctoring/v2/courses/{host.exam.course_id}/allowances"
    return lambda: host.send("post", path, body, by_staff=True)


def register_exams(host: Host) -> Request:
    # One exam changes, one is new, and one that is not listed is switched off.
    listed = {
        "course_id": host.exam.course_id,
        "content_id": host.exam.content_id,
        "external_id": host.exam.external_id,
        "exam_name": "Exam",
        "time_limit_mins": 45,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": False,
        "backend": "test",
    }
    factories.make_exam(course_id=host.exam.course_id, exam_name="Not listed")
    other = host.exam.content_id.replace("block@exam", "block@other")
    body = [listed, {**listed, "content_id": other, "exam_name": "Other"}]
    path = f"{V1}/exam_registration/course_id/{host.exam.course_id}"
    return lambda: host.send("patch", path, body, by_staff=True)


def replay_a_review(host: Host) -> Request:
    attempt = host.attempt(S.submitted)
    entry = factories.make_inbox_entry(attempt, outcome="refused: it was not understood")
    return lambda: host.send("post", f"/edx_proctoring/v2/inbox/{entry.pk}/replay", by_staff=True)


def retry_an_effect(host: Host) -> Request:
    attempt = host.attempt(S.submitted)
    effect = factories.make_effect(attempt, state=AttemptEffect.STATE_FAILED)
    return lambda: host.send("post", f"/edx_proctoring/v2/effects/{effect.pk}/retry", by_staff=True)


# Name of the request: kind of exam, what is there before, whether a second answer may be 4xx because it is done.
REQUESTS: dict[str, tuple[str, Callable[[Host], Request]]] = {
    "enter-timed": ("timed", enter_timed),
    "enter-proctored": ("proctored", enter_proctored),
    "enter-practice": ("practice", enter_proctored),
    "enter-onboarding": ("onboarding", enter_proctored),
    "opt-out": ("proctored", opt_out),
    "go-on-after-an-interruption": ("proctored", go_on_after_an_interruption),
    "start-timed": ("timed", act(S.created, "start")),
    "start-proctored": ("proctored", act(S.ready_to_start, "start")),
    "submit-timed": ("timed", act(S.started, "submit")),
    "submit-proctored": ("proctored", act(S.started, "submit")),
    "decline": ("proctored", act(S.created, "decline")),
    "report-an-error": ("proctored", act(S.started, "error")),
    "release-for-resumption": ("proctored", release),
    "provider-says-ready": ("proctored", report_ready),
    "look-after-the-end": ("proctored", look_after_the_end),
    "reset-a-rejected-attempt": ("proctored", reset_a_rejected_attempt),
    "reset-all-attempts": ("onboarding", reset_all_attempts),
    "start-onboarding-again": ("onboarding", start_onboarding_again),
    "review-passed": ("proctored", review("passed")),
    "review-suspicious": ("proctored", review("suspicious")),
    "decide-a-review": ("proctored", decide),
    "replay-a-review": ("proctored", replay_a_review),
    "retry-an-effect": ("proctored", retry_an_effect),
    "allow-more-time": ("proctored", allow_more_time),
    "allow-more-time-to-many": ("proctored", allow_more_time_to_many),
    "take-back-more-time": ("proctored", take_back_more_time),
    "remove-an-allowance": ("proctored", remove_an_allowance),
    "change-an-allowance": ("proctored", change_an_allowance),
    "allow-more-time-as-a-job": ("proctored", allow_more_time_as_a_job),
    "register-exams": ("proctored", register_exams),
}


def later() -> None:
    """Do what cron does, when leases have ended: receive reviews whose process died, deliver effects."""
    with freeze_time(timezone.now() + timedelta(minutes=20)):
        for command in ("sweep_attempts", "deliver_effects"):
            call_command(command, stdout=io.StringIO())


class Trial:
    """Sends one request, cut off at any step, and says what it left."""

    def __init__(self, name: str, providers: dict[str, Any], mails: list[Any]) -> None:
        self.process = Process()
        self.steps: list[str] = []
        self._kind, self._prepare = REQUESTS[name]
        self._providers, self._mails = providers, mails

    def left_by(self, dies_before: int, *, retried: bool = True) -> dict[str, Any]:
        """Return what a request leaves that dies before this step; 0: it does not die."""
        self._mails.clear()
        provider = self._providers["test"] = Provider(self.process)
        host = Host(self.process, self._kind, provider)
        request = self._prepare(host)
        self.process.begin(dies_before)
        with connection.execute_wrapper(self.process.execute):
            if dies_before:
                with pytest.raises(Killed):
                    request()
            else:
                assert request() in (200, 204)
        self.steps = self.process.steps
        self.process.begin(0)
        if dies_before and retried:
            assert request() < 500
            later()
        return host.left_behind(self._mails)


@pytest.fixture
def trial(backends_registry: dict[str, Any], mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a trial of the request of this name; reviews are final."""

    def make(name: str) -> Trial:
        trial = Trial(name, backends_registry, mailoutbox)
        send_mail, commit = EmailMessage.send, connection.commit

        def die_or_commit() -> None:
            try:
                trial.process.step("commit")
            except Killed:
                connection.rollback()
                raise
            commit()

        def die_or_send(mail: EmailMessage, *args: Any, **kwargs: Any) -> int:
            trial.process.step("mail")
            return send_mail(mail, *args, **kwargs)

        monkeypatch.setattr(connection, "commit", die_or_commit)
        monkeypatch.setattr(EmailMessage, "send", die_or_send)
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
        return trial

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *(name for name in REQUESTS if name != "register-exams"),
        pytest.param("register-exams", marks=pytest.mark.contract("exams#registration-died")),
    ],
)
def test_a_request_that_was_cut_off_anywhere_is_completed_by_the_same_request(
    name: str, trial: Callable[[str], Trial]
) -> None:
    cut_off = trial(name)
    undisturbed = cut_off.left_by(0)
    steps = cut_off.steps
    assert steps
    for number, step in enumerate(steps, start=1):
        assert cut_off.left_by(number) == undisturbed, f"killed before step {number}: {step}"


@pytest.mark.parametrize("name", ["enter-timed", "submit-proctored", "reset-a-rejected-attempt", "review-passed"])
def test_control_a_request_that_is_not_sent_again_is_not_complete(name: str, trial: Callable[[str], Trial]) -> None:
    cut_off = trial(name)
    undisturbed = cut_off.left_by(0)
    assert cut_off.left_by(len(cut_off.steps), retried=False) != undisturbed
