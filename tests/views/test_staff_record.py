"""Version 1 puts on record what staff do, and answers as before."""

from typing import Any

import pytest
from django.urls import reverse

from edx_proctoring.models import StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World

pytestmark = [pytest.mark.django_db, pytest.mark.contract("staff-jobs#record")]


def url(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


def kinds(user: Any) -> list[str]:
    """The kinds of what a user has on record, oldest first."""
    return list(StaffJob.objects.filter(created_by=user.pk).order_by("id").values_list("kind", flat=True))


def test_allowances(course_staff_client: Any, world: World) -> None:
    learner = factories.make_user()
    body = {"exam_id": world.exam.pk, "user_info": learner.username, "key": "additional_time_granted", "value": "5"}
    allowance = url("proctored_exam.allowance")
    assert course_staff_client.put(allowance, body, format="json").status_code == 200
    removal = {"exam_id": world.exam.pk, "user_id": learner.pk, "key": "additional_time_granted"}
    assert course_staff_client.delete(allowance, removal, format="json").status_code == 200
    bulk = {
        "exam_ids": [world.exam.pk],
        "user_ids": [learner.username],
        "allowance_type": "additional_time_granted",
        "value": "5",
    }
    assert course_staff_client.put(url("proctored_exam.bulk_allowance"), bulk, format="json").status_code == 200
    assert kinds(world["course_staff"]) == ["allowances"] * 3


def test_reset_and_removal(course_staff_client: Any, world: World) -> None:
    attempt = world.attempt
    response = course_staff_client.delete(
        url("proctored_exam.attempts.reset", attempt.proctored_exam_id, attempt.user_id)
    )
    assert (response.status_code, response.data) == (200, None)
    other = factories.make_attempt(world.exam, status=S.submitted)
    assert course_staff_client.delete(url("proctored_exam.attempt", other.pk)).status_code == 200
    assert kinds(world["course_staff"]) == ["reset"] * 2


def test_resume_by_staff_is_on_record(course_staff_client: Any, world: World) -> None:
    attempt = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
    body = {"action": "mark_ready_to_resume", "user_id": attempt.user_id}
    response = course_staff_client.put(url("proctored_exam.attempt", attempt.pk), body, format="json")
    assert response.data == {"exam_attempt_id": attempt.pk}
    assert kinds(world["course_staff"]) == ["resume"]


def test_resume_by_the_learner_is_not(client_of: Any, world: World, proctoring_settings: Any) -> None:
    proctoring_settings(LEARNER_MAY_RESUME=True)
    attempt = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
    client = client_of(attempt.user)
    response = client.put(url("proctored_exam.attempt", attempt.pk), {"action": "mark_ready_to_resume"}, format="json")
    assert response.status_code == 200
    assert not StaffJob.objects.exists()


def test_an_action_of_a_learner_leaves_no_record(client_of: Any, world: World) -> None:
    client = client_of(world["owner"])
    assert client.put(url("proctored_exam.attempt", world.attempt.pk), {"action": "stop"}, format="json").data
    assert not StaffJob.objects.exists()
