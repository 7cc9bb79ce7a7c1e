"""With ``ASYNC_PROVIDER_CALLS`` provider calls and mails are left to Celery workers.

Contract: contract/effects#workers.

``tests/workers`` runs a real worker over a real broker.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

from .conftest import due_effects

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent_tasks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The Celery tasks sent so far, by name; effects leave the process from now on."""
    from celery import current_app

    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs: sent.append((name, kwargs)))
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS", True)
    return sent


def test_with_workers_only_services_are_called_in_this_process(
    sent_tasks: list[Any],
    provider: Any,
    credit: Any,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    attempt = make_attempt(status=S.started)

    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(attempt.pk, S.submitted)

    assert (provider.calls, mailoutbox) == ([], [])
    assert len(credit.called("set_credit_requirement_status")) == 1
    ids = list(AttemptEffect.objects.order_by("id").values_list("pk", flat=True))
    assert sent_tasks == [("edx_proctoring.tasks.deliver_effects", {"effect_ids": ids})]
    assert due_effects() == [("mail", "status_email"), ("provider", "stop_exam_attempt")]


def test_the_task_delivers_mail_and_provider_call(
    sent_tasks: list[Any], provider: Any, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    from edx_proctoring.tasks import deliver_effects

    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)
    [(_, kwargs)] = sent_tasks

    deliver_effects(**kwargs)

    assert provider.calls == ["stop_exam_attempt"]
    assert len(mailoutbox) == 1
    assert due_effects() == []


def test_effects_stay_due_when_the_broker_is_down(
    monkeypatch: pytest.MonkeyPatch,
    sent_tasks: list[Any],
    provider: Any,
    clock: FrozenDateTimeFactory,
    django_capture_on_commit_callbacks: Any,
) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(minutes=2))
    api.deliver_due_effects()

    assert provider.calls == ["stop_exam_attempt"]
