"""Lanes of deliveries in real threads: one provider that hangs holds up nobody else."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from edx_proctoring.api.effects import lanes
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def effect_of(backend: str, kind: str = AttemptEffect.KIND_PROVIDER, call: str = "stop_exam_attempt") -> AttemptEffect:
    attempt = make_attempt(make_exam(backend=backend), status=S.submitted)
    return make_effect(attempt, kind=kind, call_name=call)


@pytest.fixture
def hanging(backends_registry: dict[str, Any]) -> Iterator[threading.Event]:
    """A provider that answers only when the test says so; the event lets it."""
    release = threading.Event()

    class Hanging(TestBackendProvider):
        def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
            release.wait(30)

    backends_registry["hanging"] = Hanging()
    yield release
    release.set()


@pytest.mark.contract("effects#lanes")
def test_while_one_provider_hangs_mails_and_other_providers_go_on(
    hanging: threading.Event, shared_database: None, mailoutbox: list[Any]
) -> None:
    effect_of("hanging")
    for _ in range(100):
        effect_of("test")
    for _ in range(120):
        effect_of("test", AttemptEffect.KIND_MAIL, "status_email")
    deliverer = lanes.Deliverer(limit=200, on_report=lambda report: None)
    began = time.monotonic()
    deliverer.start_due()
    while AttemptEffect.objects.count() > 1 and time.monotonic() - began < 10:
        time.sleep(0.05)
    assert AttemptEffect.objects.count() == 1
    assert time.monotonic() - began < 10
    hanging.set()
    deliverer.wait()
    assert not AttemptEffect.objects.exists()
