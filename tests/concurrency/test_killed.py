"""A host is killed (``kill -9``) while an attempt is submitted.

A separate process does the work and is killed at a named moment; this one reads what it left behind and delivers that,
as ``manage.py deliver_effects`` would.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api, runtime
from edx_proctoring.api.effects import claiming
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

from . import victim

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True), pytest.mark.contract("effects#no-loss")]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60

MAIL = "mail: Proctoring attempt submitted"
ALL_DELIVERED = Counter(["credit: submitted", MAIL, "provider: stop", "signal: submitted"])


@pytest.fixture
def diary(
    tmp_path: Path, shared_database: None, backends_registry: dict[str, Any], settings: Any, monkeypatch: Any
) -> Any:
    """What was delivered so far, by the process that dies and by this one: a counter of lines."""
    path = tmp_path / "diary"
    path.touch()
    monkeypatch.setenv(victim.DIARY, str(path))
    settings.EMAIL_BACKEND = f"{victim.__name__}.DiaryBackend"
    backends_registry["test"] = victim.make_provider()
    runtime.set_runtime_service("credit", victim.DiaryCredit())
    exam_attempt_status_signal.connect(victim.receive_signal)
    yield lambda: Counter(path.read_text("utf-8").splitlines())
    exam_attempt_status_signal.disconnect(victim.receive_signal)


def kill_a_host(attempt: ProctoredExamStudentAttempt, moment: str, *options: str) -> None:
    """Let a process submit the attempt, and kill it at that moment."""
    command = [sys.executable, "-m", "tests.concurrency.victim", str(connection.settings_dict["NAME"])]
    process = subprocess.Popen(
        [*command, str(attempt.pk), moment, *options], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n", "it never came to that moment"
    finally:
        process.kill()
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    print(f"database={connection.vendor} killed={moment} {' '.join(options)} left={AttemptEffect.objects.count()}")


def after_the_lease() -> api.DeliveryReport:
    """Deliver what is due once the lease of the killed process has ended."""
    return api.deliver_due_effects(now=timezone.now() + claiming.LEASE)


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


Diary = Callable[[], Counter[str]]


def test_killed_before_the_commit_nothing_is_written_or_delivered(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.BEFORE_COMMIT)

    assert (status_of(attempt), AttemptEffect.objects.count(), diary()) == (S.started, 0, Counter())
    assert api.update_attempt_status(attempt.pk, S.submitted) == attempt.pk, "the killed process holds no lock"
    assert diary() == ALL_DELIVERED


@pytest.mark.contract("effects#failure")
@pytest.mark.parametrize(
    ("options", "delivered_in_the_end"),
    [
        pytest.param(["--without-rows"], Counter(), id="control-without-rows-nothing-is-ever-delivered"),
        pytest.param([], ALL_DELIVERED, id="with-rows-all-is-delivered-later"),
    ],
)
def test_killed_between_commit_and_delivery_all_is_delivered_after_the_lease(
    diary: Diary, options: list[str], delivered_in_the_end: Counter[str]
) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.AFTER_COMMIT, *options)

    assert (status_of(attempt), diary()) == (S.submitted, Counter()), "saved, and nothing delivered"
    assert api.deliver_due_effects() == api.DeliveryReport(), "leased to the process that was killed"
    report = after_the_lease()
    print(f"report={report} diary={dict(diary())}")
    assert diary() == delivered_in_the_end
    assert not AttemptEffect.objects.exists()
    after_the_lease()
    assert diary() == delivered_in_the_end, "once"


@pytest.mark.contract("effects#failure")
@pytest.mark.parametrize(
    ("options", "mails"),
    [
        pytest.param(["--late"], 2, id="control-with-all-rows-deleted-together-there-are-two-mails"),
        pytest.param([], 1, id="with-the-row-of-the-mail-deleted-at-once-there-is-one"),
    ],
)
def test_killed_during_the_provider_call_the_mail_is_not_sent_again(
    diary: Diary, options: list[str], mails: int
) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.PROVIDER_CALLED, *options)
    assert diary()[MAIL] == 1
    after_the_lease()

    print(f"diary={dict(diary())}")
    assert diary()[MAIL] == mails
    assert diary()["provider: stop"] == diary()["signal: submitted"] == 1
    assert not AttemptEffect.objects.exists()


def test_killed_before_the_answer_of_the_mail_server_is_noted_there_are_at_most_two_mails(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.MAIL_SENT)
    after_the_lease()

    print(f"diary={dict(diary())}")
    assert set(diary()) == set(ALL_DELIVERED)
    assert diary()[MAIL] <= 2
    assert not AttemptEffect.objects.exists()


def test_the_next_change_delivers_what_a_killed_host_left(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)
    kill_a_host(attempt, victim.AFTER_COMMIT)
    AttemptEffect.objects.update(next_try_at=timezone.now())

    api.update_attempt_status(attempt.pk, S.second_review_required)

    delivered = diary()
    assert (delivered["credit: submitted"], delivered["provider: stop"], delivered["signal: submitted"]) == (1, 1, 1)
    assert delivered[MAIL] == 0, "the attempt has moved on: its mail is superseded"


def test_killed_between_local_effects_and_commit_the_change_is_undone_and_can_be_made_again(diary: Diary) -> None:
    """Local effects are delivered inside the transaction, so a repetition is possible; nothing is left half done."""
    attempt = make_attempt(make_exam("timed"), status=S.started)

    kill_a_host(attempt, victim.INSIDE_CHANGE)
    assert diary() == Counter(["signal: submitted"])
    assert (status_of(attempt), AttemptEffect.objects.count()) == (S.started, 0)

    assert api.update_attempt_status(attempt.pk, S.submitted) == attempt.pk, "the killed process holds no lock"
    assert status_of(attempt) == S.submitted
    assert diary() == Counter({"signal: submitted": 2})
