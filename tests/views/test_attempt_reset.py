"""Removal of all attempts of a learner at an exam."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World

pytestmark = pytest.mark.django_db


def reset_url(exam_id: int, user_id: int) -> str:
    return reverse("edx_proctoring:proctored_exam.attempts.reset", args=[exam_id, user_id])


@pytest.mark.operation("DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts")
def test_staff_remove_all_attempts_of_a_learner_at_an_exam(staff_client: Any, all_services: Any) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    kept = [factories.make_attempt(exam), factories.make_attempt(user=user)]
    response = staff_client.delete(reset_url(exam.pk, user.pk))
    assert (response.status_code, response.content) == (200, b"")
    assert set(ProctoredExamStudentAttempt.objects.all()) == set(kept)


@pytest.mark.operation("DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts")
def test_reset_without_attempts_answers_404_with_a_bare_string(staff_client: Any) -> None:
    response = staff_client.delete(reset_url(factories.make_exam().pk, factories.make_user().pk))
    assert response.status_code == 404
    assert isinstance(response.data, str)


@pytest.mark.operation("DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts")
def test_reset_continues_after_an_attempt_that_another_request_removed(
    staff_client: Any, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    seen = api.get_user_attempts_by_exam_id(user.pk, exam.pk)
    api.remove_exam_attempt(seen[0]["id"], factories.make_staff())
    monkeypatch.setattr(api, "get_user_attempts_by_exam_id", lambda *_args: seen)
    assert staff_client.delete(reset_url(exam.pk, user.pk)).status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.operation("DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts")
def test_repeating_a_reset_after_a_provider_failure_removes_the_rest(
    staff_client: Any, all_services: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    answers = iter([True, False, True])
    monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: next(answers))
    response = staff_client.delete(reset_url(exam.pk, user.pk))
    assert (response.status_code, list(response.data)) == (502, ["detail"])
    assert ProctoredExamStudentAttempt.objects.count() == 1
    assert staff_client.delete(reset_url(exam.pk, user.pk)).status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.operation("DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts")
@pytest.mark.parametrize(("role", "code", "left"), [("global_staff", 200, 0), ("course_staff", 403, 1)])
def test_only_global_staff_can_force_a_reset_while_the_provider_is_down(
    world: World,
    client_of: Callable[..., Any],
    test_backend: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    role: str,
    code: int,
    left: int,
) -> None:
    def fail(*_args: Any) -> bool:
        raise ConnectionError

    monkeypatch.setattr(test_backend, "remove_exam_attempt", fail)
    path = reset_url(world.exam.pk, world["owner"].pk)  # type: ignore[union-attr]
    response = client_of(world[role]).delete(f"{path}?force=true")
    assert response.status_code == code
    assert ProctoredExamStudentAttempt.objects.filter(proctored_exam=world.exam).count() == left
    forced = [record for record in caplog.records if "attempt reset without" in record.getMessage()]
    assert len(forced) == (1 if code == 200 else 0)
