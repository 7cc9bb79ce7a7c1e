"""Text that JSON can express and databases refuse, anywhere in a review.

Runs on every database: PostgreSQL refuses a zero character, all of them half a surrogate pair.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExamSoftwareSecureComment, ProctoredExamSoftwareSecureReview
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils.storable import storable
from tests.factories import make_attempt, make_exam, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.contract("reviews#unstorable-text")]

BAD = [pytest.param("a\x00b", id="zero"), pytest.param("a\ud800b", id="half-a-pair")]
CLEAN = "a\ufffdb"


@pytest.fixture(autouse=True)
def services(all_services):
    """A host with all services."""


def post(address: str, body: dict[str, Any], user: Any = None) -> int:
    client = APIClient(raise_request_exception=False)
    if user:
        client.force_authenticate(user)
    reply = client.post(address, json.dumps(body), content_type="application/json")
    assert reply.content
    return reply.status_code


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda body, bad: body["comments"][0].update(comment=bad), 200, id="remark"),
        pytest.param(lambda body, bad: body["comments"][0].update(status=bad), 200, id="heading"),
        pytest.param(lambda body, bad: body.update(reviewed_by=bad), 200, id="reviewer"),
        pytest.param(lambda body, bad: body.update({bad: [bad, {bad: 1}]}), 200, id="anything-else"),
        pytest.param(lambda body, bad: body.update(status=bad), 400, id="verdict"),
    ],
)
def test_unstorable_text_in_a_rest_review_is_replaced_or_refused(change, bad, status):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    body = {"status": "passed", "comments": [{"comment": "c", "status": "s"}]}
    change(body, bad)
    address = f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.external_id}/reviewed"
    assert post(address, body, make_staff()) == status
    attempt.refresh_from_db()
    assert attempt.status == (S.verified if status == 200 else S.submitted)
    for review in ProctoredExamSoftwareSecureReview.objects.all():
        assert review.reviewed_by is None
        assert json.loads(review.raw_data)


def test_a_remark_keeps_its_other_characters():
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    body = {"status": "passed", "comments": [{"comment": "a\x00b", "status": "s"}]}
    post(f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.external_id}/reviewed", body, make_staff())
    assert ProctoredExamSoftwareSecureComment.objects.get().comment == CLEAN


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda body, bad: body["examMetaData"].update(examCode=bad), 400, id="code"),
        pytest.param(lambda body, bad: body["examMetaData"].update(ssiRecordLocator=bad), 400, id="locator"),
        pytest.param(lambda body, bad: body.update(reviewStatus=bad), 400, id="verdict"),
        pytest.param(lambda body, bad: body.update(videoReviewLink="http://x/" + bad), 200, id="recording"),
        pytest.param(lambda body, bad: body["desktopComments"][0].update(comments=bad), 200, id="remark"),
    ],
)
def test_unstorable_text_in_an_rpnow_review_is_replaced_or_refused(rpnow_payload, change, bad, status):
    attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
    body = rpnow_payload(attempt)
    change(body, bad)
    assert post("/edx_proctoring/proctoring_review_callback/", body) == status
    attempt.refresh_from_db()
    assert attempt.status == (S.verified if status == 200 else S.submitted)


def test_storable_values_are_returned_unchanged():
    value = {"text": "ä €😀\n", "list": [1, 1.5, None, True, {"k": "v"}]}
    assert storable(value) == value
    assert json.loads('"\\ud83d\\ude00"') == storable("😀")


def test_the_original_value_is_not_changed():
    value = {"a": ["\x00"]}
    assert storable(value) == {"a": ["\ufffd"]}
    assert value == {"a": ["\x00"]}
