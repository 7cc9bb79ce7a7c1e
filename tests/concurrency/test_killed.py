"""A host is killed (``kill -9``) while an attempt is handed in. Spec: beyond.md 1; cross-cutting.md C2, C3.

A process of its own does the work and is killed at a named moment; this one looks at what it left behind and delivers
that, as ``manage.py deliver_effects`` would.
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
from edx_proctoring.api.effects import outbox
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

from . import victim

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60

MAIL = "mail: Proctoring attempt submitted"
EVERYBODY = Counter(["credit: submitted", MAIL, "provider: stop", "signal: submitted"])


@pytest.fixture
def diary(
    tmp_path: Path, shared_database: None, backends_registry: dict[str, Any], settings: Any, monkeypatch: Any
) -> Any:
    """What has reached anybody so far, from the process that dies and from this one: a counter of lines."""
    path = tmp_path / "diary"
    path.touch()
    monkeypatch.setenv(victim.DIARY, str(path))
    settings.EMAIL_BACKEND = f"{victim.__name__}.DiaryBackend"
    backends_registry["test"] = victim.make_provider()
    runtime.set_runtime_service("credit", victim.DiaryCredit())
    exam_attempt_status_signal.connect(victim.hear)
    yield lambda: Counter(path.read_text("utf-8").splitlines())
    exam_attempt_status_signal.disconnect(victim.hear)


def kill_a_host(attempt: ProctoredExamStudentAttempt, moment: str, *options: str) -> None:
    """Let a process hand the attempt in, and kill it at that moment."""
    command = [sys.executable, "-m", "tests.concurrency.victim", str(connection.settings_dict["NAME"])]
    process = subprocess.Popen(
        [*command, str(attempt.pk), moment, *options], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n", "it never came to the moment"
    finally:
        process.kill()
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    print(f"database={connection.vendor} killed={moment} {' '.join(options)} left={AttemptEffect.objects.count()}")


def after_the_lease() -> api.DeliveryReport:
    """What the next host delivers, once nobody believes the dead one any more."""
    return api.deliver_due_effects(now=timezone.now() + outbox.LEASE)


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


Diary = Callable[[], Counter[str]]


def test_killed_before_the_commit_nothing_has_happened(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.BEFORE_COMMIT)

    assert (status_of(attempt), AttemptEffect.objects.count(), diary()) == (S.started, 0, Counter())
    assert api.update_attempt_status(attempt.pk, S.submitted) == attempt.pk, "the dead process holds no lock"
    assert diary() == EVERYBODY


@pytest.mark.spec("python-api.md", "18:outages")
@pytest.mark.parametrize(
    ("options", "heard_in_the_end"),
    [
        pytest.param(["--without-rows"], Counter(), id="control-without-the-table-nobody-ever-hears"),
        pytest.param([], EVERYBODY, id="with-the-table-everybody-hears-later"),
    ],
)
def test_killed_between_commit_and_delivery(diary: Diary, options: list[str], heard_in_the_end: Counter[str]) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.AFTER_COMMIT, *options)

    assert (status_of(attempt), diary()) == (S.submitted, Counter()), "saved, and nobody told"
    assert api.deliver_due_effects() == api.DeliveryReport(), "on loan to the process that died"
    report = after_the_lease()
    print(f"report={report} diary={dict(diary())}")
    assert diary() == heard_in_the_end
    assert not AttemptEffect.objects.exists()
    after_the_lease()
    assert diary() == heard_in_the_end, "once"


@pytest.mark.spec("python-api.md", "18:outages")
@pytest.mark.parametrize(
    ("options", "mails"),
    [
        pytest.param(["--late"], 2, id="control-rows-that-go-together-mail-twice"),
        pytest.param([], 1, id="a-mail-that-went-out-is-forgotten-at-once"),
    ],
)
def test_killed_while_the_provider_is_told(diary: Diary, options: list[str], mails: int) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.PROVIDER_TOLD, *options)
    assert diary()[MAIL] == 1
    after_the_lease()

    print(f"diary={dict(diary())}")
    assert diary()[MAIL] == mails
    assert diary()["provider: stop"] == diary()["signal: submitted"] == 1
    assert not AttemptEffect.objects.exists()


def test_killed_at_the_mail_servers_yes_there_may_be_a_second_mail_but_nobody_is_left_out(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)

    kill_a_host(attempt, victim.MAIL_SENT)
    after_the_lease()

    print(f"diary={dict(diary())}")
    assert set(diary()) == set(EVERYBODY)
    assert diary()[MAIL] <= 2
    assert not AttemptEffect.objects.exists()


def test_the_next_change_of_the_attempt_delivers_what_a_dead_host_left(diary: Diary) -> None:
    attempt = make_attempt(status=S.started)
    kill_a_host(attempt, victim.AFTER_COMMIT)
    AttemptEffect.objects.update(next_try_at=timezone.now())

    api.update_attempt_status(attempt.pk, S.second_review_required)

    heard = diary()
    assert (heard["credit: submitted"], heard["provider: stop"], heard["signal: submitted"]) == (1, 1, 1)
    assert heard[MAIL] == 0, "the attempt has moved on: its mail would tell what is over"
