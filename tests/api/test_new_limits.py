"""Providers are told a limit that changes between the registration of an attempt and its start."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import responses
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.api.exams import limit_changes
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam

from .conftest import RecordingProvider, due_effects

pytestmark = pytest.mark.django_db

EXTRA_TIME = "additional_time_granted"
BASE_URL = "http://provider.test"


class LimitProvider(RecordingProvider):
    """A provider that takes new limits, and records them in ``limits``."""

    takes_new_limits = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.limits: list[tuple[str, str, int]] = []

    def update_time_limit(self, exam: str, attempt: str, time_limit_mins: int) -> None:
        self._record("update_time_limit", exam, attempt)
        self.limits.append((exam, attempt, time_limit_mins))


@pytest.fixture
def limits(backends_registry: dict[str, Any]) -> LimitProvider:
    """The provider named ``test``."""
    provider = LimitProvider()
    backends_registry["test"] = provider
    return provider


def give(attempt: ProctoredExamStudentAttempt, minutes: int) -> None:
    api.add_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, EXTRA_TIME, str(minutes))


@pytest.mark.contract("provider-interface#new-limit")
@pytest.mark.parametrize("status", [S.created, S.download_software_clicked, S.ready_to_start])
def test_extra_time_given_before_the_start_is_reported(limits: LimitProvider, status: str) -> None:
    attempt = make_attempt(status=status)
    exam = attempt.proctored_exam

    give(attempt, 30)
    give(attempt, 45)
    api.remove_allowance_for_user(exam.pk, attempt.user_id, EXTRA_TIME)

    assert limits.limits == [(exam.external_id, attempt.external_id, minutes) for minutes in (120, 135, 90)]
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("provider-interface#new-limit")
def test_the_due_date_cuts_the_reported_limit(limits: LimitProvider, clock: FrozenDateTimeFactory) -> None:
    give(make_attempt(make_exam(due_date=NOON + timedelta(minutes=100))), 30)

    assert [minutes for _exam, _attempt, minutes in limits.limits] == [100]


@pytest.mark.contract("provider-interface#new-limit")
@pytest.mark.parametrize(
    "attempt_of",
    [
        pytest.param(lambda: make_attempt(status=S.started), id="started"),
        pytest.param(lambda: make_attempt(status=S.submitted), id="submitted"),
        pytest.param(lambda: make_attempt(external_id=None), id="not-registered"),
        pytest.param(lambda: make_attempt(make_exam("timed")), id="timed"),
    ],
)
def test_no_other_attempt_is_reported(limits: LimitProvider, attempt_of: Callable[[], Any]) -> None:
    give(attempt_of(), 30)

    assert limits.calls == []
    assert not AttemptEffect.objects.exists()


def test_another_kind_of_allowance_is_not_reported(limits: LimitProvider) -> None:
    attempt = make_attempt()

    api.add_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, "review_policy_exception", "may stand up")

    assert limits.calls == []


@pytest.mark.contract("provider-interface#new-limit")
def test_a_provider_of_the_older_interface_hears_nothing(provider: Any) -> None:
    give(make_attempt(), 30)

    assert provider.calls == []
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("provider-interface#new-limit")
def test_a_provider_that_is_down_is_told_later_the_limit_of_then(
    limits: LimitProvider, clock: FrozenDateTimeFactory
) -> None:
    attempt = make_attempt()
    limits.failing = {"update_time_limit"}
    give(attempt, 30)
    assert due_effects() == [("provider", "update_time_limit")]
    limits.failing = set()
    attempt.proctored_exam.time_limit_mins = 100
    attempt.proctored_exam.save()

    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    assert [minutes for _exam, _attempt, minutes in limits.limits] == [130]
    assert due_effects() == []


@pytest.mark.contract("provider-interface#new-limit")
def test_of_two_limits_that_are_told_at_once_the_newer_has_the_last_word(
    limits: LimitProvider, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt()
    tell = limits.update_time_limit

    def tell_slowly(*args: Any) -> None:
        # Another process gives more time while this one waits for the provider.
        monkeypatch.setattr(limits, "update_time_limit", tell)
        give(attempt, 45)
        tell(*args)

    monkeypatch.setattr(limits, "update_time_limit", tell_slowly)
    give(attempt, 30)
    assert [minutes for _exam, _attempt, minutes in limits.limits] == [135, 120]

    clock.tick(timedelta(minutes=6))
    api.deliver_due_effects()

    assert limits.limits[-1][2] == 135
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("provider-interface#new-limit")
def test_a_new_limit_supersedes_one_that_was_not_told(limits: LimitProvider, clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt()
    limits.failing = {"update_time_limit"}
    give(attempt, 30)
    clock.tick(timedelta(seconds=1))
    give(attempt, 45)

    assert due_effects() == [("provider", "update_time_limit")]
    assert AttemptEffect.objects.filter(state=AttemptEffect.STATE_SUPERSEDED).count() == 1


@pytest.mark.contract("provider-interface#new-limit")
def test_the_start_supersedes_a_report_that_did_not_arrive(limits: LimitProvider, clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(status=S.ready_to_start)
    limits.failing = {"update_time_limit"}
    give(attempt, 30)

    api.update_attempt_status(attempt.pk, S.started)
    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    assert limits.calls == ["update_time_limit", "start_exam_attempt"]
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_SUPERSEDED


def test_an_allowance_is_given_although_the_provider_is_not_configured(clock: FrozenDateTimeFactory) -> None:
    exam = make_exam()
    attempt = make_attempt(exam)
    type(exam).objects.update(backend="gone")

    give(attempt, 30)

    assert due_effects() == [("provider", "update_time_limit")]


@pytest.mark.contract("provider-interface#new-limit")
def test_of_many_allowances_at_once_ten_are_reported_and_the_rest_is_due(
    limits: LimitProvider, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    exam = make_exam()
    attempts = [make_attempt(exam) for _ in range(12)]

    api.add_bulk_allowances([exam.pk], [attempt.user_id for attempt in attempts], "time_multiplier", "1.5")

    most = limit_changes._MOST_CALLS_IN_A_REQUEST
    assert len(limits.limits) == most == 10
    assert len(due_effects()) == 2
    api.deliver_due_effects()
    assert sorted(limits.limits) == sorted((exam.external_id, attempt.external_id, 135) for attempt in attempts)


def test_with_workers_the_request_does_not_wait_for_the_provider(
    limits: LimitProvider, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS": True}
    handed: list[Any] = []
    monkeypatch.setattr("edx_proctoring.api.effects.workers.hand_over", handed.append)

    with django_capture_on_commit_callbacks(execute=True):
        give(make_attempt(), 30)

    assert limits.calls == []
    assert handed == [list(AttemptEffect.objects.values_list("pk", flat=True))]


@pytest.mark.contract("provider-wire#new-limit")
def test_a_rest_provider_gets_the_limit_without_a_status(backends_registry: dict[str, Any]) -> None:
    backends_registry["rest"] = BaseRestProctoringProvider(base_url=BASE_URL, client_id="a", client_secret="b")
    attempt = make_attempt()
    exam = attempt.proctored_exam
    type(exam).objects.update(backend="rest")
    url = f"{BASE_URL}/api/v1/exam/{exam.external_id}/attempt/{attempt.external_id}/"
    with responses.RequestsMock() as http:
        http.post(f"{BASE_URL}/oauth2/access_token", json={"access_token": "token", "expires_in": 3600})
        http.patch(url, json={"id": attempt.external_id})
        give(attempt, 30)
        assert json.loads(http.calls[-1].request.body) == {"time_limit_mins": 120}

    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        http.post(f"{BASE_URL}/oauth2/access_token", json={"access_token": "token", "expires_in": 3600})
        http.patch(url, json={"error": "missing: status"}, status=400)
        give(attempt, 45)
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_FAILED
