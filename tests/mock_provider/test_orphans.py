"""After any failure of entering, the provider has the registrations of the attempts here, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from edx_django_utils.cache import TieredCache

from edx_proctoring import api
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import AttemptEffect, OpenAttempt, ProctoredExam, ProctoredExamStudentAttempt
from mock_provider.app import MockProvider
from mock_provider.plugin import MockProviderBackend
from tests.factories import make_exam, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("attempts#registration-withdrawn", "attempts#registration-lost"),
]


@pytest.fixture
def exam(provider: MockProvider, backends_registry: dict[str, Any]) -> ProctoredExam:
    """An exam that the running provider knows."""
    cache.clear()
    TieredCache.dangerous_clear_all_tiers()
    backend = MockProviderBackend(
        client_id="mock", client_secret="mocksecret", base_url=provider.url, timeout=2, page_timeout=2
    )
    backend.backend_name = "mock_provider"
    backends_registry["mock_provider"] = backend
    return make_exam(backend="mock_provider", external_id=None)


def at_provider(provider: MockProvider) -> list[str]:
    return sorted(row["id"] for row in provider.store.attempts())


def here() -> list[str | None]:
    return sorted(ProctoredExamStudentAttempt.objects.values_list("external_id", flat=True))


@pytest.mark.parametrize("fault", ["drop_answer", "malformed_json", "drop_connection"])
def test_a_registration_whose_answer_is_lost(provider, scenario, exam, fault):
    scenario(**{fault: [{"method": "POST", "path": "/attempt/$", "times": 3}]})
    learners = [make_user() for _ in range(3)]
    for learner in learners:
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    left = len(at_provider(provider))
    for learner in learners:
        # They click again.
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    assert left == (0 if fault == "drop_connection" else 3)

    api.deliver_due_effects(ignore_pause=True)

    assert at_provider(provider) == here()
    assert len(here()) == 3
    assert not AttemptEffect.objects.exists()


@pytest.mark.parametrize("fault", ["drop_answer", "drop_connection", "fail"])
def test_an_attempt_that_is_not_stored_while_the_removal_fails(provider, scenario, exam, monkeypatch, fault):
    scenario(**{fault: [{"method": "DELETE", "path": "/attempt/", "status": 503, "times": 1}]})
    take = OpenAttempt.objects.take

    def fail(attempt: Any) -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr(OpenAttempt.objects, "take", fail)
    with pytest.raises(OperationalError):
        api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
    monkeypatch.setattr(OpenAttempt.objects, "take", take)
    assert AttemptEffect.objects.count() == 1

    api.deliver_due_effects(ignore_pause=True)

    assert at_provider(provider) == here() == []
    assert not AttemptEffect.objects.exists()
