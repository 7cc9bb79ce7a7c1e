"""With workers switched on, a Celery worker calls the provider and sends the mail.

The broker is a real Redis, at ``EDX_PROCTORING_BROKER`` (default 127.0.0.1:6379); the worker is Celery's own, in a
thread of this process, so that the test sees what it delivered. Run: ``make test-celery``.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.db import connection, connections, transaction

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = [pytest.mark.celery, pytest.mark.django_db(transaction=True), pytest.mark.contract("effects#workers")]

BROKER = os.environ.get("EDX_PROCTORING_BROKER", "redis://127.0.0.1:6379/9")
PATIENCE_SECONDS = 20


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; False if it does not within ``PATIENCE_SECONDS``."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(autouse=True)
def _two_connections() -> None:
    if connection.vendor == "sqlite":
        pytest.fail("The worker needs a connection of its own, and SQLite in memory has one: run `make test-celery`.")


@pytest.fixture
def app() -> Iterator[Celery]:
    """A Celery app on the broker with a queue for this test; current, so that ``send_task`` uses it."""
    application = Celery("edx_proctoring_tests", broker=BROKER, set_as_current=True)
    application.conf.task_default_queue = f"edx-proctoring-test-{uuid.uuid4().hex}"
    application.autodiscover_tasks(["edx_proctoring"], force=True)
    yield application
    application.control.purge()
    application.close()


@pytest.fixture
def _workers_switched_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS", True)


@pytest.fixture
def worker(app: Celery) -> Iterator[None]:
    """A running worker."""
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=PATIENCE_SECONDS):
        yield
    connections.close_all()


@pytest.mark.usefixtures("_workers_switched_on", "worker")
def test_with_workers_the_provider_is_called_by_the_worker(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(test_backend, "stop_exam_attempt", lambda exam, attempt: called.append(attempt))
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert eventually(lambda: called == [attempt.external_id])
    assert eventually(lambda: not AttemptEffect.objects.exists())


@pytest.mark.usefixtures("_workers_switched_on", "worker")
def test_with_workers_the_mail_is_sent_by_the_worker(mailoutbox: list[Any]) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert eventually(lambda: [mail.to for mail in mailoutbox] == [[attempt.user.email]])


@pytest.mark.usefixtures("_workers_switched_on", "worker")
def test_a_change_that_was_rolled_back_delivers_nothing(mailoutbox: list[Any]) -> None:
    undone, kept = make_attempt(status=S.started), make_attempt(status=S.started)

    with transaction.atomic():
        api.update_attempt_status(undone.pk, S.submitted)
        transaction.set_rollback(True)
    api.update_attempt_status(kept.pk, S.submitted)  # the queue is in order: what came before it has been tried

    assert eventually(lambda: len(mailoutbox) == 1)
    assert mailoutbox[0].to == [kept.user.email]


@pytest.mark.usefixtures("app", "_workers_switched_on")
def test_control_without_a_worker_the_effects_stay_due(mailoutbox: list[Any]) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)
    time.sleep(0.5)

    assert mailoutbox == []
    assert AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE, attempt_id=attempt.pk).exists()
