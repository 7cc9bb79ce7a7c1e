"""The reviews of a course as they came in: list, receive again. Contract: contract/rest-v2#inbox-list."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet

from edx_proctoring.api.audit.staff_record import Subject, record_action
from edx_proctoring.api.reviews.applying import find_attempt
from edx_proctoring.api.reviews.receiving import replay_review
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamReviewAlreadyExists
from edx_proctoring.models import ReviewInboxEntry

__all__ = ["OUTCOMES", "InboxRow", "inbox_of_course", "inbox_rows", "receive_again"]

log = logging.getLogger(__name__)

# First words of ``ReviewInboxEntry.outcome``; a reason may follow.
OUTCOMES: Final = (
    ReviewInboxEntry.OUTCOME_RECEIVED,
    ReviewInboxEntry.OUTCOME_APPLIED,
    ReviewInboxEntry.OUTCOME_DUPLICATE,
    ReviewInboxEntry.OUTCOME_REFUSED,
    ReviewInboxEntry.OUTCOME_HELD,
)


class InboxEntryGone(ProctoredBaseException):
    """The received review was deleted meanwhile."""

    http_status = 404
    code = "not_found"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A review as it came in, without its body."""

    id: int
    received_at: datetime
    attempt_code: str
    outcome: str
    backend: str


def inbox_of_course(course_id: str, *, outcomes: Sequence[str] | None = None) -> QuerySet[ReviewInboxEntry]:
    """Return the reviews that came in for a course, the newest first; ``outcomes``: only these of ``OUTCOMES``."""
    entries = ReviewInboxEntry.objects.of_course(course_id).defer("body")
    if outcomes is not None:
        entries = entries.filter(reduce(or_, (Q(outcome__startswith=word) for word in outcomes)))
    return entries.order_by("-pk")


def inbox_rows(entries: Iterable[ReviewInboxEntry]) -> list[InboxRow]:
    """Return a page of received reviews as rows. No query if they are loaded."""
    return [InboxRow(row.pk, row.created, row.attempt_code, row.outcome, row.backend) for row in entries]


def receive_again(inbox_id: int, *, by: Any) -> str:
    """Receive a review once more on behalf of ``by``, a ``User``; return what became of it, one of ``OUTCOMES``.

    The words of the provider stay in the inbox. Raises ``InboxEntryGone``; ``NotImplementedError`` if its provider
    is not configured.
    """
    try:
        receipt = replay_review(inbox_id)
    except ReviewInboxEntry.DoesNotExist as exc:
        raise InboxEntryGone(f"inbox_id={inbox_id}") from exc
    except ProctoredExamReviewAlreadyExists:
        outcome = ReviewInboxEntry.OUTCOME_DUPLICATE
    except ProctoredBaseException:
        outcome = ReviewInboxEntry.OUTCOME_REFUSED
    else:
        accepted = ReviewInboxEntry.OUTCOME_APPLIED if receipt.is_accepted else ReviewInboxEntry.OUTCOME_REFUSED
        outcome = ReviewInboxEntry.OUTCOME_HELD if receipt.is_held else accepted
    _record_replay(inbox_id, outcome, by)
    log.info("review received again: inbox_id=%s by=%s outcome=%s", inbox_id, by.pk, outcome)
    return outcome


def _record_replay(inbox_id: int, outcome: str, by: Any) -> None:
    code = ReviewInboxEntry.objects.values_list("attempt_code", flat=True).get(pk=inbox_id)
    found = find_attempt(code)
    if found is None:
        return
    attempt, is_archived = found
    record_action(
        "review_replay",
        Subject(
            attempt.proctored_exam_id,
            attempt.user_id,
            None if is_archived else attempt.pk,
            {"inbox_id": inbox_id, "outcome": outcome},
        ),
        course_id=attempt.proctored_exam.course_id,
        by=by,
    )
