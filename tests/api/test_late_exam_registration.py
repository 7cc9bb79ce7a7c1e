"""A provider that gets to know an exam with its first attempt."""

from typing import Any

import pytest

from edx_proctoring import api
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.api.conftest import RecordingProvider
from tests.factories import make_exam, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("attempts#late-exam-registration")]


@pytest.fixture
def late_provider(provider: RecordingProvider, monkeypatch: pytest.MonkeyPatch) -> RecordingProvider:
    register = provider.register_exam_attempt

    def save_late(exam: dict[str, Any], context: Any) -> str:
        exam["external_id"] = exam["external_id"] or "late-exam"
        return register(exam, context)

    monkeypatch.setattr(provider, "register_exam_attempt", save_late)
    return provider


@pytest.fixture
def unknown_exam(late_provider: RecordingProvider) -> Any:
    exam = make_exam()
    type(exam).objects.filter(pk=exam.pk).update(external_id=None)
    exam.refresh_from_db()
    return exam


@pytest.mark.contract("provider-wire#unknown-exam")
def test_the_id_from_the_first_registration_is_stored_for_later_calls(
    unknown_exam: Any, late_provider: RecordingProvider
) -> None:
    user = make_user()

    attempt_id = api.create_exam_attempt(unknown_exam.pk, user.pk, taking_as_proctored=True)
    api.update_attempt_status(attempt_id, S.started)

    unknown_exam.refresh_from_db()
    assert unknown_exam.external_id == "late-exam"
    assert late_provider.last_ids[0] == "late-exam"


def test_the_id_is_stored_even_if_the_attempt_is_refused(
    unknown_exam: Any, late_provider: RecordingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(exam: dict[str, Any], context: Any) -> str:
        exam["external_id"] = "late-exam"
        raise BackendProviderCannotRegisterAttempt("full", 503)

    monkeypatch.setattr(late_provider, "register_exam_attempt", refuse)

    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.create_exam_attempt(unknown_exam.pk, make_user().pk, taking_as_proctored=True)

    unknown_exam.refresh_from_db()
    assert unknown_exam.external_id == "late-exam"


def test_a_stored_id_is_not_replaced(late_provider: RecordingProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    exam = make_exam(external_id="known")
    monkeypatch.setattr(late_provider, "register_exam_attempt", lambda exam, context: exam.update(external_id="x") or 1)

    api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)

    exam.refresh_from_db()
    assert exam.external_id == "known"
