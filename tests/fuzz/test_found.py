"""Regression tests for faults that the fuzzer found, with one readable request each."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.fuzz.checks import client_of
from tests.fuzz.strange import as_json
from tests.fuzz.world import COURSE_A, MoodyProvider, World

JSON = "application/json"


@pytest.fixture
def boss(world: World) -> APIClient:
    """The client of global staff."""
    return client_of(world.people["global_staff"])


def url(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


def attempts_of(world: World, role: str) -> Any:
    return ProctoredExamStudentAttempt.objects.filter(user=world.people[role])


@pytest.mark.contract("rest-rules#body-limits")
@pytest.mark.parametrize("text", ["a\x00b", "cut \ud83d"], ids=["nul", "half-a-character"])
@pytest.mark.parametrize("field", ["key", "value", "user_info"])
def test_text_that_no_database_can_store_in_an_allowance_answers_400(
    boss: APIClient, world: World, field: str, text: str
) -> None:
    allowance = {"exam_id": world.exams["timed"].pk, "user_info": "stranger", "key": "other", "value": "x"}
    assert boss.put(url("proctored_exam.allowance"), as_json(allowance), content_type=JSON).status_code == 200
    before = ProctoredExamStudentAllowance.objects.count()
    response = boss.put(url("proctored_exam.allowance"), as_json({**allowance, field: text}), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert ProctoredExamStudentAllowance.objects.count() == before


def test_text_that_no_database_can_store_in_a_query_answers_400(boss: APIClient) -> None:
    response = boss.get(url("proctored_exam.attempts.grouped.course", COURSE_A) + "?status=%00")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_text_that_no_database_can_store_in_a_path_answers_400(boss: APIClient) -> None:
    response = boss.get(url("proctored_exam.attempts.grouped.search", COURSE_A, "o") + "%00")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_an_error_report_with_half_an_emoji_is_accepted(world: World) -> None:
    """The browser truncated its message. The attempt must still end, because it is not proctored any more."""
    response = client_of(world.people["stranger"]).put(
        url("proctored_exam.attempt", world.attempts["sitting"].pk),
        as_json({"action": "error", "detail": "lost \ud83d"}),
        content_type=JSON,
    )
    assert response.status_code == 200
    assert attempts_of(world, "stranger").get(pk=world.attempts["sitting"].pk).status == S.error


def test_a_review_whose_comment_has_half_an_emoji_is_applied(world: World) -> None:
    body = {
        "status": "passed",
        "comments": [{"comment": "fine \ud83d\x00", "status": "ok"}],
        "reviewed_by": "\ud83d",
    }
    reviewed = url("proctored_exam.attempt.callback", "vendor-handed_in")
    response = client_of(world.people["reviewer"]).post(reviewed, as_json(body), content_type=JSON)
    assert (response.status_code, response.json()) == (200, "OK")
    assert ProctoredExamSoftwareSecureComment.objects.latest("pk").comment == "fine \ufffd\ufffd"
    assert ProctoredExamStudentAttempt.objects.get(external_id="vendor-handed_in").status == S.verified


def test_a_verdict_that_no_database_can_store_is_refused_and_noted_in_the_inbox(world: World) -> None:
    reviewed = url("proctored_exam.attempt.callback", "vendor-handed_in")
    response = client_of(world.people["reviewer"]).post(reviewed, as_json({"status": "\ud83d"}), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert ReviewInboxEntry.objects.latest("pk").outcome.startswith(ReviewInboxEntry.OUTCOME_REFUSED)


def test_a_review_sent_as_files_answers_400(world: World) -> None:
    reviewed = url("proctored_exam.attempt.callback", "vendor-handed_in")
    files = {"status": SimpleUploadedFile("status.txt", b"passed")}
    response = client_of(world.people["reviewer"]).post(reviewed, files, format="multipart")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.parametrize("exam_id", [2**31, 2**63, 10**30, int("9" * 4000)], ids=["31", "63", "100", "4000"])
def test_an_exam_id_too_large_for_the_column_is_an_unknown_exam_of_a_bulk_allowance(
    boss: APIClient, world: World, exam_id: int
) -> None:
    bulk = {
        "exam_ids": f"{exam_id},{world.exams['timed'].pk}",
        "user_ids": "stranger",
        "allowance_type": "other",
        "value": "x",
    }
    response = boss.put(url("proctored_exam.bulk_allowance"), as_json(bulk), content_type=JSON)
    assert response.status_code == 207
    assert [row["success"] for row in response.data] == [False, True]


@pytest.mark.parametrize("role", ["reviewer", "stranger"])
def test_a_learner_without_required_onboarding_is_not_started(world: World, provider: MoodyProvider, role: str) -> None:
    """The answer is 200 as without a clock (POST /v1/proctored_exam/attempt), not a 400 that leaves an attempt
    behind."""
    provider.mood = "onboarding"
    body = {"exam_id": world.exams["new_proctored"].pk, "start_clock": "true", "attempt_proctored": "true"}
    response = client_of(world.people[role]).post(url("proctored_exam.attempt.collection"), body)
    assert response.status_code == 200
    attempt = attempts_of(world, role).get(pk=response.data["exam_attempt_id"])
    assert (attempt.status, attempt.started_at) == (S.onboarding_missing, None)


@pytest.mark.parametrize("proctored", ["true", "false"])
def test_entering_an_exam_whose_provider_is_not_configured_answers_500_and_leaves_no_attempt(
    world: World, proctored: str
) -> None:
    body = {"exam_id": world.exams["unconfigured"].pk, "attempt_proctored": proctored}
    response = client_of(world.people["stranger"]).post(url("proctored_exam.attempt.collection"), body)
    assert (response.status_code, list(response.data)) == (500, ["detail"])
    assert "not configured" in response.data["detail"]
    assert not attempts_of(world, "stranger").filter(proctored_exam=world.exams["unconfigured"]).exists()


def test_ready_of_a_provider_that_is_not_configured_answers_500_with_a_reason(boss: APIClient) -> None:
    response = boss.post(url("proctored_exam.attempt.ready_callback", "vendor-unwatched"))
    assert (response.status_code, list(response.data)) == (500, ["detail"])


def test_a_launch_of_an_attempt_whose_provider_is_not_configured_redirects_to_the_exam(world: World) -> None:
    attempt = world.attempts["unwatched"]
    response = APIClient().get(url("anonymous.proctoring_launch_callback.start_exam", attempt.attempt_code))
    assert response.status_code == 302
    assert attempts_of(world, "owner").get(pk=attempt.pk).status == S.created


def test_a_record_locator_with_half_a_character_answers_400(world: World) -> None:
    attempt = world.attempts["recorded"]
    body = {"examMetaData": {"examCode": attempt.attempt_code, "ssiRecordLocator": "\ud83d"}, "reviewStatus": "Clean"}
    response = APIClient().post(url("anonymous.proctoring_review_callback"), as_json(body), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_a_reset_during_another_reset_answers_200(
    boss: APIClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the demo: the second of two clicks answered that the attempt does not exist."""
    attempt = world.attempts["running"]

    def as_it_was_a_moment_ago(user_id: int, exam_id: int) -> list[dict[str, Any]]:
        found = queries.get_user_attempts_by_exam_id(user_id, exam_id)
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()
        return found

    monkeypatch.setattr(api, "get_user_attempts_by_exam_id", as_it_was_a_moment_ago)
    response = boss.delete(url("proctored_exam.attempts.reset", attempt.proctored_exam_id, attempt.user_id))
    assert (response.status_code, response.content) == (200, b"")
