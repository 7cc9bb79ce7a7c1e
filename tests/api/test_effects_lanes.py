"""One slow party holds up only its own lane; a lease outlives what it covers; a broker may hang."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.api.effects import claiming, lanes, workers
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam


def effect_of(backend: str, kind: str = AttemptEffect.KIND_PROVIDER, call: str = "stop_exam_attempt") -> AttemptEffect:
    attempt = make_attempt(make_exam(backend=backend), status=S.submitted)
    return make_effect(attempt, kind=kind, call_name=call)


@pytest.mark.contract("effects#lanes")
@pytest.mark.django_db
def test_each_party_has_a_lane(backends_registry: dict[str, Any]) -> None:
    for backend in ("test", "test", "null"):
        effect_of(backend)
    effect_of("test", AttemptEffect.KIND_MAIL, "status_email")
    effect_of("test", AttemptEffect.KIND_CREDIT, "set_credit_requirement_status")
    assert sorted(lane.name for lane in lanes.due_lanes()) == ["mails", "platform", "provider null", "provider test"]


@pytest.mark.django_db
def test_an_effect_of_an_exam_that_is_gone_has_a_lane_too() -> None:
    effect = effect_of("test")
    AttemptEffect.objects.update(exam_id=0)
    [lane] = lanes.due_lanes()
    assert lane.exam_ids == frozenset({0})
    assert api.deliver_in_lanes().delivered == 1
    assert not AttemptEffect.objects.filter(pk=effect.pk).exists()


@pytest.mark.django_db
def test_a_mail_server_that_takes_long_gets_the_mail_once(
    clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect_of("test", AttemptEffect.KIND_MAIL, "status_email")
    sent = []

    def send(self: EmailMessage, fail_silently: bool = False) -> None:
        sent.append(self)
        clock.tick(70)
        # Another host looks for what is due.
        api.deliver_due_effects()

    monkeypatch.setattr(EmailMessage, "send", send)
    api.deliver_due_effects()
    assert len(sent) == 1
    assert timedelta(seconds=70) < claiming.LEASE


class TestBroker:
    @pytest.fixture
    def app(self) -> Any:
        from celery import current_app

        return current_app

    @pytest.mark.django_db
    def test_one_that_never_answers_costs_a_second_and_the_effect_is_due(
        self, app: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        effect = make_effect(next_try_at=timezone.now() + claiming.LEASE)
        never = threading.Event()
        monkeypatch.setattr(app, "send_task", lambda name, kwargs: never.wait(30))
        began = time.monotonic()
        workers.hand_over([effect.pk])
        assert time.monotonic() - began < 2
        effect.refresh_from_db()
        assert effect.next_try_at <= timezone.now()
        never.set()

    @pytest.mark.django_db
    def test_after_some_that_wait_the_next_costs_nothing(self, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        never = threading.Event()
        monkeypatch.setattr(app, "send_task", lambda name, kwargs: never.wait(30))
        monkeypatch.setattr(workers, "BROKER_SECONDS", 0.01)
        for _ in range(4):
            workers.hand_over([1])
        monkeypatch.setattr(workers, "BROKER_SECONDS", 30)
        began = time.monotonic()
        workers.hand_over([1])
        assert time.monotonic() - began < 1
        never.set()

    @pytest.mark.django_db
    def test_one_that_refuses_leaves_the_effect_due(self, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(name: str, kwargs: Any) -> None:
            raise ConnectionError("refused")

        effect = make_effect(next_try_at=timezone.now() + claiming.LEASE)
        monkeypatch.setattr(app, "send_task", refuse)
        workers.hand_over([effect.pk])
        effect.refresh_from_db()
        assert effect.next_try_at <= timezone.now()


@pytest.mark.django_db
@pytest.mark.contract("effects#lanes")
def test_a_lane_looks_again_for_what_another_one_had_locked_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    effect_of("test")
    claim = claiming.claim
    looks: list[int] = []

    def skip_twice(*args: Any, **kwargs: Any) -> Any:
        looks.append(1)
        return [] if len(looks) <= 2 else claim(*args, **kwargs)

    monkeypatch.setattr(claiming, "claim", skip_twice)
    assert api.deliver_in_lanes().delivered == 1


@pytest.mark.django_db
def test_a_lane_ends_if_what_is_due_stays_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    effect_of("test")
    monkeypatch.setattr(lanes, "_LOOK_AGAIN_SECONDS", 0)
    monkeypatch.setattr(claiming, "claim", lambda *args, **kwargs: [])
    assert api.deliver_in_lanes().delivered == 0
