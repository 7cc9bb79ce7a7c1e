"""Lanes of deliveries in real threads: one provider that hangs holds up nobody else."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring.api.effects import lanes, settling
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


@pytest.mark.contract("effects#lanes")
def test_much_for_one_provider_is_told_in_several_calls_at_a_time_and_once(
    backends_registry: dict[str, Any], shared_database: None
) -> None:
    calls = 4 if connection.features.has_select_for_update_skip_locked else 1
    together = threading.Barrier(calls)
    first_calls = iter(range(calls))
    told: list[str] = []

    class Slow(TestBackendProvider):
        def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
            if next(first_calls, None) is not None:
                # Continues only when so many calls are under way; raises after the time.
                together.wait(30)
            told.append(attempt)

    backends_registry["slow"] = Slow()
    exam = make_exam(backend="slow")
    for number in range(45):
        attempt = make_attempt(exam, status=S.submitted, external_id=f"attempt-{number}")
        make_effect(attempt, kind=AttemptEffect.KIND_PROVIDER, call_name="stop_exam_attempt")

    report = lanes.deliver_in_lanes()

    assert (report.delivered, report.failed) == (45, 0)
    assert sorted(told) == sorted(f"attempt-{number}" for number in range(45))


@pytest.mark.parametrize(("effects", "threads"), [(1, 1), (10, 1), (11, 2), (40, 4), (10_000, 4)])
@pytest.mark.parametrize("skips_locked", [True, False])
def test_little_for_one_provider_has_one_thread(
    monkeypatch: pytest.MonkeyPatch, effects: int, threads: int, skips_locked: bool
) -> None:
    monkeypatch.setattr(connection.features, "has_select_for_update_skip_locked", skips_locked)
    assert lanes._threads_for(effects) == (threads if skips_locked else 1)


def test_delivered_effects_are_forgotten_by_one_statement_that_is_its_own_transaction() -> None:
    effects = [effect_of("test"), effect_of("test")]
    with CaptureQueriesContext(connection) as captured:
        settling.forget(effects)
    assert not AttemptEffect.objects.exists()
    [query] = captured.captured_queries
    assert query["sql"].startswith("DELETE")
