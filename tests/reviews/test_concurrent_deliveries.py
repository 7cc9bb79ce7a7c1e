"""Deliveries of one review at the same moment, by real threads. Spec: backends.md 9.1 (Improve), 18.6."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from edx_proctoring import constants, handlers
from edx_proctoring.api.reviews import payload, receiving
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_review, make_staff

from .conftest import rest_review

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.spec("backends.md", "9.1:at-once", "18:6"),
    pytest.mark.skipif(
        "not __import__('django.db').db.connection.features.has_select_for_update",
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]


@pytest.fixture
def meet_before_archiving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each delivery between its look at the former review and its write, until the other is there.

    Under the lock the other never gets there; after a second the first goes on alone.
    """
    barrier = threading.Barrier(2)
    original = handlers.archive_model

    def archive_model(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return original(*args, **kwargs)

    monkeypatch.setattr(handlers, "archive_model", archive_model)


@pytest.mark.parametrize(
    ("locked", "first_is_archived"),
    [
        pytest.param(False, False, id="control-without-the-lock-a-review-is-lost"),
        pytest.param(True, True, id="with-the-lock-every-former-review-is-archived"),
    ],
)
def test_two_corrections(serialize, meet_before_archiving, monkeypatch, locked, first_is_archived):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    make_review(attempt, "Suspicious")
    attempt_dict = serialize(attempt)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    failures: list[BaseException] = []

    def deliver(status: str) -> None:
        try:
            receiving._store(
                attempt_dict, payload.parse_review(rest_review(status)), {"raw_data": "{}", "reviewed_by": None}
            )
        except BaseException as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver, args=(status,)) for status in ("violation", "not_reviewed")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert failures == []
    last = ProctoredExamSoftwareSecureReview.objects.get().review_status
    (first,) = {"Rules Violation", "Not Reviewed"} - {last}
    archived = list(
        ProctoredExamSoftwareSecureReviewHistory.objects.order_by("id").values_list("review_status", flat=True)
    )
    assert archived == ["Suspicious", first if first_is_archived else "Suspicious"]


EIGHT = 8


@pytest.fixture
def stand_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold all deliveries between the look at the former review and the write, until the eighth is there.

    Under the lock only one gets there; after a moment it goes on, and nobody waits any more.
    """
    barrier = threading.Barrier(EIGHT)
    original = handlers.archive_model

    def archive_model(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=2)
        return original(*args, **kwargs)

    monkeypatch.setattr(handlers, "archive_model", archive_model)


def eight_times(action: Callable[[], Any]) -> list[Any]:
    """Run an action in eight threads that start together; returns results or exceptions."""
    outcomes: list[Any] = []
    line = threading.Barrier(EIGHT)

    def run() -> None:
        try:
            line.wait(timeout=30)
            outcomes.append(action())
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a delivery waits for ever"
    assert len(outcomes) == EIGHT
    return outcomes


def archived() -> Counter[str]:
    return Counter(ProctoredExamSoftwareSecureReviewHistory.objects.values_list("review_status", flat=True))


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        pytest.param(False, {"Suspicious": EIGHT}, id="control-without-the-lock-seven-states-are-lost"),
        pytest.param(True, {"Suspicious": 1, "Clean": EIGHT - 1}, id="with-the-lock-each-state-is-archived-once"),
    ],
)
def test_one_review_delivered_by_eight_threads(serialize, stand_in_line, monkeypatch, locked, expected):
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    make_review(attempt, "Suspicious")
    attempt_dict = serialize(attempt)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)

    outcomes = eight_times(lambda: receiving.receive_review(attempt_dict, rest_review("passed")))

    assert [error for error in outcomes if isinstance(error, Exception)] == []
    assert archived() == expected
    if locked:
        assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
        assert ProctoredExamSoftwareSecureComment.objects.count() == 1
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert set(ReviewInboxEntry.objects.values_list("outcome", flat=True)) == {"applied"}


def test_where_reviews_are_final_one_of_eight_is_applied(serialize, monkeypatch):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
    attempt = make_attempt(make_exam(backend="rest"), status=S.submitted)
    attempt_dict = serialize(attempt)

    outcomes = eight_times(lambda: receiving.receive_review(attempt_dict, rest_review("passed")))

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
def test_one_request_sent_by_eight_threads_over_http(all_services, key, applied):
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

    statuses = eight_times(post)

    # A repetition that comes while the first is being answered hears so, and may ask again (C12).
    assert set(statuses) <= ({200, 409} if key else {200})
    assert statuses.count(200) >= 1
    assert ReviewInboxEntry.objects.count() == applied
    assert sum(archived().values()) == applied - 1
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1
    attempt.refresh_from_db()
    assert attempt.status == S.verified
