"""The connection to the database is lost right after a mail was sent, before that is noted."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.effects import claiming, settling
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.contract("effects#database-away"),
]


class LosingBackend(BaseEmailBackend):
    """A mail server after whose answer the connection to the database is gone, once."""

    lose: Callable[[], None]

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        count = get_connection("django.core.mail.backends.locmem.EmailBackend").send_messages(email_messages)
        LosingBackend.lose()
        LosingBackend.lose = staticmethod(lambda: None)
        return int(count or 0)


@pytest.mark.parametrize(
    ("waits", "mails"),
    [
        pytest.param(timedelta(0), 2, id="control-without-waiting-the-mail-is-sent-again"),
        pytest.param(settling.AWAIT_DATABASE, 1, id="with-a-new-connection-it-is-noted"),
    ],
)
def test_a_mail_is_not_sent_again_if_the_database_comes_back(
    monkeypatch: pytest.MonkeyPatch, settings: Any, mailoutbox: list[Any], waits: timedelta, mails: int
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.LosingBackend"
    monkeypatch.setattr(settling, "AWAIT_DATABASE", waits)
    attempt = make_attempt(status=S.started)
    monkeypatch.setattr(LosingBackend, "lose", staticmethod(lose_the_connection(monkeypatch)), raising=False)

    try:
        api.update_attempt_status(attempt.pk, S.submitted)
    except (OperationalError, InterfaceError):
        assert mails == 2, "the page fails, the submission is saved"
    connection.close()
    api.deliver_due_effects(now=timezone.now() + claiming.LEASE)

    print(f"database={connection.vendor} waits={waits} mails={len(mailoutbox)}")
    assert len(mailoutbox) == mails
    assert not AttemptEffect.objects.exists()


def lose_the_connection(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what cuts the connection; on SQLite, which has none, the next deletion fails as if it were cut."""
    if connection.vendor != "sqlite":
        return cut_by_the_server
    delete = settling._delete

    def fail_once(rows: Any) -> None:
        monkeypatch.setattr(settling, "_delete", delete)
        raise OperationalError("the server has gone away")

    return lambda: monkeypatch.setattr(settling, "_delete", fail_once)


def cut_by_the_server() -> None:
    """Let the server end this connection."""
    ours, end = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
        "mysql": ("SELECT CONNECTION_ID()", "KILL %s"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(ours)
        [number] = cursor.fetchone()
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute(end, [number])
