"""Reviews that are delivered at the same moment, by real threads."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db.models import QuerySet
from rest_framework.test import APIClient

from edx_proctoring import constants
from edx_proctoring.api.reviews import receiving
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.concurrency.conftest import at_the_same_time
from tests.factories import make_attempt, make_exam, make_review, make_staff

from .conftest import rest_review

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.contract("reviews#concurrent", "reviews#order"),
    pytest.mark.skipif(
        "not __import__('django.db').db.connection.features.has_select_for_update",
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]


@pytest.fixture
def meet_before_archiving(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Hold each delivery between its look at the former review and its write, until so many have arrived.

    Under the lock the others never arrive; after two seconds the first goes on alone.
    """

    def install(number: int) -> None:
        barrier = threading.Barrier(number)
        original = receiving.archive_model

        def archive_model(*args: Any, **kwargs: Any) -> Any:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=2)
            return original(*args, **kwargs)

        monkeypatch.setattr(receiving, "archive_model", archive_model)

    return install


@pytest.mark.parametrize(
    ("locked", "first_is_archived"),
    [
        pytest.param(False, False, id="control-without-the-lock-a-review-is-lost"),
        pytest.param(True, True, id="with-the-lock-every-former-review-is-archived"),
    ],
)
def test_of_two_corrections_at_once_the_first_is_archived(
    serialize, meet_before_archiving, monkeypatch, locked, first_is_archived
):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    make_review(attempt, "Suspicious")
    attempt_dict = serialize(attempt)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    meet_before_archiving(2)

    outcomes = at_the_same_time(
        *[
            lambda status=status: receiving.receive_review(attempt_dict, rest_review(status))
            for status in ("violation", "not_reviewed")
        ]
    )

    assert [error for error in outcomes if isinstance(error, Exception)] == []
    last = ProctoredExamSoftwareSecureReview.objects.get().review_status
    (first,) = {"Rules Violation", "Not Reviewed"} - {last}
    archived = list(
        ProctoredExamSoftwareSecureReviewHistory.objects.order_by("id").values_list("review_status", flat=True)
    )
    assert archived == ["Suspicious", first if first_is_archived else "Suspicious"]
    if locked:
        attempt.refresh_from_db()
        followed = {"Rules Violation": S.second_review_required, "Not Reviewed": S.error}
        assert attempt.status == followed[last], "the attempt follows the review that is stored"


EIGHT = 8


def archived() -> Counter[str]:
    return Counter(ProctoredExamSoftwareSecureReviewHistory.objects.values_list("review_status", flat=True))


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        pytest.param(False, {"Suspicious": EIGHT}, id="control-without-the-lock-seven-states-are-lost"),
        pytest.param(True, {"Suspicious": 1, "Clean": EIGHT - 1}, id="with-the-lock-each-state-is-archived-once"),
    ],
)
def test_of_eight_deliveries_at_once_each_former_review_is_archived_once(
    serialize, meet_before_archiving, monkeypatch, locked, expected
):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    make_review(attempt, "Suspicious")
    attempt_dict = serialize(attempt)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    meet_before_archiving(EIGHT)

    outcomes = at_the_same_time(*[lambda: receiving.receive_review(attempt_dict, rest_review("passed"))] * EIGHT)

    assert [error for error in outcomes if isinstance(error, Exception)] == []
    assert archived() == expected
    if locked:
        assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
        assert ProctoredExamSoftwareSecureComment.objects.count() == 1
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert set(ReviewInboxEntry.objects.values_list("outcome", flat=True)) == {"applied"}


def test_where_reviews_are_final_one_of_eight_deliveries_at_once_is_applied(serialize, monkeypatch):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    attempt_dict = serialize(attempt)

    outcomes = at_the_same_time(*[lambda: receiving.receive_review(attempt_dict, rest_review("passed"))] * EIGHT)

    assert Counter(type(outcome).__name__ for outcome in outcomes) == {
        "ReviewReceipt": 1,
        "ProctoredExamReviewAlreadyExists": EIGHT - 1,
    }
    assert Counter(ReviewInboxEntry.objects.values_list("outcome", flat=True)) == {
        "applied": 1,
        "duplicate": EIGHT - 1,
    }
    assert archived() == {}
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    attempt.refresh_from_db()
    assert attempt.status == S.verified
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("key", "applied"),
    [
        pytest.param(None, EIGHT, id="control-without-a-key-each-delivery-is-a-review"),
        pytest.param("delivery-1", 1, id="with-one-key-it-is-one-review"),
    ],
)
def test_one_request_sent_eight_times_at_once_with_a_key_is_one_review(all_services, key, applied):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    reviewer = make_staff()
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}

    def post() -> int:
        client = APIClient()
        client.force_authenticate(reviewer)
        reply = client.post(
            f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.external_id}/reviewed",
            json.dumps(rest_review("passed")),
            content_type="application/json",
            **headers,
        )
        return reply.status_code

    statuses = at_the_same_time(*[post] * EIGHT)

    # A repetition that arrives before the first is answered gets 409 and may be sent again
    # (contract/rest-rules#idempotency).
    assert set(statuses) <= ({200, 409} if key else {200})
    assert statuses.count(200) >= 1
    assert ReviewInboxEntry.objects.count() == applied
    assert sum(archived().values()) == applied - 1
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1
    attempt.refresh_from_db()
    assert attempt.status == S.verified
