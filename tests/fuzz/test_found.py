"""What the fuzzer found, each as one request that anybody can read."""

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
    """Global staff's client."""
    return client_of(world.people["global_staff"])


def url(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


def attempts_of(world: World, role: str) -> Any:
    return ProctoredExamStudentAttempt.objects.filter(user=world.people[role])


@pytest.mark.parametrize("text", ["a\x00b", "cut \ud83d"], ids=["nul", "half-a-character"])
@pytest.mark.parametrize("field", ["key", "value", "user_info"])
def test_id_or_name_that_no_database_takes_answers_400(boss: APIClient, world: World, field: str, text: str) -> None:
    allowance = {"exam_id": world.exams["timed"].pk, "user_info": "stranger", "key": "other", "value": "x"}
    assert boss.put(url("proctored_exam.allowance"), as_json(allowance), content_type=JSON).status_code == 200
    before = ProctoredExamStudentAllowance.objects.count()
    response = boss.put(url("proctored_exam.allowance"), as_json({**allowance, field: text}), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert ProctoredExamStudentAllowance.objects.count() == before


def test_query_that_no_database_takes_answers_400(boss: APIClient) -> None:
    response = boss.get(url("proctored_exam.attempts.grouped.course", COURSE_A) + "?status=%00")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_address_that_no_database_takes_answers_400(boss: APIClient) -> None:
    response = boss.get(url("proctored_exam.attempts.grouped.search", COURSE_A, "o") + "%00")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_error_report_with_half_an_emoji_counts(world: World) -> None:
    """The browser cut its message; the learner must not stay in an exam that nobody watches."""
    response = client_of(world.people["stranger"]).put(
        url("proctored_exam.attempt", world.attempts["sitting"].pk),
        as_json({"action": "error", "detail": "lost \ud83d"}),
        content_type=JSON,
    )
    assert response.status_code == 200
    assert attempts_of(world, "stranger").get(pk=world.attempts["sitting"].pk).status == S.error


def test_verdict_counts_although_its_comment_holds_half_an_emoji(world: World) -> None:
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


def test_verdict_that_no_database_takes_is_refused_and_noted_in_the_inbox(world: World) -> None:
    reviewed = url("proctored_exam.attempt.callback", "vendor-handed_in")
    response = client_of(world.people["reviewer"]).post(reviewed, as_json({"status": "\ud83d"}), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert ReviewInboxEntry.objects.latest("pk").outcome.startswith(ReviewInboxEntry.OUTCOME_REFUSED)


def test_review_that_consists_of_files_answers_400(world: World) -> None:
    reviewed = url("proctored_exam.attempt.callback", "vendor-handed_in")
    files = {"status": SimpleUploadedFile("status.txt", b"passed")}
    response = client_of(world.people["reviewer"]).post(reviewed, files, format="multipart")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.parametrize("exam_id", [2**31, 2**63, 10**30, int("9" * 4000)], ids=["31", "63", "100", "4000"])
def test_bulk_allowance_for_an_exam_id_that_no_column_holds_is_an_unknown_exam(
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
def test_learner_whom_the_provider_wants_onboarded_is_not_started(
    world: World, provider: MoodyProvider, role: str
) -> None:
    """The answer is the same 200 as without a clock (rest-api.md 4.3), not a 400 that leaves an attempt behind."""
    provider.mood = "onboarding"
    body = {"exam_id": world.exams["new_proctored"].pk, "start_clock": "true", "attempt_proctored": "true"}
    response = client_of(world.people[role]).post(url("proctored_exam.attempt.collection"), body)
    assert response.status_code == 200
    attempt = attempts_of(world, role).get(pk=response.data["exam_attempt_id"])
    assert (attempt.status, attempt.started_at) == (S.onboarding_missing, None)


@pytest.mark.parametrize("proctored", ["true", "false"])
def test_exam_whose_provider_is_not_configured_is_refused_with_a_reason_and_no_attempt_is_left(
    world: World, proctored: str
) -> None:
    body = {"exam_id": world.exams["unconfigured"].pk, "attempt_proctored": proctored}
    response = client_of(world.people["stranger"]).post(url("proctored_exam.attempt.collection"), body)
    assert (response.status_code, list(response.data)) == (500, ["detail"])
    assert "not configured" in response.data["detail"]
    assert not attempts_of(world, "stranger").filter(proctored_exam=world.exams["unconfigured"]).exists()


def test_ready_of_a_provider_that_is_not_configured_is_refused_with_a_reason(boss: APIClient) -> None:
    response = boss.post(url("proctored_exam.attempt.ready_callback", "vendor-unwatched"))
    assert (response.status_code, list(response.data)) == (500, ["detail"])


def test_launch_of_an_attempt_whose_provider_is_not_configured_leads_to_the_exam_s_page(world: World) -> None:
    attempt = world.attempts["unwatched"]
    response = APIClient().get(url("anonymous.proctoring_launch_callback.start_exam", attempt.attempt_code))
    assert response.status_code == 302
    assert attempts_of(world, "owner").get(pk=attempt.pk).status == S.created


def test_record_locator_of_half_characters_is_not_ours(world: World) -> None:
    attempt = world.attempts["recorded"]
    body = {"examMetaData": {"examCode": attempt.attempt_code, "ssiRecordLocator": "\ud83d"}, "reviewStatus": "Clean"}
    response = APIClient().post(url("anonymous.proctoring_review_callback"), as_json(body), content_type=JSON)
    assert (response.status_code, list(response.data)) == (400, ["detail"])


def test_reset_by_two_at_once_is_a_success_for_both(
    boss: APIClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the running demo: the second of two clicks was told that the attempt does not exist."""
    attempt = world.attempts["running"]

    def as_it_was_a_moment_ago(user_id: int, exam_id: int) -> list[dict[str, Any]]:
        found = queries.get_user_attempts_by_exam_id(user_id, exam_id)
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()
        return found

    monkeypatch.setattr(api, "get_user_attempts_by_exam_id", as_it_was_a_moment_ago)
    response = boss.delete(url("proctored_exam.attempts.reset", attempt.proctored_exam_id, attempt.user_id))
    assert (response.status_code, response.content) == (200, b"")
