"""Two deliveries of one review at the same moment. Spec: backends.md 9.1 (Improve), 18.6."""

import contextlib
import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from edx_proctoring import handlers
from edx_proctoring.api import reviews
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_review

from .conftest import rest_review

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
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
            reviews._store(
                attempt_dict, reviews.parse_review(rest_review(status)), {"raw_data": "{}", "reviewed_by": None}
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
