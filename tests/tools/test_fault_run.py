"""The fault run sees what is lost and what is done twice."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests

from bench.faults import audit, kills_part
from bench.faults.learners import Tally
from bench.faults.mail_sink import MailSink
from bench.faults.provider import HANG, REPLY_LOST, WAYS, Provider, Registration
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam

ROOT = Path(__file__).parents[2]

ATTEMPTS = "/api/v1/exam/exam-1/attempt/"


@pytest.mark.slow
def test_a_small_run_on_sqlite_loses_nothing() -> None:
    options = ["--database", "sqlite", "--attempts", "1", "--per-way", "6", "--parts", "faults", "--ways", "500"]

    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", *options], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "seed=1" in done.stdout
    assert "submitted=6 " in done.stdout
    assert "unheard=0 mails=6 doubled=0 missing=0" in done.stdout


@pytest.mark.slow
def test_web_processes_that_die_after_a_registration_leave_none_behind() -> None:
    """The run itself fails if its control, without intents, leaves none behind either."""
    options = ["--database", "sqlite", "--per-way", "6", "--parts", "registrations"]

    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", *options], cwd=ROOT, capture_output=True, text=True, timeout=180
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"key honoured .* orphans=0 queued_removals=0 .*\n +deaths=[1-9]", done.stdout)


# The provider of the run


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(seed=1, share=0.999999).serving() as serving:
        yield serving


def register(provider: Provider, key: str = "CODE") -> requests.Response:
    return requests.post(
        provider.url + ATTEMPTS, json={"email": "learner@example.com"}, headers={"Idempotency-Key": key}, timeout=0.5
    )


def outcome(provider: Provider) -> tuple[int, str]:
    """Register; return status and text, or 0 and the error."""
    try:
        response = register(provider)
    except requests.RequestException as error:
        return 0, type(error).__name__
    return (response.history or [response])[0].status_code, response.text


def test_each_way_of_failing_looks_different_to_a_client(provider: Provider) -> None:
    outcomes = {}
    for provider.way in WAYS:
        outcomes[provider.way] = outcome(provider)

    assert outcomes == {
        "500": (500, '{"detail": "error"}'),
        "503 with HTML": (503, "<html><body>Service Unavailable</body></html>"),
        "half JSON": (200, '{"id": "exam-'),
        "200 with []": (200, "[]"),
        "redirect": (302, '{"status": "ok"}'),
        "401": (401, '{"detail": "refused"}'),
        "404": (404, '{"detail": "refused"}'),
        "hang": (0, "ReadTimeout"),
        "dropped connection": (0, "ConnectionError"),
        "reply lost": (0, "ConnectionError"),
    }


def test_a_lost_reply_is_about_a_registration_and_its_key_finds_it_again(provider: Provider) -> None:
    provider.way = HANG
    outcome(provider)
    assert provider.registrations == {}, "control: a call that hangs is not carried out"

    provider.way = REPLY_LOST
    outcome(provider)
    provider.way = None

    assert [known.key for known in provider.registrations.values()] == ["CODE"]
    assert [register(provider).json()["id"]] == list(provider.registrations)
    assert register(provider, key="OTHER").json()["id"] not in {""} | {next(iter(provider.registrations))}


def test_the_same_calls_fail_with_the_same_seed() -> None:
    def draws(seed: int) -> list[str | None]:
        provider = Provider(seed=seed, share=0.2)
        provider.way = "mixed"
        with provider.serving():
            return [provider.fault_for("PATCH", f"/{number}", None) for number in range(200)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)
    assert 20 <= sum(fault is not None for fault in draws(1)) <= 60


# The audit


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink(seed=1).serving() as serving:
        yield serving


@pytest.fixture
def attempt(db: None) -> ProctoredExamStudentAttempt:
    """A submitted attempt."""
    exam = make_exam(exam_name="Final", external_id="exam-1")
    return make_attempt(exam, status=S.submitted, external_id="ours", taking_as_proctored=True)


@pytest.fixture
def all_well(attempt: ProctoredExamStudentAttempt, provider: Provider, sink: MailSink) -> None:
    """Provider and learner were told of it, once."""
    provider.registrations["ours"] = Registration("ours", "exam-1", "user1", "KEY", ["started", "submitted"])
    sink.accepted[attempt.user.email, "Proctoring attempt submitted: Final in your course"] = 1


def faults_found(attempt: ProctoredExamStudentAttempt, provider: Provider, sink: MailSink) -> dict[str, Any]:
    """The names of the audit's lists that are not empty, and their lengths."""
    found = asdict(audit.examine(attempt.proctored_exam, provider, sink))
    return {name: len(value) for name, value in found.items() if isinstance(value, list) and value}


@pytest.mark.usefixtures("all_well")
def test_an_audit_of_what_went_well_finds_nothing(attempt: Any, provider: Provider, sink: MailSink) -> None:
    assert faults_found(attempt, provider, sink) == {}


@pytest.mark.usefixtures("all_well")
def test_a_provider_that_did_not_hear_is_found_unless_it_is_listed(
    attempt: Any, provider: Provider, sink: MailSink
) -> None:
    provider.registrations["ours"].heard = ["started"]
    assert faults_found(attempt, provider, sink) == {"unheard": 1}

    given_up = make_effect(
        attempt, kind="provider", call="stop_exam_attempt", state=AttemptEffect.STATE_FAILED, last_error=""
    )
    assert faults_found(attempt, provider, sink) == {"unlisted": 1}

    AttemptEffect.objects.filter(pk=given_up.pk).update(last_error="OddReply: upstream_status=404")
    assert faults_found(attempt, provider, sink) == {}


@pytest.mark.usefixtures("all_well")
def test_news_in_the_wrong_order_are_found(attempt: Any, provider: Provider, sink: MailSink) -> None:
    provider.registrations["ours"].heard = ["submitted", "started"]
    assert faults_found(attempt, provider, sink) == {"wrong_last": 1}


@pytest.mark.usefixtures("all_well")
def test_a_registration_removed_under_an_attempt_is_found(attempt: Any, provider: Provider, sink: MailSink) -> None:
    provider.registrations["ours"].is_deleted = True
    assert faults_found(attempt, provider, sink) == {"removed_in_use": 1}


@pytest.mark.usefixtures("all_well")
@pytest.mark.parametrize(("count", "found"), [(0, {"mails_missing": 1}), (1, {}), (2, {"mails_doubled": 1})])
def test_mails_are_counted(attempt: Any, provider: Provider, sink: MailSink, count: int, found: dict[str, int]) -> None:
    [mail] = sink.accepted
    sink.accepted[mail] = count
    if not count:
        del sink.accepted[mail]
    assert faults_found(attempt, provider, sink) == found


@pytest.mark.usefixtures("all_well")
def test_an_orphan_is_a_registration_that_no_effect_removes(attempt: Any, provider: Provider, sink: MailSink) -> None:
    provider.registrations["other"] = Registration("other", "exam-1", "user1", "LOST")
    assert faults_found(attempt, provider, sink) == {"orphans": 1}

    removal = make_effect(
        attempt, kind="provider", call="remove_exam_attempt", arguments='{"external_id": "other"}', last_error="down"
    )
    assert faults_found(attempt, provider, sink) == {}
    removal.delete()
    assert faults_found(attempt, provider, sink) == {"orphans": 1}, "delivered, and still there"

    lost = make_effect(attempt, kind="provider", call="withdraw_lost_registration", last_error="down")
    AttemptEffect.objects.filter(pk=lost.pk).update(attempt_id=0, attempt_code="LOST")
    assert faults_found(attempt, provider, sink) == {}
    lost.delete()

    provider.registrations["other"].is_said_gone = True
    assert faults_found(attempt, provider, sink) == {}


# Kills

MAIL = ("learner@example.com", "Proctoring attempt submitted: Final in your course")


@pytest.mark.parametrize(
    ("unmarked", "sent", "complaints"),
    [
        pytest.param(0, 1, 0, id="once"),
        pytest.param(1, 2, 0, id="twice-after-a-kill-between-hand-over-and-mark"),
        pytest.param(0, 2, 1, id="twice-without-a-kill"),
        pytest.param(1, 3, 1, id="more-often-than-the-kills"),
    ],
)
def test_a_mail_may_be_sent_again_only_where_a_kill_explains_it(
    sink: MailSink, unmarked: int, sent: int, complaints: int
) -> None:
    sink.accepted[MAIL] = sent
    events = kills_part.Events(unmarked=Counter({MAIL: unmarked}))
    found = audit.Audit(mails_doubled=[MAIL] if sent > 1 else [])

    assert len(kills_part.report(events, Tally(), found, sink, left=0, dead=[])) == complaints


def test_a_process_that_ended_and_an_effect_that_is_due_are_said(sink: MailSink) -> None:
    said = kills_part.report(kills_part.Events(), Tally(), audit.Audit(), sink, left=2, dead=["deliverer"])
    assert said == [
        "kills: processes that had ended by themselves: 1, such as deliverer",
        "kills: effects still due in the end: 2",
    ]


def test_a_mail_is_unmarked_while_its_effect_is_due(attempt: ProctoredExamStudentAttempt, sink: MailSink) -> None:
    mail = (attempt.user.email, "Proctoring attempt submitted: Final in your course")
    sink.accepted[mail] = 1
    assert kills_part.mails_left("Final", sink) == Counter()
    make_effect(attempt, kind="mail", call="status_email")
    assert kills_part.mails_left("Final", sink) == Counter({mail: 1})
    assert kills_part.mails_left("Midterm", sink) == Counter()
