"""A request that is sent twice with a key is carried out once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.urls import reverse

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import idempotency
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("all_services"),
    pytest.mark.contract("rest-rules#idempotency"),
]

COLLECTION = reverse("edx_proctoring:proctored_exam.attempt.collection")


def enter(client: Any, exam: Any, key: str | None = "key-1", **body: Any) -> Any:
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(COLLECTION, {"exam_id": exam.pk, **body}, format="json", **headers)


def test_a_repeated_request_gets_the_first_response_and_does_nothing(learner_client: Any) -> None:
    exam = factories.make_exam("practice")
    first, second = enter(learner_client, exam), enter(learner_client, exam)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert (first.has_header("Idempotent-Replay"), second["Idempotent-Replay"]) == (False, "true")
    assert ProctoredExamStudentAttempt.objects.count() == 1


def test_requests_without_the_header_are_all_carried_out(learner_client: Any) -> None:
    exam = factories.make_exam("practice")
    for _ in range(2):
        assert not enter(learner_client, exam, key=None).has_header("Idempotent-Replay")
    assert ProctoredExamStudentAttempt.objects.count() == 2


def test_equal_bodies_with_different_keys_are_different_requests(learner_client: Any) -> None:
    exam = factories.make_exam("practice")
    enter(learner_client, exam, key="one")
    enter(learner_client, exam, key="two")
    assert ProctoredExamStudentAttempt.objects.count() == 2


def test_the_same_key_of_another_caller_is_another_request(learner_client: Any, client_of: Callable[..., Any]) -> None:
    exam = factories.make_exam("practice")
    first = enter(learner_client, exam)
    second = enter(client_of(factories.make_user()), exam)
    assert first.json() != second.json()


def test_the_same_key_with_another_body_answers_422(learner_client: Any) -> None:
    enter(learner_client, factories.make_exam("practice"))
    response = enter(learner_client, factories.make_exam("practice"))
    assert (response.status_code, list(response.data)) == (422, ["detail"])


def test_a_second_request_during_the_first_answers_409(learner_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exam = factories.make_exam("practice")
    seen: list[Any] = []
    kept = idempotency.cache.set

    def set_after_a_second_request(*args: Any, **kwargs: Any) -> Any:
        if not seen:
            seen.append(None)
            seen.append(enter(learner_client, exam))
        return kept(*args, **kwargs)

    monkeypatch.setattr(cache, "set", set_after_a_second_request)
    assert enter(learner_client, exam).status_code == 200
    assert seen[1].status_code == 409
    assert ProctoredExamStudentAttempt.objects.count() == 1


def test_a_raised_refusal_is_not_kept(learner_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    attempt = factories.make_attempt(exam, learner)
    assert enter(learner_client, exam).status_code == 400
    attempt.delete()
    assert enter(learner_client, exam).status_code == 200


def test_a_returned_refusal_is_not_kept(client_of: Any, learner: User) -> None:
    """A provider whose user was not a reviewer yet sends its review again with the same key."""
    attempt = factories.make_attempt(status=S.submitted)
    path = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
    body = json.dumps({"status": "passed", "comments": []})

    def send() -> Any:
        return client_of(learner).post(path, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="r")

    assert send().status_code == 403
    learner.groups.add(Group.objects.create(name="test_review"))
    response = send()
    assert (response.status_code, response.json()) == (200, "OK")
    assert not response.has_header("Idempotent-Replay")


def test_the_same_key_for_another_url_is_another_request(staff_client: Any) -> None:
    """A provider may number its messages per attempt."""
    attempts = [factories.make_attempt(status=S.submitted) for _ in range(2)]
    body = json.dumps({"status": "passed", "comments": []})
    for attempt in attempts:
        path = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
        response = staff_client.post(path, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="1")
        assert (response.status_code, response.has_header("Idempotent-Replay")) == (200, False)
    assert ProctoredExamSoftwareSecureReview.objects.count() == 2


def test_a_key_that_is_too_long_answers_400(learner_client: Any) -> None:
    assert enter(learner_client, factories.make_exam("practice"), key="k" * 256).status_code == 400


@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_repeated_bulk_allowances_are_given_once(staff_client: Any, learner: User, format_: str) -> None:
    exam = factories.make_exam("timed")
    path = reverse("edx_proctoring:proctored_exam.bulk_allowance")
    body = {"exam_ids": str(exam.pk), "user_ids": "learner,nobody", "allowance_type": "k", "value": "v"}
    first = staff_client.put(path, body, format=format_, HTTP_IDEMPOTENCY_KEY="bulk")
    ProctoredExamStudentAllowance.objects.all().delete()
    second = staff_client.put(path, body, format=format_, HTTP_IDEMPOTENCY_KEY="bulk")
    assert (first.status_code, second.status_code) == (207, 207)
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert not ProctoredExamStudentAllowance.objects.exists()


def test_a_repeated_review_is_applied_once(staff_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    path = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
    body = json.dumps({"status": "passed", "comments": []})
    answers = [
        staff_client.post(path, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="r") for _ in range(2)
    ]
    assert [answer.json() for answer in answers] == ["OK", "OK"]
    assert answers[1]["Idempotent-Replay"] == "true"
