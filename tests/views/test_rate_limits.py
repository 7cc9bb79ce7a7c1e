"""Rates per signed-in user, in the scopes of ``RATE_LIMITS``. Those of requests without a login: ``test_callbacks``."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from edx_proctoring import conf
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import throttling
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.contract("rest-rules#throttling")]


@pytest.fixture
def limit(settings: Any) -> Callable[..., None]:
    """Set rates by scope."""

    def set_rates(**rates: str) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "RATE_LIMITS": rates}

    return set_rates


def test_polls_are_limited_per_user(
    limit: Callable[..., None], client_of: Callable[..., APIClient], all_services: Any
) -> None:
    limit(proctoring_poll="12/min")
    attempt, other = (factories.make_attempt(status=S.started) for _ in range(2))
    address = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    client = client_of(attempt.user)
    answers = [client.get(address) for _ in range(13)]
    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    # Another scope, and another user, have counters of their own.
    assert client.put(address, {"action": "submit"}, format="json").status_code == 200
    their_address = reverse("edx_proctoring:proctored_exam.attempt", args=[other.pk])
    assert client_of(other.user).get(their_address).status_code == 200


def test_without_rates_signed_in_callers_are_unlimited(client_of: Callable[..., APIClient], all_services: Any) -> None:
    attempt = factories.make_attempt(status=S.started)
    address = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    client = client_of(attempt.user)
    assert {client.get(address).status_code for _ in range(40)} == {200}


def test_providers_that_sign_in_are_limited_together(limit: Callable[..., None], staff_client: APIClient) -> None:
    limit(proctoring_provider="2/min")
    codes = [
        staff_client.post(
            reverse("edx_proctoring:proctored_exam.attempt.ready_callback", args=[factories.make_attempt().external_id])
        ).status_code
        for _ in range(3)
    ]
    assert codes == [200, 200, 429]


def test_each_scope_and_each_name_of_the_table_exists() -> None:
    names = {name for name in get_resolver("edx_proctoring.urls").reverse_dict if isinstance(name, str)}
    assert set(throttling.SCOPES) <= names
    assert {scope for methods in throttling.SCOPES.values() for scope in methods.values()} <= conf.RATE_SCOPES
