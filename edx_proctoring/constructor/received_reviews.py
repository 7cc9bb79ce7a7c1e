"""Reviews of the vendor: kept with the session, and passed to the core once there is a verdict.

Contract: contract/constructor#review.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, reviews
from edx_proctoring.backends.constructor.vendor import read_date
from edx_proctoring.constructor import sessions
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import locate_attempt_by_attempt_code

log = logging.getLogger(__name__)

# Longer than it takes to hand a review over. A process that has not done so then has died.
CLAIM: Final = timedelta(minutes=2)
_LONGEST_CONCLUSION: Final = 64


def receive(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest | None = None,
) -> str:
    """Take a review; return what became of it: ``draft``, ``waiting`` (for the submission, or for the process that
    hands over a former one), ``applied``, ``unknown``.

    Raises what ``api.receive_review`` raises.
    """
    _keep_facts(session, body)
    if reviews.conclusion_of(body) is None:
        # Not *Not Reviewed*, which would end the attempt with an error.
        return "draft"
    body = _verdict_of(body) if session.is_forgotten else reviews.slim(body)
    # Validated now, so that the vendor gets the error of a malformed review, and not the learner's submission.
    provider.on_review_callback({}, body)
    # First, so that a submission at the same moment finds it.
    ConstructorSession.objects.filter(pk=session.pk).update(
        draft_review=json.dumps(body), draft_at=timezone.now(), draft_number=F("draft_number") + 1
    )
    return hand_over(session, provider, request)


def hand_over_waiting(attempt_id: int) -> None:
    """Hand over the review that waits for an attempt that was submitted. Raises only if it is to be tried again."""
    for session in ConstructorSession.objects.with_waiting_review().filter(attempt_id=attempt_id):
        provider = sessions.provider_of(session)
        if provider is None:
            log.warning("review goes on waiting, provider is not configured: session=%s", session.session_id)
            continue
        try:
            hand_over(session, provider)
        except ProctoredBaseException as error:
            # It is in the inbox, with the reason.
            log.warning("review refused: session=%s error=%s", session.session_id, type(error).__name__)


def hand_over(
    session: ConstructorSession, provider: ConstructorProctoringProvider, request: HttpRequest | None = None
) -> str:
    """Hand the waiting review of a session to the core, if the attempt was submitted; return what became of it.

    The review stays with the session until the core has it in its inbox. A process that dies earlier leaves it for
    ``constructor_sweep``, and for the vendor's repetition.
    """
    attempt, is_archived = _attempt_of(session)
    if attempt is None:
        return "unknown"
    if session.attempt_id != attempt.pk:
        ConstructorSession.objects.filter(pk=session.pk).update(attempt_id=attempt.pk)
    if not is_archived and not _takes_reviews(attempt.status):
        # A passing verdict on an attempt that was not submitted would end it with an error.
        log.info("review waits for the submission: session=%s attempt_id=%s", session.session_id, attempt.pk)
        return "waiting"
    serialized = attempt_dict(attempt)
    serialized["is_archived"] = is_archived
    outcome = "waiting"
    # A fuller review may arrive while this one is handed over.
    while draft := _claim(session):
        try:
            # The vendor signs, and no person of this platform has logged in.
            api.receive_review(
                serialized, json.loads(draft.text), backend=provider, request=request, takes_reviewer=False
            )
        except ProctoredBaseException:
            _settle(session, draft)
            raise
        except BaseException:
            _release(session)
            raise
        _settle(session, draft)
        outcome = "applied"
    return outcome


def can_be_handed_over(session: ConstructorSession) -> bool:
    """Return whether a review of a session can be handed to the core now."""
    attempt, is_archived = _attempt_of(session)
    return attempt is not None and (bool(is_archived) or _takes_reviews(attempt.status))


def _attempt_of(session: ConstructorSession) -> tuple[ProctoredExamStudentAttempt | None, bool | None]:
    """Return the attempt of a session, live or rebuilt from its history, and whether it was removed."""
    return locate_attempt_by_attempt_code(session.attempt_code)


def _takes_reviews(status: str) -> bool:
    """Return whether an attempt is past its submission. The review of one that expired before it goes on waiting."""
    return Status.is_completed_status(status) or status == Status.onboarding_reset


@dataclass(frozen=True, slots=True)
class _Draft:
    """A waiting review. ``number``: which one of its session."""

    text: str
    number: int


def _claim(session: ConstructorSession) -> _Draft | None:
    """Return the waiting review, for this process alone; None if there is none, or another process has claimed it."""
    rows = ConstructorSession.objects.filter(pk=session.pk).with_waiting_review()
    found = rows.values_list("draft_review", "draft_number").first()
    if found is None:
        return None
    now = timezone.now()
    is_free = Q(draft_claimed_at=None) | Q(draft_claimed_at__lt=now - CLAIM)
    return _Draft(*found) if rows.filter(is_free).update(draft_claimed_at=now) else None


def _settle(session: ConstructorSession, draft: _Draft) -> None:
    """Forget a review that the core has, unless a fuller one has taken its place; let go of it in any case."""
    rows = ConstructorSession.objects.filter(pk=session.pk, draft_number=draft.number)
    if not rows.update(draft_review="", draft_at=None, draft_claimed_at=None):
        _release(session)


def _release(session: ConstructorSession) -> None:
    ConstructorSession.objects.filter(pk=session.pk).update(draft_claimed_at=None)


def _verdict_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a retired learner's review what the verdict needs, and no free text."""
    return {name: body[name] for name in ("accountId", "sessionId", "conclusion", "score") if name in body}


def _keep_facts(session: ConstructorSession, body: Mapping[str, Any]) -> None:
    """Keep the links, the score and the times with the session; a later message may lack them."""
    if session.is_forgotten:
        return
    facts = {
        "report_url": reviews.https_address(body.get("reportUrl")),
        "archive_url": reviews.https_address(body.get("archive")),
        "score": reviews.number(body.get("score")),
        "vendor_started_at": date_in(session, body, "sessionStart"),
        "vendor_ended_at": date_in(session, body, "sessionEnd"),
        "conclusion": str(body.get("conclusion") or "")[:_LONGEST_CONCLUSION],
    }
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    if known:
        ConstructorSession.objects.filter(pk=session.pk).update(**known)


def date_in(session: ConstructorSession, body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a date of a message; None, with a line in the log, for one that cannot be read."""
    instant = read_date(body.get(name))
    if instant is None and body.get(name) is not None:
        log.warning("date of a webhook not understood: session=%s member=%s", session.session_id, name)
    return instant
